#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""test_reader.py ASK-KEYS: docs/image_reader.py, written from docs/image-format.md, says what the library says.

On images at random, by tables and by rule lists; and both refuse altered bytes.
"""
import os
import random
import subprocess
import sys
import tempfile

from tally import Tally
from tree import ROOT

sys.path.insert(0, os.path.join(ROOT, "docs"))

import image_bytes  # noqa: E402 pylint: disable=wrong-import-position
import random_image  # noqa: E402 pylint: disable=wrong-import-position

ASK_KEYS = os.path.abspath(sys.argv[1])
READER = os.path.join(ROOT, "docs/image_reader.py")
tally = Tally()


def library(image, keys, *options):
    done = subprocess.run([ASK_KEYS, image, keys, *options], capture_output=True, text=True, check=False)
    return done.stdout.splitlines() if done.returncode == 0 else [done.stderr]


def reader(image, keys, *options):
    done = subprocess.run([sys.executable, READER, image, "--keys", keys, *options], capture_output=True, text=True, check=False)
    return done.stdout.splitlines() if done.returncode == 0 else [done.stderr]


def write(folder, name, data):
    path = os.path.join(folder, name)
    with open(path, "wb") as f:
        f.write(data)
    return path


def compare(name, wanted, got):
    at = next((i for i, (a, b) in enumerate(zip(wanted, got)) if a != b), min(len(wanted), len(got)))
    tally.check(wanted == got and len(wanted) > 1,
                f"{name}, question {at}: the library says {wanted[at:at + 1]}, the reader {got[at:at + 1]}")


def check_agree(folder, name, image, keys):
    for options in ([], ["--lists"]):
        compare(f"{name} {options}", library(image, keys, *options), reader(image, keys, *options))
    compare(f"{name} batch", library(image, keys, "--batch"), library(image, keys))


def check_random(folder):
    for seed in range(48):
        rng = random.Random(seed)
        builder = random_image.Builder(rng)
        image = write(folder, "image", builder.build(checksums=seed % 8 != 0))
        keys = write(folder, "keys", random_image.keys(rng, 400, builder.n_ids))
        check_agree(folder, f"random image {seed}", image, keys)


def is_refused(data):
    try:
        image_bytes.Image(data)
    except image_bytes.Refused:
        return True
    return False


def check_refusals():
    data = min((random_image.Builder(random.Random(seed)).build() for seed in range(1000, 1020)), key=len)
    tally.check(not is_refused(data), "an image as it is")
    step = max(1, len(data) // 500)
    kept = [at for at in [*range(0, 256), *range(256, len(data), step)]
            if not is_refused(data[:at] + bytes([data[at] ^ 1]) + data[at + 1:])]
    tally.check(not kept, f"altered bytes that are not refused: {kept}")
    kept = [n for n in [*range(0, 256), *range(256, len(data), step)] if not is_refused(data[:n])]
    tally.check(not kept, f"lengths that are not refused: {kept}")
    tally.check(is_refused(data + bytes(64)), "more bytes than there are")


with tempfile.TemporaryDirectory() as folder:
    check_random(folder)
    check_refusals()
tally.end()
