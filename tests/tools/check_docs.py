#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""check_docs.py FOLDER-OF-CNIPOL [--update]: what the documentation shows is what happens.

In README.md and below docs/: every ```console block is run, each line that begins with `$ ` as a shell
command in the tree's root, and its output (both streams) compared with the lines that follow; `...` alone on a
line stands for any lines. A block ```console skip is for people to run. Every ```c block whose first line is
`// example` compiles. A link to a file of the tree must point to one. `--update` writes the true output
into the blocks that have no `...`.
"""
import difflib
import os
import re
import subprocess
import sys

from tally import Tally
from transcript import matches
from tree import ROOT, read, walk

BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$", re.M | re.S)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def pages():
    return [p for p in walk() if p.endswith(".md") and (p == "README.md" or p.startswith("docs" + os.sep))]


def commands(block):
    """[(command, [expected lines])] of a console block."""
    out = []
    for line in block.splitlines():
        if line.startswith("$ "):
            out.append((line[2:], []))
        elif out:
            out[-1][1].append(line)
    return out


def run(command, tools):
    env = dict(os.environ, PATH=tools + os.pathsep + os.environ["PATH"], NO_COLOR="1", LC_ALL="C.UTF-8", COLUMNS="100")
    done = subprocess.run(["bash", "-c", command], cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=120, check=False)
    return done.stdout.rstrip("\n").splitlines()


def check_console(page, block, tools, tally):
    for command, expected in commands(block):
        while expected and not expected[-1].strip():
            expected.pop()
        got = run(command, tools)
        diff = "\n".join(difflib.unified_diff(expected, got, "documented", "real", lineterm=""))
        tally.check(matches(expected, got), f"{page}: $ {command}\n{diff}")


def check_c(page, block, tally):
    done = subprocess.run(["gcc", "-std=c11", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-Iinclude", "-x", "c", "-"], cwd=ROOT,
                          input=block, capture_output=True, text=True, check=False)
    tally.check(done.returncode == 0, f"{page}: an example does not compile\n{done.stderr}")


def check_links(page, text, tally):
    for target in LINK.findall(text):
        if "://" in target or target.startswith("mailto:"):
            continue
        path = os.path.normpath(os.path.join(ROOT, os.path.dirname(page), target))
        tally.check(os.path.exists(path), f"{page}: links to {target}, which is not there")


def updated(block, tools):
    lines = []
    for command, expected in commands(block):
        lines.append("$ " + command)
        lines += expected if "..." in expected else run(command, tools)
    return "\n".join(lines) + "\n"


def update(page, text, tools):
    def fresh(match):
        kind, rest, block = match.groups()
        return match.group() if kind != "console" or "skip" in rest else f"```{kind}{rest}\n{updated(block, tools)}```"

    with open(os.path.join(ROOT, page), "w", encoding="utf-8") as f:
        f.write(BLOCK.sub(fresh, text))


def main():
    tally, tools = Tally(), os.path.abspath(sys.argv[1])
    for page in pages():
        text = read(page)
        if "--update" in sys.argv:
            update(page, text, tools)
            continue
        check_links(page, BLOCK.sub("", text), tally)
        for kind, rest, block in BLOCK.findall(text):
            if kind == "console" and "skip" not in rest:
                check_console(page, block, tools, tally)
            elif kind == "c" and block.startswith("// example"):
                check_c(page, block, tally)
    tally.end()


main()
