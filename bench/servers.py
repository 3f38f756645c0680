"""Servers under load: those that a run starts for each sample, and peers that the user has started before."""
import contextlib
import dataclasses
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import time
import typing

LISTENING = "listening on http://"
TCP_LISTEN = "0A"
URL = re.compile(r"ws://(127(?:\.\d{1,3}){3}|\[::1\]):(\d+)/?(?:\?dialect=([a-z.]+))?")


@dataclasses.dataclass(frozen=True)
class Cores:
    """The cores of the server and of the load."""
    server: frozenset
    load: frozenset


def cores(pin):
    """Returns one core each, if the machine has two and pinning is wanted."""
    allowed = sorted(os.sched_getaffinity(0))
    if not pin:
        return Cores(frozenset(allowed), frozenset(allowed))
    return Cores(frozenset(allowed[:1]), frozenset({allowed[1 % len(allowed)]}))


@dataclasses.dataclass(frozen=True)
class Target:
    """A running server: where it is, and what is measured of it."""
    base: str
    pids: list
    options: tuple = ()  # the load generator's, for this server
    memory_before: int = 0  # 0: the load generator measures it


@dataclasses.dataclass(frozen=True)
class Own:
    """A command that prints a line with LISTENING and its port, and is started again for each sample."""
    name: str
    command: tuple
    environment: dict
    tokens: typing.Optional[str] = None  # a file; None if the server asks for none

    @contextlib.contextmanager
    def running(self, chosen):
        """Starts the command on the server's core, and ends it whatever happens meanwhile."""
        with tempfile.TemporaryFile("w+") as errors:
            process = subprocess.Popen(self.command, stdout=subprocess.PIPE, stderr=errors, text=True,
                                       env={**os.environ, **self.environment},
                                       preexec_fn=lambda: os.sched_setaffinity(0, chosen.server))
            try:
                line = next((line for line in process.stdout if LISTENING in line), None)
                if line is None:
                    errors.seek(0)
                    sys.exit(f"{self.name} did not start: {errors.read().strip()}")
                port = int(line.strip().rsplit(":", 1)[1])
                yield Target(f"ws://127.0.0.1:{port}", [process.pid], ("--tokens", self.tokens) if self.tokens else ())
                if process.poll() is not None:
                    errors.seek(0)
                    sys.exit(f"{self.name} ended by itself with {process.returncode}: {errors.read().strip()[-2000:]}")
            finally:
                process.terminate()
                try:
                    process.wait(timeout=20)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait()
                process.stdout.close()


class Peer:
    """A server that the user has started, found by its port."""

    def __init__(self, words):
        """words: NAME=URL.  Raises ValueError if the words have another form, or if nobody listens there."""
        self.name, _, url = words.partition("=")
        parts = URL.fullmatch(url)
        if not self.name or not parts:
            raise ValueError(f"--peer takes NAME=ws://127.0.0.1:PORT or NAME=ws://127.0.0.1:PORT?dialect=NAME, not {words}")
        self.base, self.dialect = f"ws://{parts[1]}:{parts[2]}", parts[3]
        self.pids = listeners(int(parts[2]))
        if not self.pids:
            raise ValueError(f"nobody listens at {self.base}, or it is another user's process")
        self.memory_before = sum(map(anonymous_bytes, self.pids))

    @contextlib.contextmanager
    def running(self, chosen):
        """Moves the peer to the server's core, and back."""
        settle(self.pids)
        before = {}
        try:
            for thread in threads(self.pids):
                before[thread] = os.sched_getaffinity(thread)
                os.sched_setaffinity(thread, chosen.server)
            yield Target(self.base, self.pids, ("--dialect", self.dialect) if self.dialect else (), self.memory_before)
        finally:
            for thread, allowed in before.items():
                with contextlib.suppress(ProcessLookupError):
                    os.sched_setaffinity(thread, allowed)


def listeners(port):
    """Returns the processes that hold a socket listening at the port, and those they have started, which may be workers."""
    sockets = set()
    for table in ("tcp", "tcp6"):
        for line in pathlib.Path("/proc/net", table).read_text().splitlines()[1:]:
            fields = line.split()
            if fields[3] == TCP_LISTEN and int(fields[1].rsplit(":", 1)[1], 16) == port:
                sockets.add(f"socket:[{fields[9]}]")
    holders = {int(folder.name) for folder in pathlib.Path("/proc").glob("[0-9]*") if sockets & set(open_files(folder))}
    return sorted(with_descendants(holders))


def open_files(process):
    try:
        for file in (process / "fd").iterdir():
            with contextlib.suppress(FileNotFoundError):
                yield os.readlink(file)
    except (PermissionError, FileNotFoundError, ProcessLookupError):
        return  # another user's process, or one that has ended


def with_descendants(pids):
    children = {}
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            children.setdefault(int(stat_of(folder)[1]), []).append(int(folder.name))
    found, rest = set(), list(pids)
    while rest:
        pid = rest.pop()
        if pid not in found:
            found.add(pid)
            rest += children.get(pid, [])
    return found


def stat_of(folder):
    """Returns the fields behind the name, which may hold anything: state, parent, .., user and system time at 11 and 12."""
    return (folder / "stat").read_text().rpartition(")")[2].split()


def anonymous_bytes(pid):
    for line in pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Anonymous:"):
            return 1024 * int(line.split()[1])
    return 0


def threads(pids):
    return [int(task.name) for pid in pids for task in pathlib.Path(f"/proc/{pid}/task").glob("*")]


def settle(pids, still_s=0.3, patience_s=20):
    """Waits until a peer has finished the previous load, that is, until its CPU time stands still."""
    def ticks():
        return [stat_of(pathlib.Path(f"/proc/{pid}"))[11:13] for pid in pids]

    end = time.monotonic() + patience_s
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # the load generator will report that the peer has gone
        last = ticks()
        while time.monotonic() < end:
            time.sleep(still_s)
            now = ticks()
            if now == last:
                return
            last = now
