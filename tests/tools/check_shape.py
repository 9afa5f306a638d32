#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Files and functions stay readable: no file of the library over 600 lines, no function over 100.

Prints the spread of function lengths and the longest ones. Files that are one table (codes, registries)
have no limit.
"""
import os
import re

from tally import Tally
from tree import blank, c_files, read

MAX_FILE, MAX_FUNCTION = 600, 100
TABLE = re.compile(r"(tables?|codes?|registry|unicode)[^/]*\.[ch]$")
HEAD = re.compile(r"([A-Za-z_]\w*)\s*\([^;{}]*\)\s*(?:__attribute__\s*\(\(.*?\)\)\s*)?$", re.S)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*$", re.M)


def functions(text):
    """Yields (name, first line, lines from the opening brace to the closing one)."""
    code = DIRECTIVE.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), blank(text))
    depth, start, mark, name = 0, 0, 0, None
    for i, ch in enumerate(code):
        if ch == "{":
            if depth == 0:
                head = HEAD.search(code[mark:i].strip())
                name, start = head and head.group(1), i
            depth += 1
        elif ch == "}":
            depth = max(0, depth - 1)
            if depth == 0:
                if name:
                    yield name, code.count("\n", 0, start) + 1, code.count("\n", start, i) + 1
                mark, name = i + 1, None
        elif ch == ";" and depth == 0:
            mark = i + 1


def main():
    tally, found = Tally(), []
    for path in c_files():
        text = read(path)
        lines = text.count("\n")
        tally.check(lines <= MAX_FILE or TABLE.search(os.path.basename(path)), f"{path} has {lines} lines (at most {MAX_FILE})")
        found += [(length, path, line, name) for name, line, length in functions(text)]
    for length, path, line, name in found:
        if length > MAX_FUNCTION:
            tally.bad(f"{path}:{line}: {name} has {length} lines (at most {MAX_FUNCTION})")
    found.sort(reverse=True)
    lengths = [f[0] for f in found]
    if lengths:
        print(f"{len(lengths)} functions: median {lengths[len(lengths) // 2]} lines, p90 {lengths[len(lengths) // 10]}")
    for length, path, line, name in found[:5]:
        print(f"  {length:4} {path}:{line} {name}")
    tally.end()


main()
