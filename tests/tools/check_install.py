#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""check_install.py BUILD PREFIX LIBDIR ABI EXAMPLE PROGRAM-OR-none BPF-OR-none: what `meson install` puts where, and whether it can be used.

Installs into a temporary folder, looks for each file, and compiles and runs an example against the installed
headers and libraries through pkg-config, once shared and once fully static.
"""
import os
import shutil
import subprocess
import sys
import tempfile

from tally import Tally
from tree import ROOT, c_files

QUESTION = ["examples/apac", "apac-dev/developer", "apac-production/database", "5432"]


def run(command, **more):
    return subprocess.run(command, capture_output=True, text=True, check=False, **more)


def pkg_config(libdir, prefix, *args, package="cnipol"):
    """The flags, with the installed file's folders moved to where they are now."""
    env = dict(os.environ, PKG_CONFIG_PATH=os.path.join(libdir, "pkgconfig"))
    command = ["pkg-config", f"--define-variable=includedir={prefix}/include", f"--define-variable=libdir={libdir}", *args, package]
    return run(command, env=env).stdout.split()


def expected_files(libdir, abi, program, bpf):
    files = ["include/" + os.path.relpath(h, "include") for h in c_files(tops=("include",))]
    files += [f"{libdir}/{name}" for name in ("libcnipol.so", f"libcnipol.so.{abi}", "libcnipol.a", "pkgconfig/cnipol.pc")]
    if bpf:
        files += [f"{libdir}/{name}" for name in ("libcnipol-bpf.so", f"libcnipol-bpf.so.{abi}", "libcnipol-bpf.a", "pkgconfig/cnipol-bpf.pc")]
    if program:
        files.append("bin/cnipol")
        files += ["share/man/man1/" + page for page in os.listdir(os.path.join(ROOT, "docs/man")) if page.endswith(".1")]
    return files


def check_soname(tally, library, abi):
    dynamic, name = run(["readelf", "-d", library]).stdout, f"{os.path.basename(library)}.{abi}"
    tally.check(f"[{name}]" in dynamic, f"{library}: soname is not {name}")


def check_bpf_use(tally, libdir, prefix, top):
    """A program that uses nothing but the installed header and library."""
    text = '#include <stdio.h>\n#include <cnipol/bpf.h>\nint main(void)\n{\n    const char *why = cnipol_bpf_unavailable();\n' \
           '    puts(why ? why : "can be loaded");\n    return 0;\n}\n'
    out = os.path.join(top, "bpf-example")
    flags = pkg_config(libdir, prefix, "--cflags", "--libs", package="cnipol-bpf")
    built = run(["gcc", "-std=c11", "-x", "c", "-", "-x", "none", "-o", out, *flags], input=text)
    tally.check(built.returncode == 0, f"libcnipol-bpf: a program does not build\n{built.stderr}")
    if built.returncode == 0:
        done = run([out], env=dict(os.environ, LD_LIBRARY_PATH=libdir))
        tally.check(done.returncode == 0, f"libcnipol-bpf: a program fails\n{done.stdout}{done.stderr}")


def check_use(tally, how, flags, env, example, out):
    built = run(["gcc", "-std=c11", example, "-o", out, *flags])
    tally.check(built.returncode == 0, f"{how}: the example does not build\n{built.stderr}")
    if built.returncode == 0:
        done = run([out, *QUESTION], cwd=ROOT, env=env)
        tally.check(done.returncode == 0, f"{how}: the example fails\n{done.stdout}{done.stderr}")


def main():
    build, prefix, libdir, abi, example, program, bpf = sys.argv[1:]
    tally = Tally()
    with tempfile.TemporaryDirectory() as top:
        done = run(["meson", "install", "-C", build, "--no-rebuild", "--destdir", top])
        tally.check(done.returncode == 0, f"meson install fails\n{done.stdout}{done.stderr}")
        there = top + prefix
        for path in expected_files(libdir, abi, program != "none", bpf != "none"):
            tally.check(os.path.exists(os.path.join(there, path)), f"not installed: {path}")
        full = os.path.join(there, libdir)
        check_soname(tally, os.path.join(full, "libcnipol.so"), abi)
        if bpf != "none":
            check_soname(tally, os.path.join(full, "libcnipol-bpf.so"), abi)
        if program != "none":
            env = dict(os.environ, LD_LIBRARY_PATH=full)
            version = run([os.path.join(there, "bin/cnipol"), "--version"], env=env)
            tally.check(version.returncode == 0, f"bin/cnipol --version fails\n{version.stdout}{version.stderr}")
        if not shutil.which("pkg-config"):
            tally.skip("use through pkg-config", "pkg-config is not installed")
            tally.end()
        if bpf != "none":
            check_bpf_use(tally, full, there, top)
        source = os.path.join(ROOT, "examples", example)
        out = os.path.join(top, "example")
        check_use(tally, "shared", pkg_config(full, there, "--cflags", "--libs"), dict(os.environ, LD_LIBRARY_PATH=full), source, out)
        static = ["-static", *pkg_config(full, there, "--static", "--cflags", "--libs")]
        check_use(tally, "static", static, dict(os.environ), source, out)
    tally.end()


main()
