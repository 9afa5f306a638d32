#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""test_reader.py ASK-KEYS [CNIPOL]: docs/image_reader.py, written from docs/image-format.md, says what the library says.

On images at random and on compiled ones, by tables and by rule lists; by name it says what manifests say. It refuses altered bytes.
"""
import ipaddress
import json
import os
import random
import subprocess
import sys
import tempfile

from tally import Tally
from tree import ROOT

sys.path.insert(0, os.path.join(ROOT, "docs"))

import image_bytes  # noqa: E402 pylint: disable=wrong-import-position
import image_reader  # noqa: E402 pylint: disable=wrong-import-position
import random_image  # noqa: E402 pylint: disable=wrong-import-position
import xxh3  # noqa: E402 pylint: disable=wrong-import-position

# Without CNIPOL: no compiled images.
ASK_KEYS, CNIPOL = os.path.abspath(sys.argv[1]), sys.argv[2] if len(sys.argv) > 2 else None
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
    for seed in range(32):
        rng = random.Random(seed)
        builder = random_image.Builder(rng)
        image = write(folder, "image", builder.build(checksums=seed % 8 != 0))
        keys = write(folder, "keys", random_image.keys(rng, 400, builder.n_ids))
        check_agree(folder, f"random image {seed}", image, keys)


# What XXH3_128bits of xxHash 0.8 says, in canonical form, by length of SPECIMEN.
SPECIMEN = bytes(i * 7 + (i >> 8) & 255 for i in range(5000))
SUMS = {0: "99aa06d3014798d86001c324468d497f", 1: "a6cd5e9392000f6ac44bdff4074eecdb", 3: "656e81c56e41fe02c3489259e968ad9e",
        4: "ab5c3e7474d809db81a65295de8e7dde", 8: "e4b9dd0b66ff3c50ebabbd0695002ff6", 9: "82ddc95bc76007671c69c3f04aaed08c",
        16: "ddf6c1254d70f76794eaa17b20756f46", 17: "263f67af63088041735fe434ded90c3c", 64: "a7fa95f7f23b64a7edae5e0312655703",
        128: "dd9e5aa9bd51cc9cc6bd21ecc865f29f", 129: "00433635cf8d872e7f4accb76587485b", 160: "2282232242346ee608d4baacce68f2d0",
        240: "89e3a0a2ee355d25d10beb4e0599e4b3", 241: "75f4da43f23cce5a541b19226f0052e8", 1024: "a3da96fbd688736171bee625238addb4",
        1025: "a53cd4fd16206676d9b414f4e1bbf7ad", 2048: "7e487a6edeb1f3fe3293e8238bd8f743", 5000: "e814573b3db786c4ed0146266d138bd8"}


def check_sums():
    for length, wanted in SUMS.items():
        tally.check(xxh3.xxh3_128(SPECIMEN[:length]).hex() == wanted, f"XXH3-128 of {length} bytes")


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


# Clusters: folders of the tree, and cases of the vectors, which come with their knobs.

FOLDERS = ["examples/apac", "tests/semantics/cluster", "tests/cli/data/small.yaml", "tests/robust/mid.yaml"]
NODES = {"examples/apac": ["sydney-1"], "tests/semantics/cluster": ["n1"], "tests/robust/mid.yaml": ["node-0", "node-3"]}
CASES = ["tests/vectors/k8s-traps.jsonl", "tests/vectors/anp-conformance.jsonl"]
PORTS = [0, 22, 53, 80, 81, 443, 3306, 5432, 6379, 8080, 9090, 65535]


def knobs(case):
    options = dict(case.get("options") or {})
    dns = [f"--dns={name}={','.join(addresses)}" for name, addresses in options.pop("dns", {}).items()]
    return dns + [f"--knob={name}={value if isinstance(value, str) else json.dumps(value)}" for name, value in options.items()]


def clusters(folder):
    for path in FOLDERS:
        yield path, ["-f", os.path.join(ROOT, path), "--mode=server"]
    for path in CASES:
        with open(os.path.join(ROOT, path), encoding="utf-8") as f:
            for line in f.readlines()[::16]:
                case = json.loads(line)
                objects = write(folder, "objects.json", json.dumps({"apiVersion": "v1", "kind": "List", "items": case["objects"]}).encode())
                yield case["name"], ["-f", objects, "--mode=stored", *knobs(case)]


def ends(rng, directory):
    """Everybody with a name, and addresses of everybody and of nobody."""
    names = [f"{directory.namespaces[pod.ns]}/{directory.strings[pod.name]}" for pod in directory.pods]
    names += [f"node/{directory.strings[node.name]}" for node in directory.nodes]
    names += [f"service/{directory.strings[s.ns]}/{directory.strings[s.name]}" for s in directory.services]
    packed = [a.bytes[:4] if a.family == 4 else a.bytes for a in directory.addresses]
    packed += [atom.first.to_bytes(4, "big") for atom in directory.atoms[4]] + [atom.first for atom in directory.atoms[6]]
    packed += [rng.randbytes(4), rng.randbytes(16)]
    return names + [str(ipaddress.ip_address(address)) for address in packed]


def check_names(name, image, rng, options):
    directory = image_reader.Directory(image)
    known, questions = ends(rng, directory), []
    for _ in range(60):
        q = {"from": rng.choice(known), "to": rng.choice(known), "protocol": rng.choice(["TCP", "TCP", "UDP", "ICMP", "47"])}
        port = rng.choice([*PORTS, None, *(p.node_port or p.port for p in directory.ports)])
        questions.append(q if port is None else {**q, "port": port})
    done = subprocess.run([CNIPOL, "eval", *options, "--jsonl"], input="\n".join(map(json.dumps, questions)), capture_output=True,
                          text=True, check=False)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    wanted = [[a.get("verdict"), a.get("egress"), a.get("ingress")] for a in answers]
    for by_lists in (False, True):
        got = [directory.ask(q["from"], q["to"], q["protocol"], q.get("port"), by_lists) for q in questions]
        wrong = [(q, w, g) for q, w, g in zip(questions, wanted, got) if w != g]
        tally.check(len(wanted) == len(got) and not wrong, f"{name}: question, manifests, reader: {wrong[:3]} {done.stderr[:300]}")


def compiled(folder, name, options):
    path = os.path.join(folder, "compiled.image")
    done = subprocess.run([CNIPOL, "compile", *options, "-o", path], capture_output=True, text=True, check=False)
    if done.returncode:
        tally.bad(f"{name}: not compiled: {done.stderr}")
        return path, None
    with open(path, "rb") as f:
        return path, image_bytes.Image(f.read())


def check_special(folder, name, options, rng):
    """Without tables, with few of them, and one node's own."""
    for more in ("--rules-only", "--max-bytes=2048", *[f"--node={node}" for node in NODES.get(name, [])]):
        path, image = compiled(folder, f"{name} {more}", [*options, more])
        if image:
            check_agree(folder, f"{name} {more}", path, write(folder, "keys", random_image.keys(rng, 300, image.view.n_ids, PORTS)))


