#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""run.py BUILD-BENCH-FOLDER [NAME=REASON...] [--only PROGRAM] [--table FILE]

Makes the clusters, runs every benchmark program, prints one table for people, and writes what the
programs printed to results.json in the build folder. NAME=REASON names a program that could not be
built. Exit status 1 when any answer differed from the reference, or a program failed.

Figures of one run may be compared with each other; absolute times of different runs or machines may
not: the ratio to the pointer chase (four dependent loads in 256 KiB) says what a figure would be elsewhere.
"""
import argparse
import datetime
import json
import os
import platform
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))

CLUSTERS = {
    "antrea-small": ["antrea-small"],
    "uniform10k": ["uniform10k"],
    "matrix-800": ["small", "--pods", "800", "--policies", "800"],
}

# program, its arguments; {name} is a cluster's folder, {build} the build folder
PROGRAMS = [
    ("cluster", ["antrea-small", "{antrea-small}"]),
    ("cluster", ["uniform10k", "{uniform10k}"]),
    ("cluster", ["matrix-800", "{matrix-800}", "800"]),
    ("doc", ["{antrea-small}/policies.yaml"]),
    ("addrmap", []),
    ("acl", ["{uniform10k}"]),
    ("lpm", ["{uniform10k}", "{build}/lpm.bpf.o"]),
]

# What is to be reached: row, the column that counts, the most (or, with a minus, the least) that it may be
REACH = {}


def say(text):
    print(text, flush=True)


def generate(name, folder):
    out = os.path.join(folder, "data", name)
    if not os.path.isfile(os.path.join(out, "shape.json")):
        os.makedirs(out, exist_ok=True)
        subprocess.run([sys.executable, os.path.join(HERE, "clustergen.py"), *CLUSTERS[name], "-o", out], check=True, stderr=subprocess.DEVNULL)
    return out


def run(folder, program, arguments, without):
    """The records that one program prints; a program that is not there or fails leaves a record, too."""
    name = f"bench_{program}"
    path = os.path.join(folder, name)
    if program in without:
        return [{"skipped": name, "why": without[program]}]
    if not os.path.isfile(path):
        return [{"skipped": name, "why": "was not built"}]
    done = subprocess.run([path, *arguments], stdout=subprocess.PIPE, text=True, check=False)
    records = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    if done.returncode:
        records.append({"failed": name, "why": f"exit status {done.returncode}"})
    return records


def number(value, unit):
    if unit == "bytes":
        return f"{value / 1048576:,.2f} MiB" if value >= 1 << 20 else f"{value / 1024:,.1f} KiB"
    if unit in ("rules", "instructions", "loads") or value >= 1000:
        return f"{value:,.0f} {unit}"
    return f"{value:.3g} {unit}" if value < 100 else f"{value:.0f} {unit}"


def reached(row, value):
    """The last two columns: what to reach, and whether."""
    if row not in REACH:
        return "", ""
    sign, limit, text = REACH[row]
    good = value <= limit if sign == "<=" else value >= limit
    if good:
        return text, "met"
    return text, f"MISSED, {value / limit:.2f} x" if sign == "<=" else f"MISSED, {value / limit:.2f} of it"


def line_of(record):
    """One row of the table: name, value, spread, chase, ratio, reach, met, remarks."""
    remarks = [record["note"]] if record.get("note") else []
    if record.get("noisy"):
        remarks.insert(0, "noisy")
    if "row" in record:
        if record["checked"]:
            remarks.append(f"{record['checked']:,} checked")
        if record["mismatches"]:
            remarks.insert(0, f"**{record['mismatches']:,} ANSWERS WRONG**")
        spread = f"{record['min']:.1f}–{record['p90']:.1f}"
        ratio = f"{record['ratio']:.2f} ({record['ratio_p10']:.2f}–{record['ratio_p90']:.2f})"
        return (record["row"], number(record["median"], "ns"), spread, f"{record['chase']:.1f}", ratio, f"{record['load']:.1f}/{record['gaps']}",
                *reached(record["row"], record["median"]), "; ".join(remarks))
    if "pair" in record:
        return (record["pair"], f"{record['median']:.2f} x", f"{record['p10']:.2f}–{record['p90']:.2f}", "", "", "",
                *reached(record["pair"], record["median"]), "; ".join(remarks))
    if "times" in record:
        unit, spread = record["unit"], f"{record['min']:.4g}–{record['p90']:.4g}"
        name = record["times"]
        return (name, number(record["median"], unit), spread, f"{record['chase']:.1f}", "", f"{record['load']:.1f}/{record['gaps']}",
                *reached(name, record[record.get("counts", "median")]), "; ".join([f"n = {record['n']}", *remarks]))
    if "figure" in record:
        name = record["figure"]
        return (name, number(record["value"], record["unit"]), "", "", "", "", *reached(name, record["value"]), "; ".join(remarks))
    if "check" in record:
        wrong = f"**{record['mismatches']:,} ANSWERS WRONG**" if record["mismatches"] else "all equal"
        return (record["check"], f"{record['checked']:,} answers", "", "", "", "", "", "", wrong)
    if "skipped" in record:
        return (record["skipped"], "–", "", "", "", "", "", "", record["why"])
    if "failed" in record:
        return (record["failed"], "**FAILED**", "", "", "", "", "", "", record["why"])
    return None


HEAD = ("figure", "median", "min–p90", "chase ns", "ratio to the chase", "load/gaps", "reach", "", "remarks")


def table(records):
    lines = [line for line in map(line_of, records) if line]
    widths = [max(len(line[i]) for line in [HEAD, *lines]) for i in range(len(HEAD) - 1)]
    out = []
    for line in [HEAD, None, *lines]:
        cells = ["-" * w for w in widths] + ["---"] if line is None else [c.ljust(w) for c, w in zip(line, widths)] + [line[-1]]
        out.append("| " + " | ".join(cells) + " |")
    return "\n".join(out)


def machine():
    model = "unknown CPU"
    try:
        with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
            model = next((line.split(":", 1)[1].strip() for line in file if line.startswith("model name")), model)
    except OSError:
        pass
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    return f"{model}, {os.cpu_count()} CPUs, Linux {platform.release()}, {now}, load average {os.getloadavg()[0]:.2f}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("folder")
    parser.add_argument("without", nargs="*")
    parser.add_argument("--only", action="append")
    args = parser.parse_args()
    folder = os.path.abspath(args.folder)
    without = dict(pair.split("=", 1) for pair in args.without)
    about, records = machine(), []
    say(about)
    for program, arguments in PROGRAMS:
        if args.only and program not in args.only:
            continue
        names = {"build": folder, **{name: generate(name, folder) for name in CLUSTERS if "{" + name + "}" in " ".join(arguments)}}
        say(f"running bench_{program} {arguments[0] if program == 'cluster' else ''}")
        records += run(folder, program, [a.format(**names) for a in arguments], without)
    with open(os.path.join(folder, "results.json"), "w", encoding="utf-8") as out:
        json.dump({"machine": about, "records": records}, out, indent=1)
    say("\n" + table(records))
    bad = sum(record.get("mismatches", 0) for record in records)
    say(f"\n{bad:,} answers differ from the reference" if bad else "\nno answer differs from the reference")
    return 1 if bad or any("failed" in record for record in records) else 0


sys.exit(main())
