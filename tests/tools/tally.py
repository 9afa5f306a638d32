# SPDX-License-Identifier: BSD-2-Clause
"""How a check counts: ok(), bad(), skip(), and a last line `N passed, N failed, N skipped`."""
import sys


class Tally:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def ok(self, n=1):
        self.passed += n

    def bad(self, what):
        self.failed += 1
        print(f"not ok: {what}")

    def skip(self, what, why):
        self.skipped += 1
        print(f"skip: {what}: {why}")

    def check(self, good, what):
        if good:
            self.ok()
        else:
            self.bad(what)

    def end(self):
        print(f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped")
        sys.exit(1 if self.failed else 0)
