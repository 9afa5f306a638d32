#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""embed.py OUTPUT SIZE=OBJECT...: the bytes of object files as a C table (struct np_object), by image size in bytes."""
import sys


def array(out, name, path):
    with open(path, "rb") as f:
        data = f.read()
    out.write(f"static const unsigned char _Alignas(16) {name}[] = {{\n")
    for at in range(0, len(data), 24):
        out.write(",".join(map(str, data[at:at + 24])) + ",\n")
    out.write("};\n")


def main():
    files = [arg.split("=", 1) for arg in sys.argv[2:]]
    with open(sys.argv[1], "w", encoding="ascii") as out:
        out.write("/* Made by src/bpf/embed.py from the programs' object files. */\n#include \"bpf/object.h\"\n")
        for i, (_, path) in enumerate(files):
            array(out, f"object_{i}", path)
        out.write("const struct np_object np_objects[] = {\n")
        for i, (size, _) in enumerate(files):
            out.write(f"    {{object_{i}, sizeof object_{i}, {size}}},\n")
        out.write(f"}};\nconst uint32_t np_n_objects = {len(files)};\n")


main()
