#!/usr/bin/env python3
"""Puts the release server into a memory cgroup of 256 MiB, has one account do its worst there for some time, and measures what
neighbours on other accounts notice, and the server's memory before it, at its peak, and once all has ended.

Usage: run.py BINARY [SECONDS] [--devices N] [--everyone] [--only ACT ..] [--no-wait] [--seed N]      needs root, for the cgroup
Exits with 1 unless the server lives, no neighbour was cut off, their p99 was under 50 ms, and the memory is back within a tenth of
what it was before. Before that the account does the same for some seconds, and all of it ends: the loops' pools (of blocks, inflaters,
compressors) are made when they are first needed, and stay.
"""
import argparse
import json
import pathlib
import subprocess
import sys
import time

import server as serving
from neighbours import Neighbours

MIB = 1024 * 1024
MEMORY_MAX = 256 * MIB
NEIGHBOURS = 20
BASELINE_S = 5
P99_MAX_S = 0.050
MEMORY_BACK = 1.10
# Sessions wait for two minutes, rooms keep their messages for five, and then are swept.
BACK_S = 420
WARM_S = 10


def p99(samples):
    return sorted(samples)[len(samples) * 99 // 100] if samples else 0.0


def do_worst(server, options, seconds):
    """Returns what the account says of itself."""
    words = [sys.executable, str(pathlib.Path(__file__).with_name("account.py")), str(server.port), str(seconds)]
    words += ["--seed", str(options.seed), "--devices", str(options.devices)] + (["--everyone"] if options.everyone else [])
    words += ["--only", *options.only] if options.only else []
    done = subprocess.run(words, input=server.token("mallory") + "\n", capture_output=True, text=True, timeout=seconds + 120)
    return json.loads(done.stdout) if done.returncode == 0 else {"failed": done.stderr[-1000:]}


def wait_for_memory(server, limit, patience_s):
    """Returns after how many seconds the memory was within the limit, or None."""
    begun = time.monotonic()
    while server.is_alive() and time.monotonic() - begun < patience_s:
        if server.memory() <= limit:
            return time.monotonic() - begun
        time.sleep(1)
    return None


def held(server):
    return server.metric("microframe_sessions"), server.metric("microframe_rooms")


def warm_up(server, options):
    """Has the account do the same for a while, and waits until nothing of it is left."""
    before = held(server)
    do_worst(server, options, WARM_S)
    ends = time.monotonic() + BACK_S
    while held(server) != before and time.monotonic() < ends:
        time.sleep(1)
    time.sleep(2 * BASELINE_S)  # until what was freed has gone back


def measure(server, options):
    """Returns the rows of the table, and what does not hold."""
    neighbours = Neighbours(server.port, [server.token(f"neighbour{i}") for i in range(NEIGHBOURS)])
    time.sleep(BASELINE_S)
    fresh = server.memory()
    if not options.no_wait:
        neighbours.enter("warm-up")
        warm_up(server, options)
    neighbours.enter("before")
    time.sleep(BASELINE_S)
    before, cpu_before = server.memory(), server.cpu_s()
    server.forget_peak()
    neighbours.enter("during")
    begun = time.monotonic()
    account = do_worst(server, options, options.seconds)
    lasted = time.monotonic() - begun
    neighbours.enter("after")
    alive = server.is_alive()
    cpu = server.cpu_s() - cpu_before if alive else 0
    peak, end = (server.memory("VmHWM"), server.memory()) if alive else (0, 0)
    back_s = wait_for_memory(server, before * MEMORY_BACK, 2 if options.no_wait else BACK_S)
    after = server.memory() if server.is_alive() else 0
    left = f"{server.metric('microframe_sessions'):.0f}, {server.metric('microframe_rooms'):.0f}" if server.is_alive() else "none"
    took, cuts = neighbours.stop()
    print(json.dumps(account, indent=1))
    during = took.get("during", [])
    rows = [("neighbours' p99 before, ms", f"{p99(took.get('before', [])) * 1000:.1f}"),
            ("neighbours' p99 beside it, ms", f"{p99(during) * 1000:.1f} of {len(during)}, at most {max(during, default=0) * 1000:.1f}"),
            ("neighbours cut off", "; ".join(sorted(set(cuts))) or "none"),
            ("server", "alive" if server.is_alive() else f"ended with {server.process.poll()}"),
            ("its CPU, of one core", f"{cpu / lasted:.0%} over {lasted:.0f} s"),
            ("its memory as it was new, and before, MiB", f"{fresh / MIB:.1f}, {before / MIB:.1f}"),
            ("at its peak, MiB", f"{peak / MIB:.1f} of {MEMORY_MAX / MIB:.0f}"),
            ("as the account goes, MiB", f"{end / MIB:.1f}"),
            ("sessions, rooms then", left),
            ("once all has ended, MiB", f"{after / MIB:.1f} " + (f"after {back_s:.0f} s" if back_s is not None else "and not back"))]
    faults = [("the server has died", not server.is_alive()), ("neighbours were cut off", bool(cuts)),
              (f"p99 is {P99_MAX_S * 1000:.0f} ms or more", p99(during) >= P99_MAX_S),
              ("the account has failed", "failed" in account),
              ("memory is not back", back_s is None and not options.no_wait)]
    return rows, [words for words, is_so in faults if is_so]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("binary")
    parser.add_argument("seconds", type=float, nargs="?", default=60)
    parser.add_argument("--everyone", action="store_true", help="long messages go to the neighbours too")
    parser.add_argument("--only", nargs="+", help="acts of account.py")
    parser.add_argument("--devices", type=int, default=16, help="of the account; a server allows 16")
    parser.add_argument("--no-wait", action="store_true", help="do not wait until the memory is back")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    server = serving.Server(options.binary, MEMORY_MAX)
    try:
        rows, faults = measure(server, options)
    finally:
        if server.is_alive():
            code = server.stop()
        else:
            code = server.process.wait()
            server.group.remove()
    print("\n| what | measured |\n|---|---|")
    for name, value in rows:
        print(f"| {name} | {value} |")
    faults += [f"the server ended with {code}"] if code != 0 else []
    print("\n" + ("It holds." if not faults else "It does not hold: " + "; ".join(faults) + "."))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