def check_compiled(folder):
    for seed, (name, options) in enumerate(clusters(folder)):
        rng = random.Random(seed)
        path, image = compiled(folder, name, options)
        if not image:
            continue
        keys = write(folder, "keys", random_image.keys(rng, 2000 if seed < len(FOLDERS) else 100, image.view.n_ids, PORTS))
        check_agree(folder, name, path, keys)
        check_names(name, image, rng, options)
        if seed < len(FOLDERS):
            check_special(folder, name, options, rng)


def damaged(rng, data):
    """Some bytes changed, and the header's checksum made good."""
    data = bytearray(data)
    for _ in range(rng.choice([1, 1, 3, 20])):
        data[rng.choice([rng.randrange(64, 960), rng.randrange(192, len(data))])] = rng.choice([0, 1, 255, rng.randrange(256)])
    size = int.from_bytes(data[12:16], "little")
    data[40:56] = xxh3.xxh3_128(bytes(data[:40] + bytes(16) + data[56:size]))
    return bytes(data)


def check_hostile():
    """Bytes that no checksum guards are refused, or answered; nothing else happens."""
    for seed in range(200):
        rng = random.Random(seed)
        builder = random_image.Builder(rng)
        data = damaged(rng, builder.build(checksums=False))
        try:
            image = image_bytes.Image(data)
            for values in image_bytes.QUESTION.layout.iter_unpack(random_image.keys(rng, 10, builder.n_ids)):
                image.ask(image_bytes.QUESTION.fields(*values), rng.randrange(2))
        except image_bytes.Refused:
            pass
    tally.ok()


with tempfile.TemporaryDirectory() as folder:
    if CNIPOL:
        check_compiled(folder)
    check_random(folder)
    check_refusals()
check_hostile()
check_sums()
tally.end()
