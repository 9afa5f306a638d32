#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""check_symbols.py LIBRARY [BPF-LIBRARY]: what the headers declare and what the shared libraries export are the same.

What bpf.h declares, and only that, is in the second library, which is not always built.
"""
import os
import re
import subprocess
import sys

from tally import Tally
from tree import blank, c_files, read

DECLARED = re.compile(r"\bCNIPOL_API\b[^;{]*?\b(cnipol_\w+)\s*\(", re.S)


def declared():
    """{function: header}"""
    return {name: path for path in c_files(tops=("include",)) for name in DECLARED.findall(strip_macros(blank(read(path))))}


def strip_macros(text):
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*$", "", text, flags=re.M)


def exported(library):
    """{symbol without its version: type letter}; the version nodes themselves are absolute symbols and left out."""
    out = subprocess.run(["nm", "-D", "--defined-only", library], check=True, capture_output=True, text=True).stdout
    rows = (line.split()[-2:] for line in out.splitlines())
    return {name.split("@")[0]: kind for kind, name in rows if kind != "A"}


def compare(tally, want, have):
    for name in sorted(set(want) | set(have)):
        if name not in have:
            tally.bad(f"{name} is declared in {want[name]} but not exported")
        elif name not in want:
            tally.bad(f"{name} is exported but in no public header")
        else:
            tally.check(have[name] == "T", f"{name} is not a function ({have[name]})")


def main():
    tally = Tally()
    want = declared()
    of_bpf = {name: path for name, path in want.items() if os.path.basename(path) == "bpf.h"}
    compare(tally, {name: path for name, path in want.items() if name not in of_bpf}, exported(sys.argv[1]))
    if len(sys.argv) > 2:
        compare(tally, of_bpf, exported(sys.argv[2]))
    tally.end()


main()
