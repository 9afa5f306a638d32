#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Each public header compiles alone: as pedantic C11 under GCC and Clang, and as C++17."""
import os
import shutil
import subprocess

from tally import Tally
from tree import ROOT, c_files

STRICT = ["-pedantic-errors", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-Iinclude"]
COMPILERS = [
    ("gcc", ["-std=c11", "-Wstrict-prototypes", "-x", "c"]),
    ("clang", ["-std=c11", "-Wstrict-prototypes", "-x", "c"]),
    ("g++", ["-std=c++17", "-x", "c++"]),
    ("clang++", ["-std=c++17", "-x", "c++"]),
]


def compile_alone(compiler, flags, header):
    # Twice, so that the include guard is tried too.
    text = f"#include <{header}>\n#include <{header}>\n"
    return subprocess.run([compiler, *STRICT, *flags, "-"], input=text, cwd=ROOT, capture_output=True, text=True)


def main():
    tally = Tally()
    headers = [os.path.relpath(p, "include") for p in c_files(tops=("include",))]
    for compiler, flags in COMPILERS:
        if not shutil.which(compiler):
            tally.skip(f"headers under {compiler}", "not installed")
            continue
        for header in headers:
            run = compile_alone(compiler, flags, header)
            tally.check(run.returncode == 0, f"{header} under {compiler}\n{run.stderr}")
    tally.end()


main()
