#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""count.py [--failures-only] TESTLOG...: adds up single test cases from Meson's testlog.json files.

A Meson test is a program with many cases. What it says about itself is counted:
  * cmocka: `[  PASSED  ] 3 test(s).`, `[  FAILED  ] 1 test(s), ...`, `[  SKIPPED ] 1 test(s), ...`
  * anything else: its last line `N passed, N failed[, N skipped]`
A program that says nothing counts as one. One that ends badly without a failed case (a crash, a sanitizer's
report, a time-out) adds one failure. Logs after `--failures-only` are builds of the same cases by another
compiler: only their failures count. Prints skip reasons and failing programs, then the sum as the last line.
"""
import json
import re
import sys

CMOCKA = re.compile(r"^\[\s+(PASSED|FAILED|SKIPPED)\s+\] (\d+) test\(s\)", re.M)
CASE = re.compile(r"^\[\s+(OK|FAILED|SKIPPED)\s+\] (\S+)", re.M)
TALLY = re.compile(r"^(\d+) passed, (\d+) failed(?:, (\d+) skipped)?$", re.M)
REASON = re.compile(r"^skip: (.*)$", re.M)
SKIPPED = re.compile(r"^\[\s+SKIPPED \] (?!\d+ test)(\S+)$", re.M)


def said(text):
    """[passed, failed, skipped] from the program's own words, or None."""
    sums = CMOCKA.findall(text)
    if sums:
        order = {"PASSED": 0, "FAILED": 1, "SKIPPED": 2}
        out = [0, 0, 0]
        for word, n in sums:
            out[order[word]] += int(n)
        return out
    tallies = TALLY.findall(text)
    if tallies:
        return [int(n or 0) for n in tallies[-1]]
    if "[==========] Running" in text:  # it died among its cases
        words = [word for word, _ in CASE.findall(text)]
        return [words.count("OK"), words.count("FAILED"), words.count("SKIPPED")]
    return None


def count(record):
    text = (record.get("stdout") or "") + "\n" + (record.get("stderr") or "")
    result = record["result"]
    counts = said(text)
    if result in ("OK", "EXPECTEDFAIL"):
        return counts or [1, 0, 0]
    if result == "SKIP":
        last = (text.strip().splitlines() or ["no reason given"])[-1]
        print(f"skip: {record['name']}: {last}")
        return [0, 0, 1]
    counts = counts or [0, 0, 0]
    if counts[1] == 0:
        counts[1] = 1
    return counts


def print_skips(record):
    """Each skip with its reason; a cmocka case that gave none is named all the same."""
    text = (record.get("stdout") or "") + "\n" + (record.get("stderr") or "")
    reasons = REASON.findall(text)
    for name in sorted(set(SKIPPED.findall(text))):
        if not any(name in reason for reason in reasons):
            reasons.append(f"{name}: no reason given")
    for reason in reasons:
        print(f"skipped: {record['name']}: {reason}")


def records_of(path):
    """The log's records; a log that is not there stands for a build that failed, or for no test at all."""
    try:
        with open(path, encoding="utf-8") as log:
            return [json.loads(line) for line in log if line.strip()]
    except FileNotFoundError:
        return [{"name": "build", "result": "did not build, or ran nothing"}]


def main():
    total, failures_only = [0, 0, 0], False
    for arg in sys.argv[1:]:
        if arg == "--failures-only":
            failures_only = True
            continue
        for record in records_of(arg):
            counts = count(record)
            if counts[1]:
                print(f"failed: {record['name']} ({arg}): {record['result']}, {counts[1]} failed")
            if failures_only:
                total[1] += counts[1]
                continue
            print_skips(record)
            total = [a + b for a, b in zip(total, counts)]
    print(f"{total[0]} passed, {total[1]} failed, {total[2]} skipped")
    sys.exit(1 if total[1] else 0)


main()
