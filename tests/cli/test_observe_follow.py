#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-2-Clause
"""test_observe_follow.py PROGRAM: observe --follow on files that grow, are rotated and cut, signals, and readers that go away.

All of it twice: read on the program's one thread, and ahead on another. Nothing here is about time: each step waits until its line is there, and gives up after WAIT seconds.
"""
import glob
import gzip
import hashlib
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading

from tally import Tally

PROGRAM = os.path.abspath(sys.argv[-1])
WAIT = 60
threads = "1"  # of the round
tally = Tally()


def record(pod):
    return ('{"time":"2026-04-24T08:00:00Z","verdict":"DROPPED","IP":{"source":"10.0.0.1","destination":"10.0.0.2"},'
            f'"source":{{"namespace":"shop","pod_name":"{pod}"}},"l4":{{"TCP":{{"source_port":1025,"destination_port":80}}}}}}\n')


class Observer:
    """The program at work, its lines in a queue."""

    def __init__(self, *arguments, stdin=None):
        self.process = subprocess.Popen([PROGRAM, "observe", "--color", "never", "--threads", threads, *arguments], stdin=stdin or subprocess.DEVNULL,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.lines = queue.Queue()
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.put(line)
        self.lines.put(None)

    def line(self):
        try:
            return self.lines.get(timeout=WAIT)
        except queue.Empty:
            return "(nothing came)"

    def end(self, number=signal.SIGINT):
        """Exit code, what was left of standard output, standard error."""
        if number:
            self.process.send_signal(number)
        code, rest = self.process.wait(WAIT), ""
        while (line := self.line()) and line != "(nothing came)":
            rest += line
        return code, rest, self.process.stderr.read()


def append(path, text):
    with open(path, "a", encoding="utf-8") as f:
        f.write(text)


def shows(observer, pod, what):
    line = observer.line()
    tally.check(line is not None and f"shop/{pod}:" in line, f"{what}: {line!r}")


def growing(folder):
    path = os.path.join(folder, "growing.jsonl")
    append(path, record("one"))
    observer = Observer("--follow", path)
    shows(observer, "one", "what is there")
    append(path, record("two"))
    shows(observer, "two", "what is appended")
    half = record("three")
    append(path, half[:50])
    append(path, half[50:] + record("four"))
    shows(observer, "three", "a record in two pieces")
    shows(observer, "four", "the one behind it")
    code, rest, errors = observer.end()
    tally.check(code == 130, f"SIGINT: exit {code}")
    tally.check(rest == "" and "interrupted after 4 records, of which 4 passed" in errors, f"SIGINT: {rest!r} {errors!r}")


def rotated(folder):
    path = os.path.join(folder, "rotated.jsonl")
    append(path, record("old"))
    observer = Observer("-f", path)
    shows(observer, "old", "before it is rotated")
    append(path, record("last"))
    os.rename(path, path + ".1")
    append(path, record("new"))
    shows(observer, "last", "what was appended before")
    shows(observer, "new", "the file that took its place")
    append(path, record("newer"))
    shows(observer, "newer", "what is appended to it")
    code, _, _ = observer.end(signal.SIGTERM)
    tally.check(code == 130, f"SIGTERM: exit {code}")


def truncated(folder):
    path = os.path.join(folder, "truncated.jsonl")
    append(path, record("long-a") + record("long-b"))
    observer = Observer("--follow", path)
    shows(observer, "long-a", "before it is cut")
    shows(observer, "long-b", "before it is cut")
    with open(path, "w", encoding="utf-8") as f:
        f.write(record("short"))
    shows(observer, "short", "after it is cut")
    append(path, record("again"))
    shows(observer, "again", "what is appended then")
    observer.end()


def two_files(folder):
    a, b = (os.path.join(folder, name) for name in ("a.jsonl", "b.jsonl"))
    append(a, record("a1"))
    append(b, "")
    observer = Observer("--follow", a, b)
    shows(observer, "a1", "the first of two")
    append(b, record("b1"))
    shows(observer, "b1", "the second of two")
    append(a, record("a2"))
    shows(observer, "a2", "the first again")
    observer.end()


def bad_record(folder):
    path = os.path.join(folder, "bad.jsonl")
    append(path, record("good"))
    observer = Observer("--follow", path)
    shows(observer, "good", "before a bad one")
    append(path, '{"verdict":}\n' + record("better"))
    shows(observer, "better", "behind a bad one")
    code, _, errors = observer.end()
    tally.check(code == 130 and f"{path}:2:" in errors, f"a bad record is told: {code} {errors}")


def standard_input():
    observer = Observer("-", stdin=subprocess.PIPE)
    with observer.process.stdin as f:
        f.write(record("piped"))
        f.flush()
        shows(observer, "piped", "a pipe that is open, before its end")
        f.write(record("more"))
    shows(observer, "more", "its last")
    code, rest, errors = observer.end(None)
    tally.check((code, rest, errors) == (0, "", ""), f"a pipe's end: {code} {rest!r} {errors!r}")


def no_standard_input():
    done = subprocess.run(["sh", "-c", f"exec '{PROGRAM}' observe --threads {threads} - <&-"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          text=True, check=False, timeout=WAIT)
    tally.check((done.returncode, done.stdout, done.stderr) == (2, "", "cnipol: cannot read -: Bad file descriptor\n"), f"closed: {done}")


def partial_counts():
    """The counts so far, where a signal comes between."""
    observer = Observer("--count-by", "src,verdict", "-o", "csv", "-", stdin=subprocess.PIPE)
    observer.process.stdin.write(record("one") * 3)
    observer.process.stdin.flush()
    read_all(observer)
    code, rest, errors = observer.end()
    tally.check(code == 130 and rest == "records,src,verdict\n3,shop/one,dropped\n", f"partial counts: {code} {rest!r}")
    tally.check("interrupted after 3 records" in errors, f"partial counts: {errors!r}")


def read_all(observer):
    """Waits until the program has taken everything out of its standard input and waits for more."""
    import fcntl  # here, as only this needs it
    import struct
    import termios
    import time
    for _ in range(WAIT * 20):
        left = struct.unpack("i", fcntl.ioctl(observer.process.stdin.fileno(), termios.FIONREAD, b"\0" * 4))[0]
        if left == 0 and states(observer.process.pid) == {"S"}:
            return
        time.sleep(0.05)


def states(pid):
    """Of all its threads."""
    found = set()
    for path in glob.glob(f"/proc/{pid}/task/*/stat"):
        with open(path, encoding="utf-8") as f:
            found.add(f.read().rpartition(")")[2].split()[0])
    return found


def reader_gone(folder):
    path = os.path.join(folder, "many.jsonl")
    append(path, record("many") * 20000)
    process = subprocess.Popen([PROGRAM, "observe", "--threads", threads, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    process.stdout.readline()
    process.stdout.close()
    code, errors = process.wait(WAIT), process.stderr.read()
    tally.check(code in (0, 4, -signal.SIGPIPE), f"reader gone: exit {code}")
    tally.check("Sanitizer" not in errors, errors)


def cut_at_work(folder):
    """A file that is cut short while it is read, here while the program cannot get rid of its lines, ends there; nobody dies of it."""
    text = "".join(record(f"cut-{hashlib.sha256(b'%d' % i).hexdigest()}") for i in range(30000)).encode()
    for name, data, left in (("cut.jsonl", text, 100000), ("cut.gz", gzip.compress(text, 1), 4096)):
        path = os.path.join(folder, name)
        append_bytes(path, data)
        process = subprocess.Popen([PROGRAM, "observe", "--threads", threads, path], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        while states(process.pid) != {"S"}:
            pass
        os.truncate(path, left)
        lines, errors = process.communicate(timeout=WAIT)
        tally.check(process.returncode in (0, 2) and 0 < lines.count("shop/cut") <= 30000 and "Sanitizer" not in errors, f"{name}: {process.returncode} {errors[-300:]}")


def first_ends_following(folder):
    path = os.path.join(folder, "first.jsonl")
    append(path, record("one"))
    observer = Observer("--follow", "--first", "2", path)
    shows(observer, "one", "the first")
    append(path, record("two") + record("three"))
    shows(observer, "two", "the second")
    code, rest, _ = observer.end(None)
    tally.check(code == 0 and rest == "", f"--first ends --follow: {code} {rest!r}")


def gone_and_back(folder):
    path = os.path.join(folder, "gone.jsonl")
    append(path, record("here"))
    observer = Observer("--follow", path)
    shows(observer, "here", "before it is gone")
    os.rename(path, path + ".1")
    append(path + ".1", record("away"))
    shows(observer, "away", "what comes while no file has the name")
    append(path, record("back"))
    shows(observer, "back", "the file that is there then")
    observer.end()


def link_switched(folder):
    """As a kubelet does with a container's log."""
    link, files = os.path.join(folder, "current"), [os.path.join(folder, f"{i}.log") for i in range(2)]
    append(files[0], record("zero"))
    os.symlink(files[0], link)
    observer = Observer("--follow", link)
    shows(observer, "zero", "behind a link")
    append(files[0], record("end"))
    append(files[1], record("one"))
    os.symlink(files[1], link + ".new")
    os.rename(link + ".new", link)
    shows(observer, "end", "the last of the file that the link has left")
    shows(observer, "one", "the file that it leads to")
    observer.end()


def folder_of_everything(folder):
    """Files are read; links that lead nowhere are told; pipes, sockets and links to folders are passed over."""
    top = os.path.join(folder, "everything")
    os.makedirs(os.path.join(top, "below"))
    append(os.path.join(top, "a.jsonl"), record("a"))
    append(os.path.join(top, "below", "b.jsonl"), record("b"))
    append(os.path.join(top, "c.jsonl"), "")
    os.symlink("..", os.path.join(top, "below", "loop"))
    os.symlink("nowhere", os.path.join(top, "broken"))
    os.symlink("a.jsonl", os.path.join(top, "d.jsonl"))
    os.mkfifo(os.path.join(top, "pipe"))
    observer = Observer(top)
    for pod in ("a", "b", "a"):
        shows(observer, pod, "of a folder")
    code, rest, errors = observer.end(None)
    tally.check(code == 2 and rest == "" and errors.count("\n") == 1 and "everything/broken: No such file" in errors, f"a folder: {code} {rest!r} {errors!r}")


def unreadable(folder):
    """A file that cannot be read costs itself only."""
    first, bad, last = (os.path.join(folder, name) for name in ("first.log", "unreadable", "last.log"))
    append(first, record("first"))
    append(last, record("last"))
    os.symlink("/proc/self/mem", bad)  # opens, and cannot be read at 0: for root, too
    observer = Observer("--count-by", "src.pod", "-o", "csv", first, bad, last)
    code, rest, errors = observer.end(None)
    tally.check(code == 2 and "1,first" in rest and "1,last" in rest and f"cannot read {bad}: " in errors, f"unreadable: {code} {rest!r} {errors!r}")


def growing_packed(folder):
    """A member for each record, and one in two pieces."""
    path = os.path.join(folder, "growing.gz")
    append_bytes(path, gzip.compress(record("one").encode()))
    observer = Observer("--follow", path)
    shows(observer, "one", "a member")
    member = gzip.compress(record("two").encode())
    append_bytes(path, member[:30])
    append_bytes(path, member[30:])
    shows(observer, "two", "a member in two pieces")
    code, rest, errors = observer.end()
    tally.check(code == 130 and rest == "" and "interrupted after 2 records" in errors, f"growing.gz: {code} {rest!r} {errors!r}")


def append_bytes(path, data):
    with open(path, "ab") as f:
        f.write(data)


def named_pipe(folder):
    """One that nobody writes to is waited for, and a signal ends that."""
    path = os.path.join(folder, "pipe.jsonl")
    os.mkfifo(path)
    observer = Observer(path)
    with open(path, "w", encoding="utf-8") as f:
        f.write(record("piped"))
    shows(observer, "piped", "a named pipe")
    code, rest, errors = observer.end(None)
    tally.check((code, rest, errors) == (0, "", ""), f"a named pipe: {code} {rest!r} {errors!r}")
    observer = Observer(path)
    while states(observer.process.pid) - {"S"}:
        pass
    code, rest, errors = observer.end()
    tally.check(code == 130 and "interrupted after 0 records" in errors, f"a named pipe without a writer: {code} {rest!r} {errors!r}")


def interrupted_at_work():
    """A signal in the middle of an input that never ends."""
    endless = subprocess.Popen(["yes", record("again").strip()], stdout=subprocess.PIPE)
    observer = Observer("--count-by", "src", "-o", "csv", "-", stdin=endless.stdout)
    endless.stdout.close()
    while not busy(observer.process.pid):
        pass
    code, rest, errors = observer.end()
    endless.wait(WAIT)
    tally.check(code == 130 and "shop/again" in rest and "interrupted after " in errors, f"at work: {code} {rest!r} {errors!r}")


def busy(pid):
    """Has it worked for some hundredths of a second?"""
    with open(f"/proc/{pid}/stat", encoding="utf-8") as f:
        return int(f.read().rpartition(")")[2].split()[11]) > 5


def streams():
    """Name, bytes: whole, cut, damaged, and with bad records."""
    text = "".join(record(f"pod-{i}") if i % 997 else '{"verdict":}\n' for i in range(20000)).encode()
    packed = gzip.compress(text, 1)
    middle = bytearray(packed)
    middle[len(packed) // 2] ^= 0x10
    return [("plain", text), ("plain, cut", text[:-30]), ("gzip", packed), ("gzip twice", packed + b"\0\0" + packed), ("gzip, cut", packed[:-5]),
            ("gzip, half", packed[: len(packed) // 2]), ("gzip, damaged", bytes(middle)), ("gzip, then text", packed + text), ("empty", b""),
            ("no records", b"hello\nworld\n")]


def same_either_way(folder):
    """One thread or two, a file or a pipe: the same output, messages and exit code, but for the name."""
    for name, data in streams():
        path = os.path.join(folder, "stream")
        with open(path, "wb") as f:
            f.write(data)
        got = [run("1", path), run("2", path), run("1", data), run("2", data)]
        for other, what in zip(got[1:], ("ahead", "from a pipe", "from a pipe, ahead")):
            tally.check(other == got[0], f"{name}, {what}: {[part[-200:] if isinstance(part, str) else part for part in other]}")
        tally.check(got[0][2] == (0 if name == "empty" else 2), f"{name}: exit {got[0][2]}")


def run(how, what):
    piped = isinstance(what, bytes)
    done = subprocess.run([PROGRAM, "observe", "--threads", how, "-" if piped else what, "--last", "100000"], input=what if piped else b"",
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False, timeout=WAIT)
    return done.stdout.decode(), done.stderr.decode().replace("<stdin>" if piped else what, "INPUT"), done.returncode


def main():
    global threads
    for threads in ("1", "2"):
        with tempfile.TemporaryDirectory() as folder:
            for part in (growing, rotated, truncated, two_files, bad_record, reader_gone, cut_at_work, first_ends_following,
                         gone_and_back, link_switched, folder_of_everything, unreadable, growing_packed, named_pipe):
                part(folder)
        standard_input()
        no_standard_input()
        partial_counts()
        interrupted_at_work()
    with tempfile.TemporaryDirectory() as folder:
        same_either_way(folder)
    tally.end()


main()
