#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Does count.py count right? Logs as Meson writes them, with the sum that they must give."""
import json
import os
import subprocess
import sys
import tempfile

from tally import Tally
from transcript import matches

GROUP = "[==========] Running 3 test(s).\n[       OK ] a\n"
CASES = [
    ("a cmocka program", [{"result": "FAIL", "stdout": GROUP, "stderr":
     "[  PASSED  ] 1 test(s).\n[  SKIPPED ] 1 test(s), listed below:\n[  SKIPPED ] c\n[  FAILED  ] 1 test(s), listed below:\n"}], (1, 1, 1)),
    ("a program that ends with a tally", [{"result": "OK", "stdout": "1 passed, 0 failed\n7 passed, 0 failed, 2 skipped\n"}], (7, 0, 2)),
    ("a tally without skips", [{"result": "OK", "stdout": "301 passed, 0 failed\n"}], (301, 0, 0)),
    ("a program that says nothing", [{"result": "OK", "stdout": "hello\n"}, {"result": "OK"}], (2, 0, 0)),
    ("a program that is skipped", [{"result": "SKIP", "stdout": "no BPF here\n"}], (0, 0, 1)),
    ("a crash among cases", [{"result": "FAIL", "stdout": GROUP + "[ RUN      ] b\n"}], (1, 1, 0)),
    ("a sanitizer's report after the last case", [{"result": "FAIL", "stdout": GROUP, "stderr": "[  PASSED  ] 3 test(s).\n==1==ERROR"}], (3, 1, 0)),
    ("a time-out", [{"result": "TIMEOUT"}], (0, 1, 0)),
]


def sum_of(folder, logs, *between):
    paths = []
    for i, records in enumerate(logs):
        paths.append(os.path.join(folder, f"{i}.json"))
        with open(paths[-1], "w", encoding="utf-8") as f:
            f.writelines(json.dumps(dict({"name": "x"}, **record)) + "\n" for record in records)
    command = [sys.executable, os.path.join(os.path.dirname(os.path.abspath(__file__)), "count.py"), paths[0], *between, *paths[1:]]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.splitlines()[-1], done.returncode


def words(counts):
    return "{} passed, {} failed, {} skipped".format(*counts), 1 if counts[1] else 0


def main():
    tally = Tally()
    with tempfile.TemporaryDirectory() as folder:
        for name, records, want in CASES:
            got = sum_of(folder, [records])
            tally.check(got == words(want), f"{name}: {got}")
        other = [{"result": "OK", "stdout": "5 passed, 0 failed\n"}, {"result": "FAIL", "stdout": "3 passed, 2 failed\n"}]
        got = sum_of(folder, [CASES[2][1], other], "--failures-only")
        tally.check(got == words((301, 2, 0)), f"another compiler's build: {got}")
        got = sum_of(folder, [CASES[2][1]], "--failures-only", os.path.join(folder, "not-there.json"))
        tally.check(got == words((301, 1, 0)), f"a build that failed: {got}")
    for expected, got, same in [(["a", "...", "c"], ["a", "b", "b", "c"], True), (["a", "...", "c"], ["a", "c"], True),
                                (["a", "..."], ["b"], False), ([], [], True), (["..."], [], True), (["a"], ["a", "b"], False)]:
        tally.check(matches(expected, got) == same, f"transcript: {expected} {got}")
    tally.end()


main()
