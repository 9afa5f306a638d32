#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""run.py BUILD-BENCH-FOLDER [NAME=REASON...] [--only PROGRAM|GROUP]

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
import re
import shutil
import subprocess
import sys

COUNTED = 20000  # as in bench_image.c
HERE = os.path.dirname(os.path.abspath(__file__))
FLOWS = os.path.join(HERE, "..", "tests", "vectors", "hubble-sample.jsonl.gz")

CLUSTERS = {
    "antrea-small": ["antrea-small"],
    "uniform10k": ["uniform10k"],
    "matrix-800": ["small", "--pods", "800", "--policies", "800"],
    "tiered": ["uniform10k", "--cluster-policies", "50"],
    "pods-100k": ["uniform10k", "--pods", "100000"],
    "policies-10": ["uniform10k", "--policies", "10"],
    "policies-100": ["uniform10k", "--policies", "100"],
    "policies-1000": ["uniform10k", "--policies", "1000"],
    "policies-10000": ["uniform10k", "--policies", "10000"],
}
GROWTH = [name for name in CLUSTERS if name.startswith("policies-")]

# program, its arguments; {name} is a cluster's folder, {build} the build folder, {flows} Hubble's records, {cnipol} the program
PROGRAMS = [
    ("cluster", ["antrea-small", "{antrea-small}"]),
    ("cluster", ["uniform10k", "{uniform10k}"]),
    ("cluster", ["matrix-800", "{matrix-800}", "800"]),
    ("doc", ["{antrea-small}/policies.yaml"]),
    ("image", ["image", "uniform10k", "{uniform10k}"]),
    ("image", ["pair", "untiered", "{uniform10k}", "tiered", "{tiered}"]),
    ("image", ["pair", *(word for name in GROWTH for word in (name, "{" + name + "}"))]),
    *(("image", ["save", name, "{" + name + "}", "{build}/data/" + name]) for name in GROWTH),
    ("image", ["yaml", "antrea-small", "{antrea-small}"]),
    ("live", ["{uniform10k}"]),
    ("addrmap", []),
    ("acl", ["{uniform10k}"]),
    ("address", ["{pods-100k}"]),
    ("kernel", ["{uniform10k}", "{build}"]),
    ("flow_hubble", ["{flows}"]),
    ("flow_binary", ["{flows}"]),
    ("flow_text", []),
    ("flow_observe", ["{flows}", "{cnipol}"]),
]

# What is to be reached: the most that a row's median (or another column) may be, in the row's unit, and how people say it.
MIB = 1 << 20
REACH = {
    "uniform10k, one direction, serial": (45, "≤ 45 ns"),
    "uniform10k, both directions, serial": (75, "≤ 75 ns"),
    "uniform10k, one direction, batch of 16": (1000 / 60, "≥ 60 M/s: ≤ 16.7 ns"),
    "uniform10k, both directions, batch of 16": (1000 / 30, "≥ 30 M/s: ≤ 33.3 ns"),
    "uniform10k, one node's slice, one direction, serial": (25, "≤ 25 ns"),
    "uniform10k, by the rule lists (mode 2), one direction, serial": (300, "≤ 300 ns"),
    "after 5,000 changes: just updated subjects, one direction, serial": (300, "≤ 300 ns"),
    "tiered / untiered, time": (1.2, "≤ 1.2 x"),
    "from IPv4 addresses, 100k pods, 10k prefixes": (80, "≤ 80 ns"),
    "from IPv6 addresses, 100k pods, 10k prefixes": (110, "≤ 110 ns"),
    "BPF: the image, one direction": (60, "≤ 60 ns"),
    "BPF: the image / LPM trie, full": (1 / 3, "≤ 1/3"),
    "uniform10k, HOT": (4 * MIB, "≤ 4 MiB"),
    "uniform10k, compile from resolved stages": (0.5, "≤ 0.5 s"),
    "antrea-small, from YAML to a verified image": (6, "≤ 6 s"),
    "antrea-small, compile": (2, "≤ 2 s"),
    "antrea-small, peak memory to a verified image": (700e6 / MIB, "≤ 700 MB"),
    "one policy changed, until a reader sees it": (1, "p99 ≤ 1 ms", "p99"),
    "address map, IPv4, a pod comes": (1000, "known identity: ≤ 1 µs"),
    "policies-10000 / policies-10, instructions": (1.5, "≤ 1.5 x"),
    "policies-10000 / policies-10, table loads": (1.5, "≤ 1.5 x"),
    "Hubble JSON, every field": (400, "≤ 400 ns"),
    "Hubble JSON, five fields": (250, "≤ 250 ns"),
    "hubble-pb, every field": (300, "≤ 300 ns"),
    "hubble-pb, five fields": (100, "≤ 100 ns"),
    "cilium-monitor with endpoints": (60, "≤ 60 ns"),
    "cilium-monitor without": (60, "≤ 60 ns"),
    "observe, gzip input / zlib alone, time": (1, "≤ 1 x"),
    "observe, zstd input / libzstd alone, time": (1, "≤ 1 x"),
    "observe, peak memory after 2 GB through a pipe": (20e6, "≤ 20 MB"),
}

