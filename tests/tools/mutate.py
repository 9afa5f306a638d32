#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""mutate.py [--write] [--only ID]: break one clause or knob at a time; does some vector notice?

The table MUTATIONS (mutations.py beside this file) names a clause of docs/semantics/kubernetes.md, or a knob, and
a change of one place in the code that breaks it. Each is applied to a copy of the tree in build-mutate/, built, and
run against the vector suites; the counts of failing questions are printed as the table of tests/mutations.md (--write puts
it there). A mutation that nothing notices, that does not build, or whose place is gone, fails the run.
"""
import argparse
import os
import re
import shutil
import subprocess
import sys

from mutations import KNOBS, MUTATIONS
from tree import ROOT, read

SUITES = ["k8s-traps.jsonl", "cyclonus.jsonl.gz", "cnp-conformance.jsonl", "anp-conformance.jsonl", "cnp-unit.jsonl", "k8s-nca.jsonl",
          "k8s-e2e-netpol.jsonl"]
HEAD = """# Mutations: every clause and every default is held by a vector

Made by `./dev mutate`. Each row breaks one clause of [the semantics](../docs/semantics/kubernetes.md), or flips one
knob's default, and counts the questions that are then answered wrongly, by suite. What no vector can ask about
(K6.4) is held by `tests/analysis/test_clauses.c`.

| clause or knob | mutation | failing questions | where |
| --- | --- | --- | --- |
"""


def copy_tree():
    target = os.path.join(ROOT, "build-mutate", "tree")
    for name in subprocess.run(["git", "-C", ROOT, "ls-files"], stdout=subprocess.PIPE, text=True, check=True).stdout.split("\n"):
        if name:
            os.makedirs(os.path.dirname(os.path.join(target, name)), exist_ok=True)
            shutil.copy(os.path.join(ROOT, name), os.path.join(target, name))
    return target


def run(*command):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


def suites(tree):
    """[(name, paths)]: the vector files, and the tests of the semantics as one."""
    semantics = os.path.join(tree, "tests", "semantics")
    files = sorted(os.path.join(semantics, name) for name in os.listdir(semantics) if name.endswith(".yaml"))
    return [(name.split(".")[0], [os.path.join(tree, "tests", "vectors", name)]) for name in SUITES] + [("semantics", files)]


def failing(build, tree):
    """{suite: failing questions} of the built program."""
    out = {}
    for name, paths in suites(tree):
        text = run(os.path.join(build, "src", "cli", "cnipol"), "test", "--quiet", *paths).stdout
        match = re.search(r"(\d+) passed, (\d+) failed\s*$", text)
        if not match or int(match.group(1)) + int(match.group(2)) == 0:
            out[name] = 1
        elif int(match.group(2)):
            out[name] = int(match.group(2))
    return out


def apply(tree, path, old, new):
    text = read(path)
    if text.count(old) != 1:
        sys.exit(f"{path}: the place `{old}` occurs {text.count(old)} times: bring mutations.py up to date")
    with open(os.path.join(tree, path), "w", encoding="utf-8") as f:
        f.write(text.replace(old, new))


def restore(tree, path):
    with open(os.path.join(tree, path), "w", encoding="utf-8") as f:
        f.write(read(path))


def knob_mutations():
    path, anchor = "src/engine/knobs.c", "    knobs->ctx = ctx;\n"
    for enum, name, value, number in KNOBS:
        yield f"`{name}`", f"default `{value}`", path, anchor, f"{anchor}    knobs->values[{enum}] = {number};\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help="put the table into tests/mutations.md")
    parser.add_argument("--only", help="one clause or knob")
    args = parser.parse_args()

    tree = copy_tree()
    build = os.path.join(tree, "build")
    if not os.path.isdir(build) and run("meson", "setup", build, tree, "-Dfuzz=disabled").returncode:
        sys.exit("cannot set up the build")
    target = "src/cli/cnipol"
    done = run("ninja", "-C", build, target)
    if done.returncode or failing(build, tree):
        sys.exit("the unchanged tree does not build or does not pass\n" + done.stdout[-2000:])
    rows, unnoticed = [], 0
    for clause, what, *edits in list(knob_mutations()) + MUTATIONS:
        if args.only and args.only not in clause:
            continue
        places = list(zip(edits[0::3], edits[1::3], edits[2::3]))
        for path, old, new in places:
            apply(tree, path, old, new)
        done = run("ninja", "-C", build, target)
        counts = failing(build, tree) if done.returncode == 0 else None
        for path, _, _ in places:
            restore(tree, path)
        if counts is None:
            print(done.stdout[-1500:])
        unnoticed += not counts
        where = ", ".join(f"{suite} {n}" for suite, n in (counts or {}).items())
        row = f"| {clause} | {what} | {sum(counts.values()) if counts else 0} | {where or ('**does not build**' if counts is None else '**nothing notices**')} |"
        rows.append(row)
        print(row, flush=True)
    if args.write and not args.only:
        with open(os.path.join(ROOT, "tests", "mutations.md"), "w", encoding="utf-8") as f:
            f.write(HEAD + "\n".join(rows) + "\n")
    print(f"{len(rows) - unnoticed} passed, {unnoticed} failed")
    sys.exit(1 if unnoticed else 0)


main()
