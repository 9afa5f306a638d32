#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""test_golden.py [--update] PROGRAM: what the program prints, and its exit code, for each line of CASES.

A case is `name: arguments`, with `< file` for standard input. What is expected is golden/NAME.txt. TMP is a folder that
is there while the cases run, in their order; how large an image is, is not looked at.
"""
import difflib
import os
import re
import shlex
import subprocess
import sys
import tempfile

from tally import Tally

HERE = os.path.dirname(os.path.abspath(__file__))
GOLDEN = os.path.join(HERE, "golden")

CASES = """
help: --help
help-check: check --help
help-eval: eval --help
help-explain: explain --help
help-matrix: matrix --help
help-test: test --help
help-compile: compile --help
help-image: image --help
help-observe: observe --help
help-verb: help matrix
version: --version
verb-none:
verb-unknown: frobnicate
verb-near: chek data/small.yaml
help-unknown: help frobnicate
option-unknown: check --frobnicate
option-near: eval --prot UDP
option-prefix: matrix --proto
option-of-another-verb: check --port 80
option-without-value: eval --port
option-with-value: eval --jsonl=yes
option-number: eval -f data/small.yaml --port eighty shop/web shop/db
option-number-large: eval -f data/small.yaml --port 65536 shop/web shop/db
option-word: check --mode lenient data/small.yaml
option-letter: check -z
option-joined: eval -fdata/small.yaml --port=5432 shop/web shop/db
option-end: check -- --missing
check-clean: check data/small.yaml
check-clean-quiet: check -q data/small.yaml
check-file-option: check -f data/small.yaml
check-both: check -f data/small.yaml data/small.yaml
check-nothing: check
check-stdin: check - < data/mixed.yaml
check-mixed: check data/mixed.yaml
check-mixed-server: check --mode server data/mixed.yaml
check-mixed-stored: check --mode stored data/mixed.yaml
check-fail-on-error: check --mode stored --fail-on error data/mixed.yaml
check-gcc: check --format gcc data/mixed.yaml
check-json: check --format json data/mixed.yaml
check-jsonl: check --format jsonl data/mixed.yaml
check-sarif: check --format sarif data/mixed.yaml
check-github: check --format github data/mixed.yaml
check-csv: check --format csv data/mixed.yaml
check-color: check --color always data/mixed.yaml
check-broken: check data/broken.yaml
check-twice: check data/twice.yaml
check-empty: check /dev/null
check-empty-stdin: check - < /dev/null
check-empty-list: check data/empty-list.yaml
check-stdin-twice: check - -
check-missing: check data/missing.yaml
check-version: check --kubernetes-version 1.34 data/small.yaml
check-version-wrong: check --kubernetes-version new data/small.yaml
check-channel: check --channel standard data/small.yaml
check-knob-wrong: check --knob self-trafic=allow data/small.yaml
eval-allow: eval -f data/small.yaml shop/web shop/db --port 5432
eval-deny: eval -f data/small.yaml shop/web shop/db --port 5433
eval-udp: eval -f data/small.yaml shop/web shop/db --port 5432 --protocol udp
eval-block: eval -f data/small.yaml 192.0.2.7 shop/db --port 5432
eval-family: eval -f data/small.yaml shop/web shop/db --port 5432 --family 6
eval-egress: eval -f data/small.yaml shop/web shop/db --port 5433 --direction egress
eval-fragment: eval -f data/small.yaml shop/web shop/db --port 5432 --fragment later --format json
eval-state: eval -f data/small.yaml shop/web shop/db --port 5432 --state established --format json
explain-fragment: explain -f data/small.yaml shop/web shop/db --port 5432 --fragment later --state related
eval-icmp: eval -f data/small.yaml shop/web shop/db --protocol ICMP --icmp-type 8 --icmp-code 0
eval-icmp-knob: eval -f data/small.yaml shop/web shop/db --protocol ICMP --knob icmp-and-other=allow
eval-icmp-code: eval -f data/small.yaml shop/web shop/db --protocol ICMP --icmp-code 0
eval-json: eval -f data/small.yaml shop/web shop/db --port 5433 --format json
eval-number: eval -f data/small.yaml shop/web shop/db --protocol 47 --format json
eval-unknown: eval -f data/small.yaml shop/wbe shop/db
eval-far: eval -f data/small.yaml nobody/here shop/db
eval-bad-end: eval -f data/small.yaml web shop/db
eval-one-end: eval -f data/small.yaml shop/web
eval-no-file: eval shop/web shop/db
eval-exit-allow: eval --exit-verdict -f data/small.yaml shop/web shop/db --port 5432
eval-exit-deny: eval --exit-verdict -f data/small.yaml shop/web shop/db --port 5433
eval-exit-undefined: eval --exit-verdict -f data/small.yaml shop/nobody shop/db
eval-protocol: eval -f data/small.yaml shop/web shop/db --protocol TPC
eval-engine: eval -f data/small.yaml shop/web shop/db --engine cilium
eval-knob: eval -f data/small.yaml shop/db shop/db --port 1 --knob self-traffic=evaluate
eval-knob-unknown: eval -f data/small.yaml shop/db shop/db --knob self-trafic=evaluate
eval-knob-value: eval -f data/small.yaml shop/db shop/db --knob self-traffic=maybe
eval-knob-form: eval -f data/small.yaml shop/db shop/db --knob self-traffic
eval-dns: eval -f data/small.yaml shop/web shop/db --port 5432 --dns a.example=192.0.2.1,192.0.2.2 --dns b.example=
eval-dns-wrong: eval -f data/small.yaml shop/web shop/db --dns a.example=nowhere
eval-refused: eval -f data/mixed.yaml shop/web shop/db --port 5432
eval-refused-quiet: eval -q -f data/mixed.yaml shop/web shop/db --port 5432
eval-server: eval --mode server -f data/mixed.yaml shop/web shop/db --port 5432
eval-stored: eval --mode stored -f data/mixed.yaml shop/web shop/db --port 5432
eval-stored-fail-on: eval --mode stored --fail-on warning -f data/mixed.yaml shop/web shop/db --port 5432
eval-broken: eval --mode stored -f data/broken.yaml shop/web shop/db
eval-twice: eval -f data/twice.yaml 192.0.2.7 shop/web --port 80
eval-twice-fail-on: eval --fail-on warning -f data/twice.yaml 192.0.2.7 shop/web --port 80
eval-empty: eval --mode server -f /dev/null -f data/small.yaml shop/web shop/db
eval-comments: eval -f data/comments.yaml shop/web shop/db
eval-stdin-twice: eval -f - -f - shop/web shop/db < data/small.yaml
eval-missing: eval -f data/missing.yaml shop/web shop/db
eval-stdin: eval -f - shop/web shop/db --port 5432 < data/small.yaml
eval-format: eval -f data/small.yaml shop/web shop/db --format yaml
jsonl: eval -f data/small.yaml --jsonl < data/questions.jsonl
jsonl-arguments: eval -f data/small.yaml --jsonl shop/web shop/db
jsonl-stdin-twice: eval -f - --jsonl < data/small.yaml
jsonl-exit-verdict: eval -f data/small.yaml --jsonl --exit-verdict < data/questions.jsonl
jsonl-repeated: eval -f data/small.yaml --jsonl < data/repeated.jsonl
jsonl-empty: eval -f data/small.yaml --jsonl < /dev/null
explain-allow: explain -f data/small.yaml shop/web shop/db --port 5432
explain-deny: explain -f data/small.yaml shop/web shop/db --port 5433
explain-json: explain -f data/small.yaml shop/web shop/db --port 5433 --format json
explain-color: explain --color always -f data/small.yaml shop/web shop/db --port 5433
explain-unknown: explain -f data/small.yaml shop/nobody shop/db
explain-empty: explain -f /dev/null shop/web shop/db
explain-code: explain NP1413
explain-code-small: explain np1413
explain-code-json: explain NP1413 --format json
explain-code-unknown: explain NP9999
explain-nothing: explain
explain-refused: explain -q -f data/mixed.yaml shop/web shop/db
matrix: matrix -f data/small.yaml --port 5432
matrix-pods: matrix -f data/small.yaml --port 5432 --pods shop/db,192.0.2.1,shop/web
matrix-csv: matrix -f data/small.yaml --port 5432 --format csv
matrix-json: matrix -f data/small.yaml --port 5432 --format json
matrix-markdown: matrix -f data/small.yaml --port 5432 --format markdown
matrix-sarif: matrix -f data/small.yaml --format sarif
matrix-argument: matrix -f data/small.yaml shop/web
matrix-nobody: matrix -f data/small.yaml --pods ,
matrix-empty: matrix -f /dev/null
matrix-no-pods: matrix -f data/no-pods.yaml
test-pass: test ../../examples/apac/policy-test.yaml
test-verbose: test -v ../../examples/apac/policy-test.yaml
test-fail: test data/failing-test.yaml
test-fail-jsonl: test --format jsonl data/failing-test.yaml
test-color: test --color always data/failing-test.yaml
test-two: test ../../examples/apac/policy-test.yaml data/failing-test.yaml
test-lost: test data/lost-test.yaml
test-missing: test data/missing.yaml
test-broken: test data/broken.yaml
test-nothing: test
test-empty: test /dev/null
test-format: test --format json data/failing-test.yaml
compile: compile -f data/small.yaml -o TMP/small.image
compile-quiet: compile -q -f data/small.yaml -o TMP/quiet.image
compile-rules-only: compile -f data/small.yaml -o TMP/rules.image --rules-only
compile-node-unknown: compile -f data/small.yaml -o TMP/node.image --node n9
compile-nowhere: compile -f data/small.yaml -o TMP/nowhere/x.image
compile-no-output: compile -f data/small.yaml
compile-no-file: compile -o TMP/x.image
compile-argument: compile -f data/small.yaml -o TMP/x.image more
compile-refused: compile -q -f data/mixed.yaml -o TMP/x.image
compile-warned: compile -f data/twice.yaml -o TMP/twice.image
image-verify: image verify TMP/small.image
image-quiet: image verify -q TMP/small.image
image-nothing: image
image-file: image stat -f data/small.yaml TMP/small.image
image-diff-one: image diff TMP/small.image
image-diff-same: image diff TMP/small.image TMP/quiet.image
image-prove-no-file: image prove TMP/small.image
image-prove-two: image prove -f data/small.yaml TMP/small.image TMP/rules.image
image-prove-refused: image prove -q -f data/mixed.yaml
image-prove-node: image prove -f data/small.yaml --node n9
image-near: image verfy TMP/small.image
image-unknown: image frobnicate TMP/small.image
image-two: image verify TMP/small.image TMP/rules.image
image-format: image verify --format json TMP/small.image
image-foreign: image verify data/small.yaml
image-missing: image verify TMP/nowhere.image
eval-image: eval --image TMP/small.image shop/web shop/db --port 5432
eval-image-json: eval --image TMP/small.image shop/web shop/db --port 5433 --format json
eval-image-rules: eval --image TMP/small.image shop/web shop/db --port 5433 --rules
eval-image-of-rules: eval --image TMP/rules.image shop/web shop/db --port 5433
eval-image-block: eval --image TMP/small.image 192.0.2.7 shop/db --port 5432
eval-image-near: eval --image TMP/small.image shop/wbe shop/db
eval-image-far: eval --image TMP/small.image nobody/here shop/db
eval-image-bad-end: eval --image TMP/small.image web shop/db
eval-image-exit-verdict: eval --image TMP/small.image shop/web shop/db --port 5433 --exit-verdict
eval-image-and-file: eval --image TMP/small.image -f data/small.yaml shop/web shop/db
eval-image-knob: eval --image TMP/small.image --knob self-traffic=evaluate shop/web shop/db
eval-image-foreign: eval --image data/small.yaml shop/web shop/db
eval-image-missing: eval --image TMP/nowhere.image shop/web shop/db
eval-rules-alone: eval -f data/small.yaml --rules shop/web shop/db
jsonl-image: eval --image TMP/small.image --jsonl < data/questions.jsonl
matrix-image: matrix --image TMP/small.image --port 5433
matrix-image-rules: matrix --image TMP/rules.image --port 5433 --pods shop/db,192.0.2.1,shop/web --rules
matrix-image-and-file: matrix --image TMP/small.image -f data/small.yaml
matrix-image-knob: matrix --image TMP/small.image --engine kubernetes
matrix-rules-alone: matrix -f data/small.yaml --rules
explain-image: explain --image TMP/small.image shop/web shop/db --port 5433
explain-image-json: explain --image TMP/small.image shop/web shop/db --port 5433 --format json
explain-image-unknown: explain --image TMP/small.image shop/nobody shop/db
test-with-image: test --with image ../../examples/apac/policy-test.yaml
test-with-rules: test --with rules data/failing-test.yaml
test-with-whom: test --with everybody data/failing-test.yaml
observe: observe ../../examples/flows/hubble.jsonl
observe-table: observe -o table --last 3 ../../examples/flows/hubble.jsonl
observe-dict: observe -o dict --last 2 ../../examples/flows/hubble.jsonl
observe-json: observe -o json --first 2 ../../examples/flows/hubble.jsonl
observe-jsonl: observe -o jsonl ../../examples/flows/hubble.jsonl
observe-csv: observe -o csv --first 3 ../../examples/flows/hubble.jsonl
observe-csv-fields: observe -o csv --fields verdict,time,src.pod,policies ../../examples/flows/hubble.jsonl
observe-csv-fields-twice: observe -o csv --fields dst.pod,verdict,dst.pod --last 1 ../../examples/flows/hubble.jsonl
observe-csv-last-nothing: observe -o csv --last 2 --fields verdict --verdict ERROR ../../examples/flows/hubble.jsonl
observe-csv-missing: observe -o csv data/missing.jsonl
observe-csv-nothing: observe -o csv --verdict ERROR ../../examples/flows/hubble.jsonl
observe-color: observe --color always --last 8 ../../examples/flows/hubble.jsonl
observe-names: observe --print-node-name --print-policy-names --time-format RFC3339Micro --last 4 ../../examples/flows/hubble.jsonl
observe-addresses: observe --addresses --numeric --last 4 ../../examples/flows/hubble.jsonl
observe-first: observe --first 2 ../../examples/flows/hubble.jsonl
observe-first-none: observe --first 0 ../../examples/flows/hubble.jsonl
observe-last: observe --last 2 ../../examples/flows/hubble.jsonl
observe-first-last: observe --first 5 --last 2 ../../examples/flows/hubble.jsonl
observe-since: observe --since 2026-04-24T08:01:00Z ../../examples/flows/hubble.jsonl
observe-until: observe --until 2026-04-24T08:00:06.123861479Z ../../examples/flows/hubble.jsonl
observe-between: observe --since 2026-04-24T08:00:06Z --until 2026-04-24T08:00:10Z ../../examples/flows/hubble.jsonl
observe-date: observe --since 2026-04-25 ../../examples/flows/hubble.jsonl
observe-time-wrong: observe --since yesterday ../../examples/flows/hubble.jsonl
observe-dropped: observe --verdict DROPPED ../../examples/flows/hubble.jsonl
observe-not: observe --not --verdict FORWARDED ../../examples/flows/hubble.jsonl
observe-two-filters: observe --protocol udp --to-port 53 ../../examples/flows/hubble.jsonl
observe-alternatives: observe --to-port 53 --to-port 5432 ../../examples/flows/hubble.jsonl
observe-pod: observe --from-pod monitoring/ ../../examples/flows/hubble.jsonl
observe-namespace: observe -n shop ../../examples/flows/hubble.jsonl
observe-label: observe --label k8s:app=emea-cache ../../examples/flows/hubble.jsonl
observe-ip: observe --ip 10.244.0.0/24 --tcp-flags SYN ../../examples/flows/hubble.jsonl
observe-type: observe -t policy-verdict ../../examples/flows/hubble.jsonl
observe-nobody: observe --from-pod nobody/ ../../examples/flows/hubble.jsonl
observe-expr: observe --expr '_flow.source.namespace == "monitoring" && has(_flow.l4)' ../../examples/flows/hubble.jsonl
observe-expr-wrong: observe --expr '_flow.verdct == 1' ../../examples/flows/hubble.jsonl
observe-expr-type: observe --expr '_flow.source.namespace == 1' ../../examples/flows/hubble.jsonl
observe-filter-value: observe --port eighty ../../examples/flows/hubble.jsonl
observe-filter-near: observe --verdct DROPPED ../../examples/flows/hubble.jsonl
observe-filter-without-value: observe --from-pod
observe-filters-of-one-end: observe --pod shop/a --from-pod shop/b ../../examples/flows/hubble.jsonl
observe-count: observe --count-by src,dst,port,verdict --top 5 ../../examples/flows/hubble.jsonl
observe-count-verdict: observe --count-by verdict ../../examples/flows/hubble.jsonl
observe-count-color: observe --count-by verdict --color always ../../examples/flows/hubble.jsonl
observe-count-filtered: observe --count-by dst.namespace,port --protocol tcp --top 0 ../../examples/flows/hubble.jsonl
observe-count-nothing: observe --count-by verdict --verdict ERROR ../../examples/flows/hubble.jsonl
observe-count-csv: observe --count-by protocol,direction -o csv ../../examples/flows/hubble.jsonl
observe-count-json: observe --count-by protocol,verdict -o jsonl ../../examples/flows/hubble.jsonl
observe-hostile-compact: observe --print-node-name data/hostile-flows.jsonl
observe-hostile-table: observe -o table --print-node-name data/hostile-flows.jsonl
observe-hostile-json: observe -o json data/hostile-flows.jsonl
observe-hostile-jsonl: observe -o jsonl data/hostile-flows.jsonl
observe-hostile-csv: observe -o csv data/hostile-flows.jsonl
observe-hostile-count: observe --count-by src.pod data/hostile-flows.jsonl
observe-hostile-count-jsonl: observe --count-by src.pod -o jsonl data/hostile-flows.jsonl
observe-hostile-count-csv: observe --count-by src.pod -o csv data/hostile-flows.jsonl
observe-count-near: observe --count-by src.pdo ../../examples/flows/hubble.jsonl
observe-count-last: observe --count-by verdict --last 3 ../../examples/flows/hubble.jsonl
observe-fields-near: observe -o csv --fields src.pdo ../../examples/flows/hubble.jsonl
observe-fields-alone: observe --fields time ../../examples/flows/hubble.jsonl
observe-formats: observe --format-list
observe-format-near: observe --format hubble-jsn ../../examples/flows/hubble.jsonl
observe-format-unknown: observe --format nothing ../../examples/flows/hubble.jsonl
observe-format-other: observe --format aws-vpc --first 1 data/flows/a.jsonl
observe-output: observe -o yaml ../../examples/flows/hubble.jsonl
observe-stdin: observe - < data/flows/a.jsonl
observe-stdin-unnamed: observe --last 1 < data/flows/a.jsonl
observe-stdin-gzip: observe - < data/flows/b.jsonl.gz
observe-gzip: observe data/flows/b.jsonl.gz
observe-folder: observe data/flows
observe-folder-json: observe -o jsonl data/flows
observe-bad: observe data/bad-flows.jsonl
observe-bad-quiet: observe -q -o jsonl data/bad-flows.jsonl
observe-bad-count: observe --count-by src,verdict data/bad-flows.jsonl
observe-unrecognised: observe data/small.yaml
observe-empty: observe /dev/null
observe-missing: observe data/missing.jsonl
observe-missing-among: observe data/flows/a.jsonl data/missing.jsonl
observe-mapped: observe --format csv --columns src.ip=from,dst.ip=to,dst.port=port,verdict=what[ALLOW=forwarded;DENY=dropped] data/flows.csv
observe-mapping-twice: observe --format jsonl --columns src.pod=a,src.pod=b data/flows.csv
observe-mapping-wrong: observe --format csv --columns src.pdo=from data/flows.csv
observe-message: observe --format hubble-pb --message Flwo ../../examples/flows/hubble.jsonl
"""


def cases():
    for line in CASES.strip().splitlines():
        name, _, rest = line.partition(":")
        arguments, _, stdin = rest.partition("<")
        yield name, shlex.split(arguments), stdin.strip()


def run(program, arguments, stdin, folder):
    env = {"PATH": os.environ["PATH"], "LC_ALL": "C", **{k: v for k, v in os.environ.items() if k.startswith(("LD_", "ASAN", "UBSAN"))}}
    with open(os.path.join(HERE, stdin) if stdin else os.devnull, "rb") as f:
        there = [a.replace("TMP/", folder + "/") for a in arguments]
        done = subprocess.run([program, *there], cwd=HERE, env=env, stdin=f, capture_output=True, text=True, check=False)
    text = f"$ cnipol {shlex.join(arguments)}{' < ' + stdin if stdin else ''}\n{done.stdout}"
    if done.stdout and not done.stdout.endswith("\n"):
        text += "(no line end)\n"
    if done.stderr:
        text += f"--- standard error\n{done.stderr}"
    text = re.sub(r"\b\d+ bytes\b", "N bytes", text.replace(folder + "/", "TMP/"))
    return text + f"--- exit {done.returncode}\n"


def main():
    update, program, tally = "--update" in sys.argv, os.path.abspath(sys.argv[-1]), Tally()
    with tempfile.TemporaryDirectory() as folder:
        got = {name: run(program, arguments, stdin, folder) for name, arguments, stdin in cases()}
    for name, text in got.items():
        path = os.path.join(GOLDEN, name + ".txt")
        if update:
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
        with open(path, encoding="utf-8") as f:
            expected = f.read()
        diff = "\n".join(difflib.unified_diff(expected.splitlines(), text.splitlines(), "expected", "got", lineterm=""))
        tally.check(text == expected, f"{name}\n{diff}")
    strays = set(os.listdir(GOLDEN)) - {name + ".txt" for name, _, _ in cases()}
    tally.check(not strays, f"no case has these: {sorted(strays)}")
    tally.end()


main()
