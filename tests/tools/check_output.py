#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""check_output.py EXPECTED PROGRAM [ARG...]: runs the program in the tree's root and compares what it prints.

EXPECTED holds the standard output; a line `...` stands for any lines, also none. A line `=== or` parts outputs
of which one is enough. The exit code must be 0.
"""
import difflib
import os
import subprocess
import sys

from tally import Tally
from transcript import matches
from tree import ROOT


def main():
    expected_path, program, *args = sys.argv[1:]
    command = [os.path.abspath(program), *args]
    with open(expected_path, encoding="utf-8") as f:
        choices = [part.splitlines() for part in f.read().split("=== or\n")]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    got = run.stdout.splitlines()
    tally = Tally()
    tally.check(run.returncode == 0, f"{' '.join(command)}: exit code {run.returncode}\n{run.stderr}")
    same = any(matches(expected, got) for expected in choices)
    tally.check(same, "output differs\n" + "\n".join(difflib.unified_diff(choices[0], got, "expected", "got", lineterm="")))
    tally.end()


main()
