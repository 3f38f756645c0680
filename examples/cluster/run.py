#!/usr/bin/python3
"""Starts a cluster on this machine: a Redis, nodes of the ready chat server, and HAProxy before them. Ends with ^C.

usage: run.py PATH_OF_MICROFRAME [NUMBER_OF_NODES] [FIRST_PORT]
"""

import os
import pathlib
import re
import secrets
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

HERE = pathlib.Path(__file__).parent
HAPROXY = shutil.which("haproxy", path=os.environ["PATH"] + ":/usr/sbin") or "haproxy"


def haproxy_config(ports, port):
    """The file beside this one, with as many nodes as there are, on their ports."""
    text = (HERE / "haproxy.cfg").read_text()
    text = re.sub(r"^  server .*\n", "", text, flags=re.M)
    text = text.replace("bind 127.0.0.1:8000", f"bind 127.0.0.1:{port}")
    return text + "".join(f"  server node{i} 127.0.0.1:{p}\n" for i, p in enumerate(ports, 1))


def is_ready(port):
    try:
        return urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=1).status == 200
    except OSError:
        return False


def wait_for(ports, started):
    for _ in range(300):
        if all(map(is_ready, ports)):
            return
        for one in started:
            if one.poll() is not None:
                sys.exit(f"{one.args[0]} has ended with {one.returncode}: its words are above")
        time.sleep(0.1)
    sys.exit("the nodes do not get ready")


def stop(some):
    for one in some:
        one.terminate()
    for one in some:
        try:
            one.wait(15)
        except subprocess.TimeoutExpired:
            one.kill()


def main():
    program = sys.argv[1]
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    first = int(sys.argv[3]) if len(sys.argv) > 3 else int(os.environ.get("PORT", 8000))
    ports = [first + i for i in range(1, count + 1)]
    redis_port = first + 79
    # The secret is in the environment, because other users of the machine can read a command's arguments.
    environment = dict(os.environ, MICROFRAME_SECRET=secrets.token_hex(32))
    started = []

    def start(*command):
        started.append(subprocess.Popen(command, env=environment, start_new_session=True))

    with tempfile.TemporaryDirectory() as folder:
        try:
            start("redis-server", "--bind", "127.0.0.1", "--port", str(redis_port), "--dir", folder,
                  "--save", "", "--appendonly", "yes", "--logfile", f"{folder}/redis.log")
            for i, port in enumerate(ports, 1):
                start(program, "serve", "--listen", f"127.0.0.1:{port}", "--admin", "public", "--broker", f"redis://127.0.0.1:{redis_port}",
                      "--node", f"node{i}", "--trusted-proxy", "127.0.0.1")
            wait_for(ports, started)
            config = pathlib.Path(folder) / "haproxy.cfg"
            config.write_text(haproxy_config(ports, first))
            start(HAPROXY, "-q", "-db", "-f", str(config))
            wait_for([first], started)
            print(f"\n{count} nodes (ports {ports[0]} to {ports[-1]}), Redis on port {redis_port}, HAProxy before them.")
            print("Open the chat as alice, and in another window as bob: most likely they are on different nodes.\n")
            for name in ("alice", "bob"):
                token = subprocess.run([program, "token", "--sub", name, "--ttl", "12h"], env=environment,
                                       capture_output=True, text=True, check=True).stdout.strip()
                print(f"  http://127.0.0.1:{first}/#token={token}\n", flush=True)
            signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
            while all(one.poll() is None for one in started):
                time.sleep(0.5)
            sys.exit("one of them has ended: its words are above")
        except KeyboardInterrupt:
            pass
        finally:
            # First who sends clients, last the Redis that the nodes say good-bye through.
            for some in (started[count + 1:], started[1:count + 1], started[:1]):
                stop(some)


main()
