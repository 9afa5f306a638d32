#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""mutate.py [--count N] [--seed N] [--only PREFIX]...: changes the code in small ways; do the tests notice?

Works on a copy of the tree in build-mutate/, so nothing of yours is touched. Each mutant changes one
operator or constant in one line, is built, and is run against the unit tests and vectors. A mutant that
does not compile is thrown away; one that every test passes has survived, and is printed: it is either a
missing test or code that does nothing. The same seed gives the same mutants.
"""
import argparse
import os
import random
import re
import shutil
import subprocess
import sys

from tree import ROOT, blank, c_files, read

DEFAULT = ["src/model/", "src/dialect/", "src/inventory/", "src/resolve/", "src/engine/", "src/reference/", "src/explain/"]

CHANGES = [(re.compile(a), b) for a, b in [
    (r" == ", " != "), (r" != ", " == "), (r" < ", " <= "), (r" <= ", " < "), (r" > ", " >= "), (r" >= ", " > "),
    (r" && ", " || "), (r" \|\| ", " && "), (r"\btrue\b", "false"), (r"\bfalse\b", "true"), (r" \+ 1\b", ""), (r" - 1\b", ""),
    (r"\bif \(!", "if ("), (r"\bif \((?=\w+\))", "if (!"), (r"\breturn 0;", "return 1;"), (r"\bcontinue;", "break;"), (r"\+\+;", "--;"),
    (r"\bNP_DENY\b", "NP_ALLOW"), (r"\bCNIPOL_DENY\b", "CNIPOL_ALLOW"), (r"\bNP_UNKNOWN\b", "NP_FALSE"),
]]


def candidates(prefixes):
    """[(path, start, end, replacement)] for every place where a change applies."""
    out = []
    for path in c_files():
        if path.endswith(".c") and path.startswith(tuple(prefixes)):
            code = blank(read(path))
            out += [(path, m.start(), m.end(), new) for old, new in CHANGES for m in old.finditer(code)]
    return out


def copy_tree(target):
    os.makedirs(target, exist_ok=True)
    ignore = shutil.ignore_patterns("build*", ".git", "__pycache__")
    shutil.copytree(ROOT, os.path.join(target, "tree"), ignore=ignore, dirs_exist_ok=True)
    return os.path.join(target, "tree")


def run(*command):
    return subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False).returncode == 0


def tests_pass(build):
    return run("meson", "test", "-C", build, "--no-rebuild", "--maxfail", "1", "--suite", "unit", "--suite", "vectors")


def try_mutant(tree, build, mutant):
    path, start, end, new = mutant
    original = read(path)
    with open(os.path.join(tree, path), "w", encoding="utf-8") as f:
        f.write(original[:start] + new + original[end:])
    try:
        if not run("ninja", "-C", build):
            return "unbuildable"
        return "survived" if tests_pass(build) else "noticed"
    finally:
        with open(os.path.join(tree, path), "w", encoding="utf-8") as f:
            f.write(original)


def describe(mutant):
    path, start, end, new = mutant
    text = read(path)
    line = text.count("\n", 0, start) + 1
    return f"{path}:{line}: `{text[start:end].strip()}` to `{new.strip()}`: {text.splitlines()[line - 1].strip()}"


def main():
    parser = argparse.ArgumentParser(description="Mutation test of the library.")
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", action="append", help="path prefix, such as src/reference/")
    args = parser.parse_args()

    places = candidates(args.only or DEFAULT)
    random.Random(args.seed).shuffle(places)
    tree = copy_tree(os.path.join(ROOT, "build-mutate"))
    build = os.path.join(tree, "build")
    if not (os.path.isdir(build) or run("meson", "setup", build, tree)) or not run("ninja", "-C", build) or not tests_pass(build):
        sys.exit("the unchanged tree does not pass its tests")
    counts = {"noticed": 0, "survived": 0, "unbuildable": 0}
    for mutant in places:
        if counts["noticed"] + counts["survived"] >= args.count:
            break
        fate = try_mutant(tree, build, mutant)
        counts[fate] += 1
        if fate == "survived":
            print("survived: " + describe(mutant), flush=True)
    print(f"{counts['noticed']} noticed, {counts['survived']} survived, of {len(places)} places (seed {args.seed})")


main()
