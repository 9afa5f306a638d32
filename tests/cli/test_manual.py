#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""test_manual.py PROGRAM: the manual pages and --help speak of the same verbs, options, words and knobs."""
import os
import re
import shutil
import subprocess
import sys

from tally import Tally
from tree import ROOT, read

PROGRAM = os.path.abspath(sys.argv[-1])
tally = Tally()


def program(*arguments):
    return subprocess.run([PROGRAM, *arguments], capture_output=True, text=True, check=False).stdout


def plain(page):
    """A page without roff's escapes and macros' quotes."""
    text = read(f"docs/man/{page}.1")
    return re.sub(r" +", " ", re.sub(r"\\f[A-Z]|\"", "", text).replace("\\-", "-"))


def help_options(verb):
    return re.findall(r"^  (?:-\w, |    )--([\w-]+)(?: (\S+))?$", program(verb, "--help"), re.M)


def check_verb(verb):
    page = plain("cnipol-" + verb)
    options = "".join(part for part in page.split(".SH ") if part.startswith(("OPTIONS", "FILTERS")))
    documented = set(re.findall(r"^\.TP\n\.(?:B|BI|BR) (?:-\w , )?--([\w-]+)", options, re.M))
    there = dict(help_options(verb))
    tally.check(there, f"{verb}: --help lists options")
    for option, value in there.items():
        tally.check(option in documented, f"cnipol-{verb}.1 does not tell of --{option}")
        if value and "|" in value:
            tally.check(f"--{option} {value}" in page, f"cnipol-{verb}.1: the words of --{option} are {value}")
    for option in documented - set(there):
        tally.bad(f"cnipol-{verb}.1 tells of --{option}, which is not there")


def check_knobs():
    page = plain("cnipol")
    rows = re.findall(r'\[NP_KNOB_\w+\] = \{"([\w-]+)",\s*VALUES\(([^)]*)\)', read("src/engine/knobs.c"))
    tally.check(len(rows) > 10, "knobs are found in the source")
    for name, values in rows:
        values = ", ".join(re.findall(r'"([^"]+)"', values))
        tally.check(f".BR {name} {values}\n" in page, f"cnipol.1: {name} {values}")


def check_flow_records():
    """The pages about records and filters have a row for each field, format and filter."""
    records, filters = read("docs/flow-records.md"), read("docs/flow-filters.md")
    names = re.findall(r"^  ([\w.-]+) ", program("observe", "--format-list"), re.M)
    tally.check(len(names) > 100, "formats and fields are listed")
    for name in names:
        tally.check(re.search(rf"^\| .*`{re.escape(name)}`", records, re.M), f"docs/flow-records.md has no row about {name}")
    for name in re.findall(r'^    \[NP_FLAG_\w+\] = \{(?:VALUE|ALONE)\("([\w-]+)"', read("src/flow/filter_flag.c"), re.M):
        tally.check(f"`--{name}" in filters, f"docs/flow-filters.md has no row about --{name}")


def check_roff(page):
    if not shutil.which("groff"):
        tally.skip(page, "groff is not installed")
        return
    done = subprocess.run(["groff", "-man", "-ww", "-z", os.path.join(ROOT, "docs/man", page)], capture_output=True, text=True, check=False)
    tally.check(done.returncode == 0 and not done.stderr, f"{page}: {done.stderr}")


def main():
    verbs = re.findall(r"^  (\w+) ", program("--help"), re.M)
    pages = sorted(os.listdir(os.path.join(ROOT, "docs/man")))
    tally.check(pages == sorted(["cnipol.1"] + [f"cnipol-{verb}.1" for verb in verbs]), f"a page for each verb: {pages}")
    for verb in verbs:
        check_verb(verb)
        tally.check("Example:\n  " in program(verb, "--help"), f"{verb} --help has an example")
        tally.check(f"cnipol-{verb}" in plain("cnipol"), f"cnipol.1 names {verb}")
    check_knobs()
    check_flow_records()
    for page in pages:
        check_roff(page)
    version = program("--version").split()[-1]
    for page in pages:
        tally.check(f"cnipol {version}" in plain(page.removesuffix(".1")), f"{page} is of version {version}")
    tally.end()


main()
