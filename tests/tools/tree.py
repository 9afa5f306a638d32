# SPDX-License-Identifier: BSD-2-Clause
"""The source tree as the checks see it: its files, its rooms, C text without comments and strings."""
import os
import re

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

# Lowest first; an include may point to the same room or to a lower one. `cli` stands apart: public headers only.
ROOMS = ["base", "image", "eval", "doc", "model", "l7", "inventory", "dialect", "engine", "resolve", "reference", "compile",
         "explain", "flow", "analysis", "bpf", "report", "cli"]

SKIPPED = {".git", "subprojects", "__pycache__"}


def walk(root=ROOT):
    """Every file below root, as a path relative to it, in order; build folders and hidden tools left out."""
    for folder, dirs, names in os.walk(root):
        dirs[:] = sorted(d for d in dirs if d not in SKIPPED and not d.startswith("build"))
        for name in sorted(names):
            yield os.path.relpath(os.path.join(folder, name), root)


def c_files(root=ROOT, tops=("src", "include")):
    return [p for p in walk(root) if p.split(os.sep)[0] in tops and p.endswith((".c", ".h"))]


def read(path, root=ROOT):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace") as f:
        return f.read()


def room_of(path):
    """`base` for src/base/x.c, `include` for a public header, None for anything else."""
    parts = path.split(os.sep)
    if parts[0] == "include":
        return "include"
    return parts[1] if parts[0] == "src" and len(parts) > 2 else None


COMMENT_OR_STRING = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|'(?:\\.|[^'\\\n])*'", re.S)


def blank(text):
    """Comments, strings and character constants become spaces; line structure stays."""
    return COMMENT_OR_STRING.sub(lambda m: re.sub(r"[^\n]", " ", m.group()), text)
