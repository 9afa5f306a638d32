#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""mutate.py [--write] [--part clauses|rooms] [--only ID]: break one place of the code at a time; does a test notice?

Part `clauses` (mutations.py beside this file): a change breaks a clause of docs/semantics/kubernetes.md, or flips a knob's
default, and the vector suites are run. Part `rooms` (mutations_rooms.py): a change of what compiles, verifies, asks and
changes images, and the one test that is to notice it is run. Each is made in a copy of the tree in build-mutate/, and
told as a row of tests/mutations.md (--write puts the tables there). A mutation that nothing notices, that does not build, or
whose place is gone, fails the run.
"""
import argparse
import json
import os
import re
import shutil
import subprocess
import sys

from mutations import KNOBS, MUTATIONS
from mutations_rooms import ROOMS
from tree import ROOT, read

SUITES = ["k8s-traps.jsonl", "cyclonus.jsonl.gz", "cnp-conformance.jsonl", "anp-conformance.jsonl", "cnp-unit.jsonl", "k8s-nca.jsonl",
          "k8s-e2e-netpol.jsonl"]
TABLE = os.path.join("tests", "mutations.md")
HEADS = {"clauses": """# Mutations: every clause and every default is held by a vector

Made by `./dev mutate`. Each row breaks one clause of [the semantics](../docs/semantics/kubernetes.md), or flips one
knob's default, and counts the questions that are then answered wrongly, by suite. What no vector can ask about
(K6.4) is held by `tests/analysis/test_clauses.c`.

| clause or knob | mutation | failing questions | where |
| --- | --- | --- | --- |
""", "rooms": """# Mutations: what is done with images is held by tests

Each row breaks one place of what compiles, verifies, asks and changes images, and names the test that must notice, with
those of its cases that do (`fails`: the test does not say which).

| room | mutation | test | cases |
| --- | --- | --- | --- |
"""}


def copy_tree():
    target = os.path.join(ROOT, "build-mutate", "tree")
    for name in subprocess.run(["git", "-C", ROOT, "ls-files"], stdout=subprocess.PIPE, text=True, check=True).stdout.split("\n"):
        if name:
            os.makedirs(os.path.dirname(os.path.join(target, name)), exist_ok=True)
            shutil.copy(os.path.join(ROOT, name), os.path.join(target, name))
    return target


def run(*command, **more):
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace", check=False, **more)


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


def programs(build):
    """{test: (command, environment, seconds)}."""
    tests = json.loads(run("meson", "introspect", build, "--tests").stdout)
    return {test["name"]: (test["cmd"], {**os.environ, **test["env"]}, test["timeout"]) for test in tests}


def failing_cases(program):
    """What fails of a test: names of cases, or how the whole of it ends."""
    command, environment, seconds = program
    try:
        done = run(*command, env=environment, timeout=seconds)
    except subprocess.TimeoutExpired:
        return ["does not end"]
    cases = sorted(set(re.findall(r"^\[  FAILED  \] (\w+)$", done.stdout, re.MULTILINE)))
    return cases or (["ends with a signal"] if done.returncode < 0 else ["fails"] if done.returncode else [])


def apply(tree, path, old, new):
    text = read(path)
    if text.count(old) != 1:
        sys.exit(f"{path}: the place `{old}` occurs {text.count(old)} times: bring the mutations up to date")
    with open(os.path.join(tree, path), "w", encoding="utf-8") as f:
        f.write(text.replace(old, new))


def restore(tree, path):
    with open(os.path.join(tree, path), "w", encoding="utf-8") as f:
        f.write(read(path))


def mutated(tree, build, edits, target, look):
    """What `look` finds when `target` is built with the edits; None where it does not build."""
    for path, old, new in zip(edits[0::3], edits[1::3], edits[2::3]):
        apply(tree, path, old, new)
    done = run("ninja", "-C", build, target)
    found = look() if done.returncode == 0 else print(done.stdout[-1500:])
    for path in edits[0::3]:
        restore(tree, path)
    return found


def knob_mutations():
    path, anchor = "src/engine/knobs.c", "    knobs->ctx = ctx;\n"
    for enum, name, value, number in KNOBS:
        yield f"`{name}`", f"default `{value}`", path, anchor, f"{anchor}    knobs->values[{enum}] = {number};\n"


def unnoticed(found):
    return "**does not build**" if found is None else "**nothing notices**"


def break_clauses(tree, build, only):
    """(row, is it noticed)..."""
    target = "src/cli/cnipol"
    done = run("ninja", "-C", build, target)
    if done.returncode or failing(build, tree):
        sys.exit("the unchanged tree does not build or does not pass\n" + done.stdout[-2000:])
    for clause, what, *edits in list(knob_mutations()) + MUTATIONS:
        if only in clause:
            counts = mutated(tree, build, edits, target, lambda: failing(build, tree))
            where = ", ".join(f"{suite} {n}" for suite, n in (counts or {}).items())
            yield f"| {clause} | {what} | {sum((counts or {}).values())} | {where or unnoticed(counts)} |", bool(counts)


def break_rooms(tree, build, only):
    """(row, is it noticed)..."""
    tests = programs(build)
    for name in sorted({test for room, _, test, *_ in ROOMS if only in room}):
        done = run("ninja", "-C", build, os.path.relpath(tests[name][0][0], build))
        if done.returncode or failing_cases(tests[name]):
            sys.exit(f"{name}: the unchanged tree does not build or does not pass\n" + done.stdout[-2000:])
    for room, what, name, *edits in ROOMS:
        if only in room:
            target, program = os.path.relpath(tests[name][0][0], build), tests[name]
            cases = mutated(tree, build, edits, target, lambda program=program: failing_cases(program))
            yield f"| {room} | {what} | {name} | {', '.join(cases or []) or unnoticed(cases)} |", bool(cases)


PARTS = {"clauses": break_clauses, "rooms": break_rooms}


def write_tables(tables):
    """Puts tables, {part: rows}, in the place of those that are there; the others stay."""
    old = dict(zip(HEADS, re.split(r"\n(?=# )", read(TABLE))))
    parts = [HEADS[part] + "\n".join(tables[part]) + "\n" if part in tables else old.get(part) for part in HEADS]
    with open(os.path.join(ROOT, TABLE), "w", encoding="utf-8") as f:
        f.write("\n".join(part.rstrip("\n") + "\n" for part in parts if part))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--write", action="store_true", help=f"put the tables into {TABLE}")
    parser.add_argument("--part", choices=sorted(PARTS), help="only this one")
    parser.add_argument("--only", default="", help="one clause, knob or room")
    args = parser.parse_args()

    tree = copy_tree()
    build, tables, passed, failed = os.path.join(tree, "build"), {}, 0, 0
    if not os.path.isdir(build) and run("meson", "setup", build, tree, "-Dfuzz=disabled").returncode:
        sys.exit("cannot set up the build")
    for part in [args.part] if args.part else PARTS:
        tables[part] = []
        for row, is_noticed in PARTS[part](tree, build, args.only):
            tables[part].append(row)
            passed, failed = passed + is_noticed, failed + (not is_noticed)
            print(row, flush=True)
    if args.write and not args.only:
        write_tables(tables)
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


main()
