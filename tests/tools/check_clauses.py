#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""Every numbered clause of docs/semantics/kubernetes.md is cited by a test, and every citation is of a clause that is there.

A citation is a clause's number anywhere in a file below tests/, in the name of a case or a comment; the tools and
the table of mutations are no tests. Citations in src/, docs/ and the tools have to exist too. Of each knob in section 7
every value but the default is set by a case of tests/semantics. Each file there is run, each case names its clause first, and
the cases of a clause expect more than one answer. The first cases are planted faults, each of which must be found.
"""
import os
import re

from tally import Tally
from tree import read, walk

PAGE = os.path.join("docs", "semantics", "kubernetes.md")
CASES = os.path.join("tests", "semantics")
CLAUSE = re.compile(r"^\* \*\*(K\d+\.\d+)\*\*", re.M)
CITATION = re.compile(r"\bK\d+\.\d+\b")
KNOB = re.compile(r"^\| `([\w-]+)` \| ((?:`[\w-]+` ?)+)\| [^|]*\|", re.M)
CASE_NAME = re.compile(r'^name: "(K\d+\.\d+) ', re.M)
EXPECTED = re.compile(r"\bexpect: (\w+)")
CITING = (".c", ".h", ".md", ".py", ".yaml", ".jsonl")
NO_TESTS = (os.path.join("tests", "tools"), os.path.join("tests", "mutations.md"))


def clause_faults(page, files):
    """One line for each clause without a test, clause given twice, and citation of nothing."""
    clauses = CLAUSE.findall(page)
    cited = {path: set(CITATION.findall(text)) for path, text in files.items()}
    by_tests = set().union(*(c for path, c in cited.items() if path.startswith("tests") and not path.startswith(NO_TESTS)))
    bad = [f"{PAGE}: {c} is given twice" for c in sorted(set(clauses)) if clauses.count(c) > 1]
    bad += [f"{PAGE}: no test cites {c}" for c in clauses if c not in by_tests]
    bad += [f"{path}: there is no clause {c}" for path in sorted(cited) for c in sorted(cited[path] - set(clauses))]
    return clauses, bad


def knob_faults(page, cases):
    """One line for each knob value, defaults aside, that no case sets."""
    wanted = [(knob, value) for knob, values in KNOB.findall(page) for value in re.findall(r"[\w-]+", values)[1:]]
    return wanted, [f"{PAGE}: no case sets {k}: {v}" for k, v in wanted if not re.search(rf"options:.*\b{k}: {v}\b", cases)]


def case_faults(path, text, answers):
    """One line for each case of a file that does not begin with a clause; adds what is expected to answers, by clause."""
    bad = []
    for number, case in enumerate(text.split("\n---\n"), 1):
        clause = CASE_NAME.search(case)
        if clause:
            answers.setdefault(clause.group(1), set()).update(EXPECTED.findall(case))
        else:
            bad.append(f"{path}: the name of case {number} does not begin with a clause")
    return bad


CLAUSES = "* **K1.1** One.\n* **K1.10** Ten.\n"
CITED = {"tests/a.yaml": "K1.1 K1.10"}
PLANTED = [
    ("a clause that nobody cites", CLAUSES, {"tests/a.yaml": "K1.10"}, "no test cites K1.1"),
    ("a clause that only a tool cites", CLAUSES, {"tests/a.yaml": "K1.1", "tests/tools/b.py": "K1.10"}, "no test cites K1.10"),
    ("a citation of nothing", CLAUSES, {**CITED, "src/b.c": "K1.2"}, "src/b.c: there is no clause K1.2"),
    ("a number given twice", CLAUSES + "* **K1.1** Again.\n", CITED, "K1.1 is given twice"),
]


def check_planted(tally):
    for what, page, files, expected in PLANTED:
        found = clause_faults(page, files)[1]
        tally.check(len(found) == 1 and expected in found[0], f"planted: {what}: {found}")
    tally.check(not clause_faults(CLAUSES, CITED)[1], "a page and tests without fault")
    table = "| `host-network` | `as-node` `as-pod` | K1.3 | who |\n"
    tally.check(len(knob_faults(table, "options: {host-network: as-node}")[1]) == 1, "planted: a knob value that no case sets")
    tally.check(not knob_faults(table, "options: {host-network: as-pod}")[1], "a knob value that a case sets")
    answers, text = {}, 'name: "K1.1 x"\ntests: [{expect: deny}]\n---\nname: "x"\n'
    tally.check(len(case_faults("a.yaml", text, answers)) == 1, "planted: a case without clause")
    tally.check(answers == {"K1.1": {"deny"}}, f"what a case expects: {answers}")


def check_cases(tally, cases):
    """cases: {path: text} of the files of tests/semantics."""
    registered, answers = read(os.path.join(CASES, "meson.build")), {}
    for path, text in sorted(cases.items()):
        name = os.path.splitext(os.path.basename(path))[0]
        tally.check(f"'{name}'" in registered, f"{path}: no test of meson.build runs it")
        bad = case_faults(path, text, answers)
        tally.check(not bad, "; ".join(bad))
    for clause, expected in sorted(answers.items()):
        tally.check(len(expected) > 1, f"{CASES}: all questions about {clause} have one answer")


def main():
    tally = Tally()
    check_planted(tally)
    files = {path: read(path) for path in walk() if path.split(os.sep)[0] in ("src", "docs", "tests") and path.endswith(CITING)
             and not path.startswith(os.path.join("tests", "corpus")) and os.path.basename(path) != "check_clauses.py"}
    cases = {path: text for path, text in files.items() if os.path.dirname(path) == CASES and path.endswith(".yaml")}
    check_cases(tally, cases)
    page = files[PAGE]
    for checked, bad in (clause_faults(page, files), knob_faults(page, "\n".join(cases.values()))):
        tally.check(checked, f"{PAGE}: nothing to check was found in it")
        tally.ok(max(0, len(checked) - len(bad)))
        for fault in bad:
            tally.bad(fault)
    tally.end()


main()