# The same for what must be at least so much.
REACH_AT_LEAST = {
    "json-c / Hubble JSON, every field": (20, "≥ 20 x"),
    "IPFIX of Antrea, every field": (500, "≥ 500 MB/s", "rate"),
    "CSV of Antrea, every field": (500, "≥ 500 MB/s", "rate"),
    "AWS VPC flow log, every field": (500, "≥ 500 MB/s", "rate"),
    "generic CSV, eight fields mapped": (500, "≥ 500 MB/s", "rate"),
    "observe, three filters, JSON in, compact out": (1.5, "≥ 1.5 M records/s"),
    "observe, the same by processor time": (1.5, "≥ 1.5 M records/s on one core"),
}


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


def instructions(folder, name):
    """Instructions of one verdict, counted by callgrind in the function `counted`."""
    row = f"{name}, instructions"
    valgrind = shutil.which("valgrind")
    if not valgrind:
        return {"skipped": row, "why": "valgrind is not installed"}
    command = [valgrind, "--tool=callgrind", "--toggle-collect=counted", "--callgrind-out-file=/dev/null"]
    done = subprocess.run([*command, os.path.join(folder, "bench_image"), "count", os.path.join(folder, "data", name)],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    found = re.search(r"Collected : (\d+)", done.stdout)
    if done.returncode or not found:
        return {"failed": row, "why": f"valgrind: exit status {done.returncode}"}
    return {"figure": row, "unit": "instructions", "value": int(found[1]) / COUNTED, "note": "callgrind, exact; one direction, a verdict"}


def growth(folder, records):
    """What one verdict costs with ever more policies, in numbers that do not depend on the machine."""
    if not os.path.isfile(os.path.join(folder, "data", GROWTH[-1] + ".keys")):
        return []
    out = [instructions(folder, name) for name in GROWTH]
    values = {record["figure"]: record["value"] for record in [*records, *out] if "figure" in record}
    for what in ("instructions", "table loads"):
        first, last = (values.get(f"{name}, {what}") for name in (GROWTH[0], GROWTH[-1]))
        if first and last:
            out.append({"figure": f"{GROWTH[-1]} / {GROWTH[0]}, {what}", "unit": "x", "value": last / first})
    return out


# Rows of different programs, each in units of the chase beside it.
ACROSS = [
    ("rte_acl, one at a time (scalar)", "uniform10k, one node's slice, one direction, serial"),
    ("reference evaluator, uniform10k, one direction", "uniform10k, one direction, serial"),
]


def across(records):
    ratios = {record["row"]: record["ratio"] for record in records if "row" in record}
    return [{"figure": f"{over} / {under}", "unit": "x", "value": ratios[over] / ratios[under], "note": "each in chases"}
            for over, under in ACROSS if over in ratios and under in ratios]


def number(value, unit):
    if unit == "bytes":
        return f"{value / 1048576:,.2f} MiB" if value >= 1 << 20 else f"{value / 1024:,.1f} KiB"
    if unit in ("rules", "instructions", "loads") or value >= 1000:
        return f"{value:,.0f} {unit}"
    return f"{value:.3g} {unit}" if value < 100 else f"{value:.0f} {unit}"


def reached(row, value):
    """The last two columns: what to reach, and whether."""
    if row in REACH_AT_LEAST:
        limit, text = REACH_AT_LEAST[row][:2]
        return text, "met" if value >= limit else f"MISSED: {value / limit:.2f} x that"
    if row not in REACH:
        return "", ""
    limit, text = REACH[row][:2]
    return text, "met" if value <= limit else f"MISSED: {value / limit:.2f} x that"


def column(row):
    """Which of a row's numbers counts."""
    reach = REACH.get(row, REACH_AT_LEAST.get(row, ()))
    return reach[2] if len(reach) > 2 else "median"


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
        shown, spread = number(record["median"], "ns"), f"{record['min']:.1f}–{record['p90']:.1f}"
        if "rate" in record and column(record["row"]) != "median":
            remarks.insert(0, f"{shown} a record")
            shown, spread = number(record["rate"], record["rate_unit"]), f"{record['rate_low']:.0f}–{record['rate_max']:.0f}"
        elif "rate" in record:
            remarks.insert(0, number(record["rate"], record["rate_unit"]))
        ratio = f"{record['ratio']:.2f} ({record['ratio_p10']:.2f}–{record['ratio_p90']:.2f})"
        return (record["row"], shown, spread, f"{record['chase']:.1f}", ratio, f"{record['load']:.1f}/{record['gaps']}",
                *reached(record["row"], record[column(record["row"])]), "; ".join(remarks))
    if "pair" in record:
        return (record["pair"], f"{record['median']:.2f} x", f"{record['p10']:.2f}–{record['p90']:.2f}", "", "", "",
                *reached(record["pair"], record["median"]), "; ".join(remarks))
    if "times" in record:
        unit, spread = record["unit"], f"{record['min']:.4g}–{record['p90']:.4g}"
        name = record["times"]
        if record["n"] >= 1000:
            remarks.insert(0, f"p99 {number(record['p99'], unit)}")
        return (name, number(record["median"], unit), spread, f"{record['chase']:.1f}", "", f"{record['load']:.1f}/{record['gaps']}",
                *reached(name, record[column(name)]), "; ".join([f"n = {record['n']}", *remarks]))
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


HEAD = ("figure", "median", "min–p90", "chase ns", "ratio to the chase", "load/gaps", "reach", "reached", "remarks")


def table(lines):
    """Lines of equal cells; a column that nobody fills is left out."""
    used = [i for i in range(len(HEAD)) if any(line[i] for line in lines)]
    lines, head = [tuple(line[i] for i in used) for line in lines], tuple(HEAD[i] for i in used)
    widths = [max(len(line[i]) for line in [head, *lines]) for i in range(len(head) - 1)]
    out = []
    for line in [head, None, *lines]:
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
        if args.only and program not in args.only and program.split("_")[0] not in args.only:
            continue
        names = {"build": folder, "flows": FLOWS, "cnipol": os.path.join(folder, "..", "src", "cli", "cnipol"), **{name: generate(name, folder) for name in CLUSTERS if "{" + name + "}" in " ".join(arguments)}}
        say(" ".join([f"bench_{program}", *(a for a in arguments if a.isalnum())]))
        records += run(folder, program, [a.format(**names) for a in arguments], without)
    records += growth(folder, records) + across(records)
    with open(os.path.join(folder, "results.json"), "w", encoding="utf-8") as out:
        json.dump({"machine": about, "records": records}, out, indent=1)
    lines = [line for line in map(line_of, records) if line]
    say("\n### Figures to reach\n\n" + table([line for line in lines if line[6]]))
    say("\n### All others\n\n" + table([line for line in lines if not line[6]]))
    bad = sum(record.get("mismatches", 0) for record in records)
    say(f"\n{bad:,} answers differ from the reference" if bad else "\nno answer differs from the reference")
    return 1 if bad or any("failed" in record for record in records) else 0


sys.exit(main())
