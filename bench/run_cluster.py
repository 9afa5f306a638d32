#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""run_cluster.py PROGRAM FOLDER SHAPE: makes a cluster of that shape once, then times each phase of answering about it."""
import os
import subprocess
import sys

GENERATOR = os.path.join(os.path.dirname(os.path.abspath(__file__)), "clustergen.py")


def main():
    program, folder, shape = sys.argv[1:]
    if not os.path.isdir(folder):
        subprocess.run([sys.executable, GENERATOR, shape, "-o", folder, "--format", "yaml", "--dialect", "k8s", "--trace", "100000"],
                       check=True, stdout=subprocess.DEVNULL)
    sys.exit(subprocess.run([program, folder, "200"], check=False).returncode)


main()
