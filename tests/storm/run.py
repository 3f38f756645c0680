#!/usr/bin/python3
"""Restarts a server of 10,000 clients in three ways, and measures how the clients come back. Prints a table, writes
build/storm.json, and draws the plot.

Usage: run.py STORM [--clients N] [--plot FILE]
Exits with 1 if a client was not back and authenticated 30 s after the server in one of the rounds, or if more than one client
in a hundred waited longer than a second for a welcome.
"""
import argparse
import json
import os
import pathlib
import secrets
import signal
import socket
import subprocess
import sys
import time

import plot

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BACK_S, ACCEPT_S = 30, 1
PATIENCE_S = 120
REFILL_S = 3  # until the server accepts the whole burst of handshakes again (Limits::handshakes_burst)

# name, what is done, the signal, how long the server is then away
ROUNDS = (("killed", "killed, and started again at once", signal.SIGKILL, 0),
          ("away", "killed, and started again after 5 s", signal.SIGKILL, 5),
          ("told", "ended by SIGTERM, which tells each client when to come back", signal.SIGTERM, 0))


def free_port():
    """Returns a port below the range of outgoing connections, so that no connection takes it meanwhile."""
    for port in range(20_000, 32_000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue
    sys.exit("no port is free")


class Server:
    def __init__(self, program, port, environment):
        self.process = subprocess.Popen([program, "serve", str(port)], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                                        env=environment)
        if "listening on" not in self.process.stdout.readline():
            sys.exit("the server does not listen")
        self.since = time.monotonic()

    def end(self, by):
        self.process.send_signal(by)
        self.process.wait(timeout=PATIENCE_S)
        self.process.stdout.close()


class Crowd:
    def __init__(self, program, port, clients, environment):
        self.process = subprocess.Popen([program, "load", str(port), str(clients)], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True, env=environment)

    def hear(self):
        line = self.process.stdout.readline()
        if not line:
            sys.exit("the clients have ended")
        return json.loads(line)

    def ask(self):
        self.process.stdin.write("again\n")
        self.process.stdin.flush()
        return self.hear()


def percentile(values, share):
    return sorted(values)[min(len(values) - 1, int(share * len(values)))]


def play(program, port, environment, server, crowd, how):
    """Restarts once.  Returns the new server and the results, with times in seconds since the end of the old server."""
    name, words, by, away = how
    crowd.ask()
    begun = time.monotonic()
    server.end(by)
    ended = time.monotonic()
    time.sleep(away)
    server = Server(program, port, environment)
    seen = crowd.hear()
    accepted = seen["accepted"]
    return server, {"name": name, "what": words, "ended_s": ended - begun, "listening_s": server.since - begun,
                    "all_back_s": max(seen["back"]) - server.since, "attempts": len(seen["tried"]),
                    "accept_p50_s": percentile(accepted, 0.5), "accept_p99_s": percentile(accepted, 0.99),
                    "accept_max_s": max(accepted), "back": [at - begun for at in seen["back"]],
                    "tried": [at - begun for at in seen["tried"]]}


def measure(program, clients):
    environment = {**os.environ, "MICROFRAME_SECRET": secrets.token_hex(32)}
    port = free_port()
    server = Server(program, port, environment)
    crowd = Crowd(program, port, clients, environment)
    try:
        crowd.hear()
        rounds = []
        for how in ROUNDS:
            time.sleep(REFILL_S)
            server, result = play(program, port, environment, server, crowd, how)
            rounds.append(result)
        return rounds
    finally:
        crowd.process.kill()
        server.process.kill()


def print_table(clients, rounds):
    print(f"{clients:,} clients; the server was | all back after, s | attempts | a welcome took: p50, p99, most, ms")
    for row in rounds:
        accept = ", ".join(f"{1000 * row[key]:,.0f}" for key in ("accept_p50_s", "accept_p99_s", "accept_max_s"))
        print(f"{row['what']} | {row['all_back_s']:.1f} | {row['attempts']:,} | {accept}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("--clients", type=int, default=10_000)
    parser.add_argument("--plot", type=pathlib.Path, default=ROOT / "build/reconnects.svg")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    rounds = measure(options.program, options.clients)
    report = {"clients": options.clients, "cores": os.cpu_count(), "kernel": os.uname().release, "load_average": load, "rounds": rounds}
    (ROOT / "build/storm.json").write_text(json.dumps(report) + "\n")
    options.plot.write_text(plot.draw(options.clients, rounds))
    print_table(options.clients, rounds)
    print(f"\nbuild/storm.json, {options.plot}; load average {load:.1f} before the run")
    sys.exit(any(row["all_back_s"] > BACK_S or row["accept_p99_s"] > ACCEPT_S for row in rounds))


if __name__ == "__main__":
    main()
