"""Server: the release server in a memory cgroup of its own, and what /proc and its metrics tell of it."""
import os
import pathlib
import re
import secrets
import signal
import subprocess
import urllib.request

V1 = pathlib.Path("/sys/fs/cgroup/memory")
V2 = pathlib.Path("/sys/fs/cgroup")


class MemoryGroup:
    """A cgroup with a limit of memory, of version 1 or 2. Making one takes root."""

    def __init__(self, bytes_max):
        self.is_v2 = not V1.is_dir()
        self.path = (V2 if self.is_v2 else V1) / f"microframe-worst-{os.getpid()}"
        if self.is_v2:
            (V2 / "cgroup.subtree_control").write_text("+memory", encoding="ascii")
        self.path.mkdir()
        self._write("memory.max" if self.is_v2 else "memory.limit_in_bytes", bytes_max)

    def _write(self, name, value):
        (self.path / name).write_text(str(value), encoding="ascii")

    def enter(self):
        """The calling process and its children are in the group from here on."""
        self._write("cgroup.procs", os.getpid())

    def remove(self):
        self.path.rmdir()


class Server:
    def __init__(self, binary, bytes_max=0, options=()):
        """bytes_max: of its cgroup; 0 for none."""
        self.binary, self.secret = binary, secrets.token_hex(32)
        self.group = MemoryGroup(bytes_max) if bytes_max else None
        self.process = subprocess.Popen([binary, "serve", "--listen", "127.0.0.1:0", "--admin", "public", *options], stdout=subprocess.PIPE, text=True,
                                        stderr=subprocess.DEVNULL, env={"MICROFRAME_SECRET": self.secret},
                                        preexec_fn=self.group.enter if self.group else None)
        self.port = int(re.search(r":(\d+)$", self.process.stdout.readline().strip()).group(1))

    def token(self, user):
        words = [self.binary, "token", "--sub", user, "--ttl", "12h"]
        return subprocess.run(words, env={"MICROFRAME_SECRET": self.secret}, capture_output=True, text=True, check=True).stdout.strip()

    def is_alive(self):
        return self.process.poll() is None

    def memory(self, name="VmRSS"):
        """Returns bytes; VmHWM: the most there ever were."""
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            found = re.search(rf"{name}:\s+(\d+)", status.read())
        return int(found.group(1)) * 1024 if found else 0

    def forget_peak(self):
        """From here on VmHWM is of what follows (proc(5), clear_refs)."""
        pathlib.Path(f"/proc/{self.process.pid}/clear_refs").write_text("5", encoding="ascii")

    def cpu_s(self):
        """Returns the seconds of CPU that its threads have had, their own and the kernel's for them: utime and stime of proc(5),
        which count in hundredths of a second, but from schedstat, which counts nanoseconds."""
        threads = pathlib.Path(f"/proc/{self.process.pid}/task").iterdir()
        return sum(int((thread / "schedstat").read_text(encoding="ascii").split()[0]) for thread in threads) / 1e9

    def metric(self, name):
        """Returns the sum of the metric's values, whatever their labels."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            found = re.findall(rf"^{name}(?:\{{[^}}]*\}})? (\S+)$", answer.read().decode(), re.M)
        return sum(map(float, found))

    def stop(self):
        if self.is_alive():
            self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=30)
        if self.group:
            self.group.remove()
        return code
