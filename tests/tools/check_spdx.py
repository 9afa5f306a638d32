#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every source file names its licence in its first three lines; that licence's text, and those that .reuse/dep5 names, are in LICENSES/."""
import os
import re

from tally import Tally
from tree import ROOT, read, walk

SOURCES = (".c", ".h", ".py", ".sh", ".map", ".go", ".rs")
NAMES = {"meson.build", "meson_options.txt", "dev", ".ci/run"}
LICENCE = re.compile(r"SPDX-License-Identifier:\s*([\w.\- ]+?)\s*(?:\*/)?$", re.M)
PARAGRAPH = re.compile(r"^License:\s*([\w.\- ]+?)\s*$", re.M)


def is_source(path):
    return path.endswith(SOURCES) or path in NAMES or os.path.basename(path) in NAMES


def names(expression):
    return {word for word in expression.split() if word not in ("OR", "AND", "WITH")}


def main():
    tally = Tally()
    texts = {os.path.splitext(name)[0] for name in os.listdir(os.path.join(ROOT, "LICENSES"))}
    for path in filter(is_source, walk()):
        found = LICENCE.search("\n".join(read(path).splitlines()[:3]))
        if not found:
            tally.bad(f"{path}: no SPDX-License-Identifier in the first three lines")
            continue
        missing = names(found.group(1)) - texts
        tally.check(not missing, f"{path}: no text in LICENSES/ for {', '.join(sorted(missing))}")
    for expression in PARAGRAPH.findall(read(".reuse/dep5")):
        missing = names(expression) - texts
        tally.check(not missing, f".reuse/dep5: no text in LICENSES/ for {', '.join(sorted(missing))}")
    tally.end()


main()
