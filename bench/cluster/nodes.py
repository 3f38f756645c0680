"""A cluster on this machine: a Redis, nodes of `microframe serve`, and HAProxy before them, all on free ports of loopback."""
import contextlib
import os
import pathlib
import random
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

LISTENING = "listening on http://"
HAPROXY_CONFIG = pathlib.Path(__file__).resolve().parents[2] / "examples" / "cluster" / "haproxy.cfg"
HAPROXY = shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin") or "haproxy"
PATIENCE_S = 60


def free_port():
    """Returns a port below the range of outgoing connections, so that no connection takes it while a node is down."""
    while True:
        port = random.randrange(11_000, 32_000)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def wait_for(what, holds):
    end = time.monotonic() + PATIENCE_S
    while not holds():
        if time.monotonic() > end:
            sys.exit(f"{what}: not within {PATIENCE_S} s")
        time.sleep(0.02)


def answers(port, path="/readyz"):
    """Returns the body, or None if there is no good answer."""
    with contextlib.suppress(OSError):
        return urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=2).read().decode()
    return None


def end(process, by=signal.SIGTERM):
    process.send_signal(by)
    try:
        process.wait(timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


class Node:
    """A node, or without a broker a server that is alone. It keeps its port when it is started again."""

    def __init__(self, program, environment, log, options, broker=None, core=None):
        self.port, self.process, self.starts = free_port(), None, 0
        self._program, self._environment, self._log = program, environment, log
        self._options, self._broker, self._core = options, broker, core
        self.start()

    def start(self):
        """A node that was killed comes back under another name, because the former one's lease lasts a while."""
        self.starts += 1
        command = [self._program, "serve", "--listen", f"127.0.0.1:{self.port}", "--admin", "public", "--bench", *self._options]
        if self._broker:
            command += ["--broker", self._broker, "--node", f"node{self.port}-{self.starts}"]
        with open(self._log, "a") as log:
            self.process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=self._environment)
        if self._core is not None:
            os.sched_setaffinity(self.process.pid, self._core)
        if not any(LISTENING in line for line in self.process.stdout):
            sys.exit(f"a node did not start: {pathlib.Path(self._log).read_text()[-2000:]}")
        wait_for("a node is ready", lambda: answers(self.port) is not None)

    def url(self, path):
        return f"ws://127.0.0.1:{self.port}{path}"

    def metric(self, name):
        return float(re.search(rf"^{name} (\S+)$", answers(self.port, "/metrics"), re.M)[1])

    def end(self, by=signal.SIGTERM):
        process, self.process = self.process, None
        end(process, by)
        process.stdout.close()

    def remove(self):
        """Kills it: to take leave of its clients would take a second or more."""
        if self.process is None:
            return
        ended = self.process.poll()
        self.end(signal.SIGKILL)
        if ended is not None:
            sys.exit(f"a node has ended with {ended}: {pathlib.Path(self._log).read_text()[-2000:]}")


class Cluster:
    """Nodes over a Redis of their own; with `broker` False, one server without any. `cores`: of the nodes, in turn."""

    def __init__(self, binaries, environment, folder, count=2, options=(), broker=True, cores=()):
        self._stack = contextlib.ExitStack()
        self._folder, self.nodes = pathlib.Path(folder), []
        with contextlib.ExitStack() as stack:
            url = self._start_redis(stack, cores) if broker else None
            for number in range(count):
                core = cores[number % len(cores)] if cores else None
                node = Node(str(binaries / "microframe"), environment, self._folder / f"node{number}.log", options, url, core)
                stack.callback(node.remove)
                self.nodes.append(node)
            self.wait_until_known()
            self._stack = stack.pop_all()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._stack.close()

    def _start_redis(self, stack, cores):
        port = free_port()
        with open(self._folder / "redis.log", "a") as log:
            redis = subprocess.Popen(["redis-server", "--bind", "127.0.0.1", "--port", str(port), "--dir", str(self._folder), "--save", "",
                                      "--appendonly", "yes"], stdout=log, stderr=log)
        stack.callback(end, redis)
        if cores:
            os.sched_setaffinity(redis.pid, cores[-1])

        def listens():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
                return True
        wait_for("Redis listens", listens)
        return f"redis://127.0.0.1:{port}"

    def wait_until_known(self):
        """Waits until each node has heard all from every other."""
        if len(self.nodes) > 1:
            for node in self.nodes:
                wait_for("the nodes know each other",
                         lambda: node.metric("microframe_cluster_nodes") >= len(self.nodes) - 1
                         and node.metric("microframe_cluster_nodes_unheard") == 0)

    def balance(self, nodes, how="leastconn"):
        """Starts HAProxy as examples/cluster has it, before these nodes.  Returns its port."""
        port = free_port()
        text = re.sub(r"^  server .*\n", "", HAPROXY_CONFIG.read_text(), flags=re.M)
        text = text.replace("bind 127.0.0.1:8000", f"bind 127.0.0.1:{port}").replace("balance leastconn", f"balance {how}")
        text += "".join(f"  server node{i} 127.0.0.1:{node.port}\n" for i, node in enumerate(nodes, 1))
        config = self._folder / "haproxy.cfg"
        config.write_text(text)
        with open(self._folder / "haproxy.log", "a") as log:
            process = subprocess.Popen([HAPROXY, "-q", "-db", "-f", str(config)], stdout=log, stderr=log)
        self._stack.callback(end, process)
        wait_for("HAProxy finds a node", lambda: answers(port) is not None)
        return port
