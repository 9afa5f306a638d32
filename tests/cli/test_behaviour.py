#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""test_behaviour.py PROGRAM: what no golden file can hold: terminals, pipes, full disks, and talking back and forth."""
import json
import os
import pty
import select
import shutil
import subprocess
import sys
import tempfile

from tally import Tally
from tree import ROOT

HERE = os.path.dirname(os.path.abspath(__file__))
PROGRAM = os.path.abspath(sys.argv[-1])
SMALL = ["-f", "data/small.yaml"]
ASK = ["shop/web", "shop/db", "--port", "5432"]
tally = Tally()


def environment(**more):
    env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TERM")}
    return {**env, "TERM": "xterm", **more}


def run(arguments, **more):
    return subprocess.run([PROGRAM, *arguments], cwd=HERE, capture_output=True, text=True, check=False, timeout=60, **more)


def on_terminal(arguments, stream, **env):
    """What the program writes to a terminal that is its standard output (1) or standard error (2)."""
    master, slave = pty.openpty()
    streams = {"stdout": slave if stream == 1 else subprocess.DEVNULL, "stderr": slave if stream == 2 else subprocess.DEVNULL}
    with subprocess.Popen([PROGRAM, *arguments], cwd=HERE, env=environment(**env), stdin=subprocess.DEVNULL, **streams) as child:
        os.close(slave)
        text = b""
        while True:
            try:
                piece = os.read(master, 4096)
            except OSError:
                break
            if not piece:
                break
            text += piece
        child.wait(timeout=60)
    os.close(master)
    return text.decode()


def colours():
    explain = ["explain", *SMALL, *ASK]
    tally.check("\033[" in on_terminal(explain, 1), "colours on a terminal")
    tally.check("\033[" not in on_terminal(explain, 1, NO_COLOR="1"), "NO_COLOR means none")
    tally.check("\033[" in on_terminal(explain, 1, NO_COLOR=""), "an empty NO_COLOR means nothing")
    tally.check("\033[" not in on_terminal(explain, 1, TERM="dumb"), "none on a dumb terminal")
    tally.check("\033[" not in on_terminal(explain + ["--color", "never"], 1), "--color never")
    tally.check("\033[" not in on_terminal(explain + ["--format", "json"], 1), "data has no colours")
    tally.check("\033[" in run(explain + ["--color", "always"], env=environment(NO_COLOR="1")).stdout, "--color always wins over NO_COLOR")
    tally.check("\033[" not in run(explain).stdout, "none into a pipe")


def progress():
    test = ["test", "data/failing-test.yaml", "../../examples/apac/policy-test.yaml"]
    tally.check("[2/2]" in on_terminal(test, 2), "progress on a terminal")
    for more, env in ((["--no-progress"], {}), (["--quiet"], {})):
        tally.check("[2/2]" not in on_terminal(test + more, 2, **env), f"no progress with {more}")
    tally.check("[2/2]" not in run(test).stderr, "no progress into a pipe")


def full_disk():
    if not os.path.exists("/dev/full"):
        tally.skip("full disk", "there is no /dev/full")
        return
    for arguments in (["eval", *SMALL, *ASK], ["check", "data/mixed.yaml"], ["matrix", *SMALL], ["--help"], ["explain", "NP1413"],
                      ["test", "data/failing-test.yaml"]):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PROGRAM, *arguments], cwd=HERE, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
        tally.check(done.returncode == 4, f"{arguments[0]}: exit code on a full disk is {done.returncode}")
        tally.check("cannot write: No space left on device" in done.stderr, f"{arguments[0]}: says that the disk is full: {done.stderr}")


