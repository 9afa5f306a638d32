#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""run.py BUILD-BENCH-FOLDER: makes the clusters, runs every benchmark, prints figures. Nothing is asserted.

Figures of one run may be compared with each other; figures of different runs or machines may not. The load
average is printed first: on a busy machine all of them are too high.
"""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))

# name, arguments of clustergen.py, arguments of bench_cluster behind the folder
CLUSTERS = [
    ("antrea-small", ["antrea-small"], []),
    ("uniform10k", ["uniform10k", "--trace", "20000", "--trace-mode", "uniform"], []),
    ("matrix-800", ["small", "--pods", "800", "--policies", "800"], ["800"]),
]


def say(text):
    print(text, flush=True)


def generate(name, arguments, folder):
    out = os.path.join(folder, "data", name)
    if not os.path.isfile(os.path.join(out, "shape.json")):
        os.makedirs(out, exist_ok=True)
        subprocess.run([sys.executable, os.path.join(HERE, "clustergen.py"), *arguments, "-o", out], check=True, stderr=subprocess.DEVNULL)
    return out


def run(folder, program, *arguments):
    subprocess.run([os.path.join(folder, program), *arguments], check=True)


def main():
    folder = os.path.abspath(sys.argv[1])
    say(f"load average {os.getloadavg()[0]:.2f}")
    for name, arguments, more in CLUSTERS:
        data = generate(name, arguments, folder)
        say(f"\n== {name}")
        run(folder, "bench_cluster", data, *more)
    say("\n== documents")
    run(folder, "bench_doc", os.path.join(folder, "data", "antrea-small", "policies.yaml"))


main()
