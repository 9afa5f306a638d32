#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""embed.py OBJECT OUTPUT: the bytes of an object file as C arrays."""
import sys


def main():
    with open(sys.argv[1], "rb") as f:
        data = f.read()
    with open(sys.argv[2], "w", encoding="ascii") as out:
        out.write("/* Made by src/bpf/embed.py from the programs' object file. */\n")
        out.write("extern const unsigned char np_object_bytes[];\nextern const unsigned int np_object_size;\n")
        out.write(f"const unsigned int np_object_size = {len(data)};\n")
        out.write("_Alignas(16) const unsigned char np_object_bytes[] = {\n")
        for at in range(0, len(data), 24):
            out.write(",".join(map(str, data[at:at + 24])) + ",\n")
        out.write("};\n")


main()