def reader_gone():
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([PROGRAM, "matrix", *SMALL], cwd=HERE, stdout=write, stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    tally.check(done.returncode == 4 and done.stderr == "", f"a reader that went away: {done.returncode}, {done.stderr!r}")


def stdout_closed():
    done = subprocess.run(["sh", "-c", 'exec "$0" "$@" >&-', PROGRAM, "eval", *SMALL, *ASK], cwd=HERE, stderr=subprocess.PIPE, text=True, check=False)
    tally.check(done.returncode == 4, f"no standard output: exit code {done.returncode}")


def conversation():
    """Each answer comes before the next question is put."""
    with subprocess.Popen([PROGRAM, "eval", *SMALL, "--jsonl"], cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        for port, verdict in ((5432, "allow"), (1, "deny"), (5432, "allow")):
            child.stdin.write(json.dumps({"from": "shop/web", "to": "shop/db", "port": port}).encode() + b"\n")
            child.stdin.flush()
            ready, _, _ = select.select([child.stdout], [], [], 20)
            tally.check(bool(ready) and json.loads(child.stdout.readline())["verdict"] == verdict, f"answer about port {port}")
        child.stdin.write(b'{"from":"shop/web","to":"shop/db"}\n')
        child.stdin.flush()
        tally.check(json.loads(child.stdout.readline())["verdict"] == "undefined", "what hangs on a port that nobody named")
        child.stdin.write(b'{"from":"shop/web","to":"shop/db","port":1}')
        child.stdin.close()
        tally.check(json.loads(child.stdout.readline())["verdict"] == "deny", "a last line without a line end")
        tally.check(child.wait(timeout=60) == 0, "exit code of a conversation")


def many_questions():
    n = 100000
    lines = "".join('{"id":%d,"from":"shop/web","to":"shop/db","port":%d}\n' % (i, 5432 if i % 3 else 1) for i in range(n))
    answers = run(["eval", *SMALL, "--jsonl"], input=lines).stdout.splitlines()
    right = all(json.loads(a)["id"] == i and json.loads(a)["verdict"] == ("allow" if i % 3 else "deny") for i, a in enumerate(answers))
    tally.check(len(answers) == n and right, f"{n} questions, {len(answers)} answers")


def long_lines():
    long_name = "a" * 300000
    done = run(["eval", *SMALL, "--jsonl"], input='{"id":"%s","from":"shop/web","to":"shop/db","port":5432}\n' % long_name)
    tally.check(done.returncode == 0 and json.loads(done.stdout)["id"] == long_name, "a long line is a line")
    done = run(["eval", *SMALL, "--jsonl"], input='{"id":"%s' % ("a" * (17 << 20)))
    tally.check(done.returncode == 2 and "longer than" in done.stderr, f"a line without end: {done.returncode} {done.stderr}")


def kubectl_list():
    """What `kubectl get -o json` gives, through a pipe."""
    items = [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web", "namespace": "shop"}, "status": {"podIP": "10.0.0.1"}}]
    done = run(["check", "--mode", "stored", "-"], input=json.dumps({"apiVersion": "v1", "kind": "List", "items": items}))
    tally.check(done.returncode == 0 and done.stdout.endswith("in 1 object\n"), f"a List: {done.returncode} {done.stdout}")


def documents_in_json():
    for arguments in (["check", "--format", "json", "data/mixed.yaml"], ["check", "--format", "sarif", "data/mixed.yaml"],
                      ["matrix", *SMALL, "--format", "json"], ["explain", *SMALL, *ASK, "--format", "json"],
                      ["eval", *SMALL, *ASK, "--format", "json"]):
        try:
            json.loads(run(arguments).stdout)
            tally.ok()
        except ValueError as wrong:
            tally.bad(f"{arguments}: {wrong}")


def odd_names():
    """Names that need care: quotes in file names, line ends in arguments."""
    with tempfile.TemporaryDirectory() as top:
        path = os.path.join(top, 'a "b"\\c.yaml')
        with open(path, "w", encoding="utf-8") as f:
            f.write("name: t\ntests: [{from: a/b, to: c/d, expect: allow}]\n")
        line = run(["test", "--format", "jsonl", path]).stdout.splitlines()[0]
        tally.check(json.loads(line)["file"] == path, "quotes in a file's name")


def lost_policies():
    """A policy that cannot be read, found or used never makes an answer: a deny might be what is missing."""
    policy = "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: {name: p, namespace: shop}\nspec: {podSelector: {}}\n"
    item = "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: p, namespace: shop}}"
    tierless = ("apiVersion: policy.networking.k8s.io/v1alpha2\nkind: ClusterNetworkPolicy\nmetadata: {name: p}\n"
                "spec: {tier: admin, priority: 1, subject: {namespaces: {}}}\n")
    lost = (("a misspelt kind", policy.replace("NetworkPolicy", "NetworkPolcy"), "strict", "NP1203"),
            ("a kind in the plural", policy.replace("NetworkPolicy", "NetworkPolicies"), "strict", "NP1203"),
            ("a list without items", f"apiVersion: v1\nkind: List\nitem:\n- {item}\n", "strict", "NP1043"),
            ("items that are a map", f"apiVersion: v1\nkind: List\nitems:\n  a: {item}\n", "strict", "NP1043"),
            ("a typed list without items", "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicyList\nitem: []\n", "strict", "NP1043"),
            ("a stored policy that cannot be read", policy.replace("podSelector: {}", "podSelector: 5"), "stored", "NP1210"),
            ("a stored policy without a place", tierless, "stored", "NP1637"))
    with tempfile.TemporaryDirectory() as top:
        path = os.path.join(top, "p.yaml")
        for what, text, mode, code in lost:
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
            done = run(["eval", *SMALL, "-f", path, "--mode", mode, *ASK])
            tally.check(done.returncode == 2 and not done.stdout and code in done.stderr, f"{what}: {done.returncode} {done.stdout}{done.stderr}")
        os.remove(path)
        os.symlink("nowhere.yaml", path)
        done = run(["eval", *SMALL, "-f", top, *ASK])
        tally.check(done.returncode == 2 and "NP1001" in done.stderr, f"a link that leads nowhere: {done.returncode} {done.stderr}")
        with open(os.path.join(top, "q.yaml"), "w", encoding="utf-8") as f:
            f.write(policy.replace("networking.k8s.io/v1", "netpol.example.org/v1"))
        done = run(["check", f.name])
        tally.check(done.returncode == 1 and "NP1042" in done.stdout, f"a NetworkPolicy of a group that nobody knows: {done.stdout}")
        done = run(["matrix", *SMALL, "--pods", "shop/web,shop/nobody"])
        tally.check("2 ?  " in done.stdout and "::" not in done.stdout, f"somebody who is not there: {done.stdout}")
        done = run(["test", top])
        tally.check(done.returncode == 2 and "Is a directory" in done.stderr, f"a folder as a test: {done.stderr}")


def folders():
    """What is in a folder is read, or it is said that it is not."""
    with tempfile.TemporaryDirectory() as top:
        done = run(["check", top])
        tally.check(done.returncode == 2 and "NP1003" in done.stdout, f"an empty folder: {done.returncode} {done.stdout}")
        with open(os.path.join(top, "README.md"), "w", encoding="utf-8") as f:
            f.write("no manifest")
        done = run(["eval", *SMALL, "-f", top, *ASK])
        tally.check(done.returncode == 2 and "NP1003" in done.stderr, f"a folder without manifests: {done.returncode} {done.stderr}")
        os.mkdir(os.path.join(top, "there"))
        for i, name in enumerate(("a.YAML", "b.Yml", "there/c.JSON", "d.jsonL", "empty.yaml")):
            with open(os.path.join(top, name), "w", encoding="utf-8") as f:
                f.write('{"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "n%d"}}\n' % i if i < 4 else "")
        done = run(["check", top])
        tally.check(done.returncode == 0 and "in 4 objects" in done.stdout, f"endings in capitals: {done.returncode} {done.stdout}")
        os.symlink("there", os.path.join(top, "link"))
        os.symlink("a.YAML", os.path.join(top, "e.yaml"))
        os.symlink("there", os.path.join(top, ".hidden"))
        done = run(["check", top])
        tally.check(done.returncode == 1 and done.stdout.count("NP1002") == 1 and "/link is a link" in done.stdout,
                    f"a link to a folder in a folder: {done.returncode} {done.stdout}")
        tally.check("in 5 objects" in done.stdout, f"a link to a file: {done.stdout}")
        done = run(["check", os.path.join(top, "link")])
        tally.check(done.returncode == 0 and "in 1 object\n" in done.stdout, f"a link that is named: {done.returncode} {done.stdout}")


EXAMPLE = os.path.join(ROOT, "examples/apac")
API, DATABASE, DEVELOPER = "apac-production/payment-api", "apac-production/database", "apac-dev/developer"
ENDS = (API, DATABASE, DEVELOPER, "apac-monitoring/prometheus", "203.0.113.9", "10.10.1.10", "node/sydney-1", "apac-dev/nobody")


def compiled(top, name, *arguments):
    path = os.path.join(top, name)
    done = run(["compile", "-q", *arguments, "-o", path])
    tally.check(done.returncode == 0 and not done.stdout, f"compile {arguments}: {done.returncode} {done.stdout}{done.stderr}")
    with open(path, "rb") as f:
        return path, f.read()


def images_answer_alike():
    """By tables, by rule lists, of a budget that is too small: what the manifests say."""
    files = ["-f", os.path.join(EXAMPLE, "cluster.yaml"), "-f", os.path.join(EXAMPLE, "database-isolation.yaml"),
             "-f", os.path.join(EXAMPLE, "production-guard.yaml")]
    lines = "".join(json.dumps({"from": a, "to": b, "port": port, "protocol": protocol}) + "\n"
                    for a in ENDS for b in ENDS for port in (53, 80, 5432) for protocol in ("TCP", "UDP", "ICMP"))
    expected = run(["eval", "-q", *files, "--jsonl"], input=lines).stdout
    with tempfile.TemporaryDirectory() as top:
        image, first = compiled(top, "a.image", *files)
        _, second = compiled(top, "b.image", *files[4:], *files[:4])
        tally.check(first == second, "the order of files does not matter")
        for place in ("here", "elsewhere"):
            os.makedirs(os.path.join(top, place))
            shutil.copy(os.path.join(HERE, "data/small.yaml"), os.path.join(top, place))
        rooted = [compiled(top, f"{place}.image", "-f", os.path.join(top, place), "--root", os.path.join(top, place))[1]
                  for place in ("here", "elsewhere")]
        tally.check(rooted[0] == rooted[1] and b"elsewhere" not in rooted[1], "the same bytes below another root")
        done = subprocess.run([PROGRAM, "compile", *files, "-o", "-"], cwd=HERE, capture_output=True, check=False)
        tally.check(done.stdout == first, "standard output gets the same bytes")
        for more in ([], ["--rules-only"], ["--max-bytes", "1"]):
            image, _ = compiled(top, "c.image", *files, *more)
            for way in ([], ["--rules"]):
                done = run(["eval", "-q", "--image", image, *way, "--jsonl"], input=lines)
                tally.check(done.stdout == expected and expected.count("\n") == lines.count("\n"), f"an image {more} asked {way}: {done.stderr}")
            for a, b, port in ((API, DATABASE, "5432"), (DEVELOPER, DATABASE, "5432"), ("203.0.113.9", API, "80")):
                tally.check(run(["explain", "--image", image, a, b, "--port", port]).stdout == run(["explain", *files, a, b, "--port", port]).stdout,
                            f"an image {more} explains {a} to {b}")
            for asked in (["--port", "5432"], ["--port", "53", "--protocol", "UDP", "--direction", "ingress"], []):
                matrix = run(["matrix", "-q", *files, *asked]).stdout
                for way in ([], ["--rules"]):
                    done = run(["matrix", "-q", "--image", image, *way, *asked])
                    tally.check(matrix and done.stdout == matrix, f"a matrix of an image {more} asked {way}: {done.stderr}")


def broken_images():
    with tempfile.TemporaryDirectory() as top:
        image, whole = compiled(top, "a.image", *SMALL)
        broken = {"nothing": b"", "a header cut short": whole[:40], "cut short": whole[:-1], "something behind it": whole + b"\0",
                  "of another version": whole[:8] + b"\x63" + whole[9:]}
        broken |= {f"byte {i} altered": whole[:i] + bytes([whole[i] ^ 1]) + whole[i + 1:] for i in range(0, len(whole), 97)}
        for what, content in broken.items():
            with open(image, "wb") as f:
                f.write(content)
            done = run(["image", "verify", image])
            tally.check(done.returncode == 2 and not done.stdout and "error[NP24" in done.stderr, f"{what}: {done.returncode} {done.stdout}{done.stderr}")
        done = run(["eval", "--image", image, *ASK])
        tally.check(done.returncode == 2 and not done.stdout, f"no answer of a broken image: {done.stdout}")
        with open(image, "wb") as f:
            f.write(whole)
        done = run(["compile", "-f", "data/mixed.yaml", "-o", image])
        with open(image, "rb") as f:
            tally.check(done.returncode == 2 and f.read() == whole, "a failed compilation leaves the image as it was")
        tally.check(os.listdir(top) == ["a.image"], f"nothing is left behind: {os.listdir(top)}")


def images_are_looked_into():
    files = ["-f", os.path.join(EXAMPLE, "cluster.yaml"), "-f", os.path.join(EXAMPLE, "database-isolation.yaml")]
    with tempfile.TemporaryDirectory() as top:
        small, content = compiled(top, "a.image", *files)
        other, _ = compiled(top, "b.image", "-f", EXAMPLE)
        for action in (["stat"], ["dump"], ["dump", "--full"]):
            done = run(["image", *action, small])
            tally.check(done.returncode == 0 and str(len(content)) in done.stdout, f"image {action}: {done.returncode} {done.stdout}")
            done = run(["image", *action, "--format", "json", small])
            tally.check(str(len(content)) in done.stdout and isinstance(json.loads(done.stdout), dict), f"image {action}: {done.stdout[:200]}")
        done = run(["image", "diff", small, small])
        tally.check(done.returncode == 0 and not done.stdout, f"no difference: {done.returncode} {done.stdout}")
        done = run(["image", "diff", small, other])
        tally.check(done.returncode == 1 and "verdicts" in done.stdout, f"a difference: {done.returncode} {done.stdout}")
        done = run(["image", "diff", "--format", "json", small, other])
        tally.check(done.returncode == 1 and isinstance(json.loads(done.stdout), dict), f"a difference in JSON: {done.stdout[:200]}")
        done = run(["image", "diff", small, os.path.join(top, "none")])
        tally.check(done.returncode == 2 and "NP1001" in done.stderr, f"one that is not there: {done.returncode} {done.stderr}")


def images_are_proved():
    files = ["-f", os.path.join(EXAMPLE, "cluster.yaml"), "-f", os.path.join(EXAMPLE, "database-isolation.yaml")]
    with tempfile.TemporaryDirectory() as top:
        small, _ = compiled(top, "a.image", *files)
        for arguments in ([*files], [*files, small], [*files, "--with", "all"], [*files, "--node", "sydney-1"],
                          [*files, "--knob", "self-traffic=evaluate"], ["-f", EXAMPLE]):
            done = run(["image", "prove", *arguments])
            tally.check(done.returncode == 0 and "holds: " in done.stdout, f"prove {arguments}: {done.returncode} {done.stdout}{done.stderr}")
        done = run(["image", "prove", *files, "--format", "json"])
        tally.check(json.loads(done.stdout)["result"] == "holds", f"a proof in JSON: {done.stdout}")
        done = run(["image", "prove", "-f", EXAMPLE, small])
        tally.check(done.returncode == 1 and "does not hold" in done.stdout, f"an image of other policies: {done.returncode} {done.stdout}")
        case = os.path.join(top, "case.yaml")
        with open(case, "w", encoding="utf-8") as f:
            f.write(done.stdout[done.stdout.index("\nname: "):])
        done = run(["test", "--with", "all", case])
        tally.check(done.returncode == 0 and "1 passed" in done.stdout, f"the case that was printed: {done.returncode} {done.stdout}{done.stderr}")
        done = run(["image", "prove", *SMALL, small])
        tally.check(done.returncode == 1 and "another cluster" in done.stdout, f"an image of another cluster: {done.returncode} {done.stdout}")
        slice_, _ = compiled(top, "b.image", *files, "--node", "sydney-1")
        done = run(["eval", "--image", slice_, DEVELOPER, DATABASE, "--port", "5432"])
        tally.check(done.stdout == "allow\n" and "is a slice" in done.stderr, f"a slice leaves other nodes' pods alone: {done.stdout}{done.stderr}")
        done = run(["explain", "--image", slice_, DEVELOPER, DATABASE, "--port", "5432"])
        tally.check("deny" in done.stdout and "by itself says allow" in done.stderr, f"explain of a slice: {done.stdout}{done.stderr}")
        tally.check(run(["image", "prove", *files, "--node", "sydney-1", slice_]).returncode == 0, "a slice")
        tally.check(run(["image", "prove", *files, slice_]).returncode == 3, "a slice, but of which node?")
        done = run(["image", "prove", *files, "--knob", "self-traffic=evaluate", small, "--format", "json"])
        tally.check(done.returncode == 1 and json.loads(done.stdout)["result"] == "verdict", f"other knobs: {done.returncode} {done.stdout}")


def complete(*words):
    """What bash offers for the last of the words."""
    script = (f'source "{ROOT}/src/cli/cnipol.bash"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _cnipol; printf "%s\\n" "${{COMPREPLY[@]}}"')
    return subprocess.run(["bash", "-c", script, "bash", PROGRAM, *words], cwd=HERE, capture_output=True, text=True, check=False).stdout.split()


def completion():
    tally.check({"check", "eval", "explain", "matrix", "test", "compile", "image", "observe", "help"} <= set(complete("")), f"verbs: {complete('')}")
    tally.check(complete("ma") == ["matrix"], "a verb that was begun")
    tally.check({"--file", "--port", "--jsonl"} <= set(complete("eval", "-")), f"options of a verb: {complete('eval', '-')}")
    tally.check("--jsonl" not in complete("check", "--"), "options of that verb only")
    tally.check({"--from-pod", "--ipv4", "--not", "--follow"} <= set(complete("observe", "-")), f"filters: {complete('observe', '-')}")
    tally.check(complete("observe", "--verdict", "D") == ["DROPPED"], f"verdicts: {complete('observe', '--verdict', 'D')}")
    tally.check(complete("observe", "--format", "hubble") == ["hubble-json", "hubble-pb"], "formats")
    tally.check(complete("observe", "--count-by", "src.p") == ["src.port", "src.pod"], "fields")
    tally.check("IP" not in complete("observe", "--from-ip", ""), "what a value is called is not offered")
    tally.check(complete("check", "--mode", "s") == ["strict", "server", "stored"], "words of an option")
    tally.check({"verify", "stat", "dump", "diff", "prove"} == set(complete("image", "")), f"what can be done with an image: {complete('image', '')}")
    tally.check("data/small.yaml" in complete("image", "verify", "data/sm"), "an image")
    tally.check("data/small.yaml" in complete("check", "data/sm"), "files")


def hostile_words():
    """Nothing that is named on the command line reaches a terminal as a command."""
    word = b"x\x1b[31m\r\n\xff\xc2\x9b\x7f"
    commands = ([word], ["observe", word], ["check", "-f", word], ["test", word], ["observe", "--" + word.decode("latin-1")], ["observe", "--format", word],
                ["observe", "-o", word], ["observe", "--since", word], ["observe", "--count-by", word], ["observe", "--ip", word], ["help", word],
                ["observe", "--expr", word], ["image", "stat", word], ["explain", *SMALL, word, "shop/db"], ["check", "--knob", word],
                ["eval", *SMALL, *ASK, "--protocol", word], ["compile", *SMALL, "-o", b"/nowhere/" + word])
    for command in commands:
        done = subprocess.run([PROGRAM, *command], cwd=HERE, stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=60)
        told = done.stdout + done.stderr
        tally.check(done.returncode in (2, 3) and told, f"{command}: exit {done.returncode}")
        tally.check(not set(told) & {0x1b, 0x0d, 0x7f, 0xff} and b"\xc2\x9b" not in told, f"{command}: {told!r}")
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(os.fsencode(folder), word + b".yaml")
        with open(path, "w", encoding="utf-8") as f:
            f.write('name: "a\\e[31m\\u009b"\ntests: [{from: a/b, to: c/d, expect: allow}]\n')
        for more in ([], ["--format", "jsonl"]):
            told = subprocess.run([PROGRAM, "test", path, *more], capture_output=True, check=False, timeout=60).stdout
            tally.check(told and not set(told) & {0x1b, 0x0d, 0x7f, 0xff} and b"\xc2\x9b" not in told, f"test {more}: {told!r}")


def main():
    for part in (colours, progress, full_disk, reader_gone, stdout_closed, conversation, many_questions, long_lines, kubectl_list,
                 documents_in_json, odd_names, lost_policies, folders, images_answer_alike, broken_images, images_are_looked_into,
                 images_are_proved, completion, hostile_words):
        part()
    tally.end()


main()
