#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""test_prove.py PROGRAM: each example, each folder of the corpus and some small clusters, compiled and proved."""
import os
import subprocess
import sys
import tempfile

from tally import Tally
from tree import ROOT

PROGRAM = os.path.abspath(sys.argv[-1])
CLUSTERGEN = os.path.join(ROOT, "bench/clustergen.py")
CORPUS = os.path.join(ROOT, "tests/corpus")
# Seeds of clusters, with what more is asked of each.
SEEDS = ((1, []), (2, ["--knob", "host-network=as-pod"]), (3, ["--knob", "icmp-and-other=follow-l3"]), (4, ["--knob", "self-traffic=evaluate"]),
         (5, ["--knob", "ipblock-matches-pods=false"]), (6, ["--knob", "equal-priority=error"]))
tally = Tally()


def prove(what, *arguments):
    done = subprocess.run([PROGRAM, "image", "prove", *arguments], capture_output=True, text=True, check=False, timeout=200)
    tally.check(done.returncode == 0 and "holds: " in done.stdout, f"{what}: {done.returncode} {done.stdout}{done.stderr[-2000:]}")


def main():
    prove("the example", "-f", os.path.join(ROOT, "examples/apac"))
    for name in sorted(os.listdir(CORPUS)):
        path = os.path.join(CORPUS, name)
        if os.path.isdir(path) and name != "LICENSES":
            prove(name, "--mode", "server", "-f", path)
    for seed, more in SEEDS:
        with tempfile.TemporaryDirectory() as top:
            subprocess.run([sys.executable, CLUSTERGEN, "small", "--seed", str(seed), "--pods", "30", "--policies", "20", "--cluster-policies", "6",
                            "-o", top], check=True, capture_output=True)
            files = ["-f", os.path.join(top, "inventory.yaml"), "-f", os.path.join(top, "policies.yaml")]
            prove(f"cluster {seed}", "--mode", "stored", *files, *more)
    tally.end()


main()
