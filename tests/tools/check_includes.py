#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Includes point one way: down the order of rooms (tree.ROOMS), never around in a circle.

Every quoted #include below src/ and include/ is resolved to a file of the tree. Faults: a target that is
not there, an edge from a lower room to a higher one, a circle, a public header that includes a private
one, and a file of the command line that reaches into any other room. The first cases are planted faults,
each of which must be found.
"""
import os
import re
import sys
import tempfile

from tally import Tally
from tree import ROOMS, ROOT, c_files, read, room_of

QUOTED = re.compile(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', re.M)
ANGLED = re.compile(r"^[ \t]*#[ \t]*include[ \t]*<(cnipol/[^>]+)>", re.M)


def resolve(path, target, files):
    """The file that `#include "target"` in path means: beside it, or below src/ or include/; None if nowhere."""
    beside = os.path.normpath(os.path.join(os.path.dirname(path), target))
    for candidate in (beside, os.path.join("src", target), os.path.join("include", target)):
        if candidate in files:
            return candidate
    return None


def edges_of(root):
    """{file: [(target text, file or None), ...]}, the library's own headers only."""
    files = set(c_files(root))
    edges = {}
    for path in sorted(files):
        text = read(path, root)
        edges[path] = [(t, resolve(path, t, files)) for t in QUOTED.findall(text) + ANGLED.findall(text)]
    return edges


def edge_fault(path, target, found):
    here, there = room_of(path), found and room_of(found)
    if not found:
        return f"{path}: includes \"{target}\", which is not in the tree"
    if here is None or there is None:
        return f"{path}: includes {found}: every file stands in a room, src/ROOM/"
    if there == "include":
        return None
    if here == "include":
        return f"{path}: a public header includes the private {found}"
    unknown = [r for r in (here, there) if r not in ROOMS]
    if unknown:
        return f"{path}: room {unknown[0]} is not in the order of rooms"
    if here == "cli" and there != "cli":
        return f"{path}: the command line uses public headers only, not {found}"
    if ROOMS.index(there) > ROOMS.index(here):
        return f"{path}: points up, from {here} to {there} ({found})"
    return None


def circles(edges):
    """One line for each circle found by a depth-first walk."""
    state, found = {}, []

    def visit(path, trail):
        state[path] = "open"
        for _, to in edges.get(path, []):
            if state.get(to) == "open":
                found.append("circle: " + " -> ".join(trail[trail.index(to):] + [to]))
            elif to and to not in state:
                visit(to, trail + [to])
        state[path] = "done"

    for path in edges:
        if path not in state:
            visit(path, [path])
    return found


def faults(root):
    edges = edges_of(root)
    bad = {p: [f for f in (edge_fault(p, t, to) for t, to in targets) if f] for p, targets in edges.items()}
    return bad, circles(edges)


PLANTED = [
    ("an upward edge", {"src/base/a.c": '#include "report/b.h"\n', "src/report/b.h": ""}, "points up"),
    ("a circle", {"src/base/a.h": '#include "base/b.h"\n', "src/base/b.h": '#include "a.h"\n'}, "circle"),
    ("a private header in the command line", {"src/cli/main.c": '#include "base/a.h"\n', "src/base/a.h": ""}, "public headers only"),
    ("a private header in a public one", {"include/cnipol/a.h": '#include "base/a.h"\n', "src/base/a.h": ""}, "public header includes"),
    ("a missing target", {"src/base/a.c": '#include "gone.h"\n'}, "not in the tree"),
    ("a room without a place in the order", {"src/attic/a.c": '#include "base/a.h"\n', "src/base/a.h": ""}, "not in the order"),
]


def planted_is_found(files, words):
    with tempfile.TemporaryDirectory() as root:
        for path, text in files.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as f:
                f.write(text)
        bad, rings = faults(root)
        return any(words in line for line in sum(bad.values(), []) + rings)


def main():
    tally = Tally()
    for name, files, words in PLANTED:
        tally.check(planted_is_found(files, words), f"planted fault was not found: {name}")
    sys.setrecursionlimit(10000)
    bad, rings = faults(ROOT)
    for path, lines in bad.items():
        tally.check(not lines, "; ".join(lines))
    tally.check(not rings, "; ".join(rings))
    tally.end()


main()
