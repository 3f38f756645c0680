#!/usr/bin/python3
"""Measures several nodes over one Redis beside one node without a broker, in one run: latency, CPU, memory, nodes that are killed, and
a rolling restart. Prints a table, and writes it to build/bench-cluster.md and all figures to build/bench-cluster.json.
docs/benchmarks.md says how to read the table.

Redis, the nodes and HAProxy are started for each sample, on free ports of loopback. A message that is lost, published twice, or missed
without being told ends with exit status 1, and so does a session that a rolling restart loses. No timing and no goal changes the exit
status.
"""
import argparse
import contextlib
import json
import os
import pathlib
import secrets
import signal
import statistics
import subprocess
import sys
import tempfile
import time

import nodes

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
RATE, BYTES = 2_000, 200
HISTORY = {"/ws/room": "no history", "/ws/kept": "history of 100"}
# What must be 0 in a verdict of bench_returns, in words.
FAULTS = {"lost": "acknowledged and lost", "twice": "published twice", "gaps": "missed without being told", "told": "missed, and told",
          "repeated": "heard twice", "ended": "clients that gave up", "unanswered": "without an answer"}


class Wrong(Exception):
    """A wrong answer, or a message that was lost or repeated."""


class Bench:
    """What all measurements of a run share."""

    def __init__(self, arguments, tokens):
        self.quick, self.rounds, self.kills, self.clients = arguments.quick, arguments.rounds, arguments.kills, arguments.clients
        self.binaries, self._tokens = arguments.build / "bin", tokens
        self.environment = {**os.environ, "MICROFRAME_SECRET": secrets.token_hex(32)}
        self.users = 500 if self.quick else 18_000
        done = subprocess.run([str(self.binaries / "microframe"), "token", "--sub", "user", "--count", str(self.users), "--ttl", "6h"],
                              stdout=subprocess.PIPE, check=True, env=self.environment)
        pathlib.Path(tokens).write_bytes(done.stdout)
        allowed = sorted(os.sched_getaffinity(0))
        # The node whose CPU is counted has a core of its own.
        self.cores = [{allowed[0]}, {allowed[1 % len(allowed)]}]

    @contextlib.contextmanager
    def cluster(self, count=2, **how):
        with tempfile.TemporaryDirectory(prefix="microframe-bench-") as folder, \
                nodes.Cluster(self.binaries, self.environment, folder, count, **how) as cluster:
            yield cluster

    def load(self, mode, url, measured, *options, core=None):
        """Runs bench_load.  Returns its report; raises Wrong."""
        command = [str(self.binaries / "bench_load"), mode, url, "--pid", str(measured.process.pid), "--tokens", self._tokens, *options]
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                              preexec_fn=(lambda: os.sched_setaffinity(0, core)) if core else None)
        if done.returncode != 0:
            raise Wrong(done.stderr.strip())
        return json.loads(done.stdout)


def row(what, figures, words, goal="", met=None):
    return {"what": what, "figures": figures, "words": words, "goal": goal, "met": met}


def middle(samples, field):
    return statistics.median(sample[field] for sample in samples)


def span(values, digits):
    return f"{statistics.median(values):,.{digits}f} ({min(values):,.{digits}f} to {max(values):,.{digits}f})"


def latency(bench):
    """Ten receivers, and a sender on their node or on another: from the send to the last receipt."""
    length = ("--messages", "2000") if bench.quick else ("--seconds", "5")
    found = {(path, place): [] for path in HISTORY for place in ("alone", "same node", "other node")}

    def take(path, place, receivers, sender):
        options = ("--from", sender.url(path), "--rate", str(RATE), *length, "--bytes", str(BYTES), "--connections", "10")
        found[path, place].append(bench.load("relay", receivers.url(path), receivers, *options))

    for _ in range(bench.rounds):
        with bench.cluster(1, broker=False, options=("--threads", "1")) as alone:
            for path in HISTORY:
                take(path, "alone", alone.nodes[0], alone.nodes[0])
        with bench.cluster(2, options=("--threads", "1")) as pair:
            for path in HISTORY:
                take(path, "same node", pair.nodes[0], pair.nodes[0])
                take(path, "other node", pair.nodes[1], pair.nodes[0])
    for (path, place), samples in found.items():
        p50, p99 = ([sample[field] / 1000 for sample in samples] for field in ("p50_us", "p99_us"))
        judged = place == "other node"
        yield row(f"latency at {RATE:,} messages/s of {BYTES} B, {HISTORY[path]}, {place}", {"p50_ms": p50, "p99_ms": p99},
                  f"p50 {span(p50, 2)} ms, p99 {span(p99, 2)} ms", "p50 under 1 ms, p99 under 5 ms" if judged else "",
                  statistics.median(p50) < 1 and statistics.median(p99) < 5 if judged else None)


def cpu(bench):
    """A node's CPU per delivery of messages that come from another node, relative to that of a server alone."""
    for path in HISTORY:
        for members, messages in ((1_000, 1_000_000), (10, 200_000)):
            near, far = [], []
            options = ("--connections", str(members), "--bytes", str(BYTES), "--messages", str(messages // 50 if bench.quick else messages))
            for _ in range(bench.rounds):
                with bench.cluster(1, broker=False, options=("--threads", "1"), cores=bench.cores) as alone:
                    node = alone.nodes[0]
                    near.append(bench.load("relay", node.url(path), node, *options, core=bench.cores[1]))
                with bench.cluster(2, options=("--threads", "1"), cores=bench.cores) as pair:
                    measured, other = pair.nodes
                    far.append(bench.load("relay", measured.url(path), measured, "--from", other.url(path), *options, core=bench.cores[1]))
            field = "cpu_us_per_message"
            ratios = [theirs[field] / mine[field] for mine, theirs in zip(near, far) if mine[field]]
            figures = {"local_us": [one[field] for one in near], "remote_us": [one[field] for one in far], "ratio": ratios}
            judged = members == 1_000 and ratios
            yield row(f"CPU per delivery from elsewhere, {members:,} members, {HISTORY[path]}", figures,
                      f"{span(ratios, 3) if ratios else '-'} of a local one: {middle(far, field):.2f} us and {middle(near, field):.2f} us",
                      "at most 1.15" if judged else "", statistics.median(ratios) <= 1.15 if judged else None)


def memory(bench):
    """Idle connections in a room: what a broker adds to each, and what another node holds for each user. Half of the connections are
    the measure's zero, because a broker also costs some memory once."""
    counts = (bench.users // 2, bench.users)
    hold = "0" if bench.quick else "2"

    def grown(measured, others, count):
        """Returns by how much a process grows; the clients are on the first of the nodes."""
        with bench.cluster(others + 1, broker=others > 0, options=("--threads", "1")) as cluster:
            seen = bench.load("idle", cluster.nodes[0].url("/ws/room"), cluster.nodes[measured], "--connections", str(count), "--hold", hold)
            return max(seen["memory_after_bytes"] - seen["memory_before_bytes"], 0)

    found = {}
    for name, measured, others in (("without", 0, 0), ("with", 0, 1), ("remote", 1, 1)):
        sums = [statistics.median(grown(measured, others, count) for _ in range(bench.rounds)) for count in counts]
        each = (sums[1] - sums[0]) / (counts[1] - counts[0])
        found[name] = {"each": each, "once": sums[1] - each * counts[1]}
    more = found["with"]["each"] - found["without"]["each"]
    once = (found["with"]["once"] - found["without"]["once"]) / 1e6
    yield row("memory that a broker adds to an idle connection in a room", found,
              f"{more:,.0f} B: {found['with']['each']:,.0f} and {found['without']['each']:,.0f}; and {once:.1f} MB once",
              "at most 96 B", more <= 96)
    yield row("memory for a remote user in that room", found["remote"], f"{found['remote']['each']:,.0f} B", "at most 120 B",
              found["remote"]["each"] <= 120)


class Guests:
    """The program bench_returns."""

    def __init__(self, bench, rooms, rate, *parties):
        words = [str(word) for party in parties for word in party]
        self._process = subprocess.Popen([str(bench.binaries / "bench_returns"), str(rooms), str(rate), *words], stdin=subprocess.PIPE,
                                         stdout=subprocess.PIPE, text=True, env=bench.environment)

    def __enter__(self):
        self._hear()
        return self

    def __exit__(self, *_):
        self._process.kill()
        self._process.wait()
        self._process.stdin.close()
        self._process.stdout.close()

    def _hear(self):
        line = self._process.stdout.readline()
        if not line:
            raise Wrong("the guests have ended")
        return json.loads(line)

    def ask(self, command):
        self._process.stdin.write(command + "\n")
        self._process.stdin.flush()
        return self._hear()

    def settle(self):
        """Returns the verdict; raises Wrong if it names a fault."""
        verdict = self.ask("settle")
        faults = [f"{verdict[name]:,} {words}" for name, words in FAULTS.items() if verdict[name]]
        if faults or not verdict["settled"]:
            raise Wrong(f"{', '.join(faults) or 'the guests did not settle'}: {json.dumps(verdict)}")
        return verdict


def kills(bench):
    """All clients on one of two nodes, which is killed; others stay on a third one, and talk on."""
    staying = max(bench.clients // 10, 1)
    caught_up, late = [], []
    with bench.cluster(3) as cluster:
        front = cluster.balance(cluster.nodes[:2], "first")
        with Guests(bench, staying, bench.clients // 10, (f"ws://127.0.0.1:{front}/ws/joined", bench.clients),
                    (cluster.nodes[2].url("/ws/joined"), staying)) as guests:
            for number in range(bench.kills):
                time.sleep(0.5 if bench.quick else 3)  # HAProxy has found the other node
                victim = cluster.nodes[number % 2]
                guests.ask("begin")
                begun = time.monotonic()
                victim.end(signal.SIGKILL)
                seen = guests.ask(f"await {bench.clients}")
                if len(seen["caught_up"]) < bench.clients:
                    raise Wrong(f"{bench.clients - len(seen['caught_up']):,} clients were not back within a minute")
                caught_up.append(max(seen["caught_up"]) - begun)
                late.append(seen["late"]["most"])
                print(f"kill {number + 1}: caught up after {caught_up[-1]:.2f} s, the last was back after "
                      f"{max(seen['back']) - begun:.2f} s", file=sys.stderr, flush=True)
                victim.start()
            verdict = guests.settle()
    yield row(f"kill -9 of a node with {bench.clients:,} clients, {bench.kills} times",
              {"caught_up_s": caught_up, "late_s": late, "verdict": verdict},
              f"all caught up after {span(caught_up, 2)} s; of {verdict['acknowledged']:,} acknowledged messages lost 0, twice 0",
              "5 s at most", max(caught_up) <= 5)


def rolling(bench):
    """Three nodes behind HAProxy, which are stopped and started again one after the other."""
    with bench.cluster(3) as cluster:
        front = cluster.balance(cluster.nodes)
        with Guests(bench, max(bench.clients // 10, 1), bench.clients // 10, (f"ws://127.0.0.1:{front}/ws/joined", bench.clients)) as guests:
            time.sleep(1)
            guests.ask("begin")
            begun = time.monotonic()
            for node in cluster.nodes:
                node.end()
                node.start()
                cluster.wait_until_known()
                time.sleep(2)  # HAProxy has found it
            seen = guests.ask("await 0")
            took = time.monotonic() - begun
            verdict = guests.settle()
    if seen["anew"]:
        raise Wrong(f"{seen['anew']:,} sessions were lost in a rolling restart")
    late = seen["late"]
    yield row(f"rolling restart of 3 nodes with {bench.clients:,} clients",
              {"took_s": took, "resumed": seen["resumed"], "anew": seen["anew"], "late": late, "verdict": verdict},
              f"{seen['resumed']:,} times resumed, sessions lost 0; of {verdict['acknowledged']:,} acknowledged messages lost 0, twice 0; "
              f"late p50 {1000 * late['p50']:,.1f} ms, p99 {1000 * late['p99']:,.0f} ms, most {late['most']:.2f} s",
              "no message later than 2 s", late["most"] <= 2)


CASES = {"latency": latency, "cpu": cpu, "memory": memory, "kills": kills, "rolling": rolling}


def table(result):
    lines = ["| several nodes | median (least to most) | goal |", "|---|---|---|"]
    for one in result["rows"]:
        goal = f"{one['goal']}: {'met' if one['met'] else '**missed**'}" if one["goal"] and not result["quick"] else ""
        lines.append(f"| {one['what']} | {one['words']} | {goal} |")
    machine = result["machine"]
    lines += ["", f"{result['rounds']} round{'s' * (result['rounds'] != 1)}. {machine['cores']} cores, Linux {machine['kernel']}, "
              f"load average {machine['load_before'][0]:.1f} before the run and {machine['load_after'][0]:.1f} after it."]
    if result["quick"]:
        lines.append("This was a quick run: it shows that everything works, and measures nothing.")
    return "\n".join(lines) + "\n"


def parse():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="a little of everything but the rolling restart: measures nothing")
    parser.add_argument("--rounds", type=int, help="samples of each (5; quick: 1)")
    parser.add_argument("--kills", type=int, help="how often a node is killed (3; quick: 1)")
    parser.add_argument("--clients", type=int, help="of the nodes that are killed or restarted (5,000; quick: 100)")
    parser.add_argument("--case", action="append", choices=CASES, dest="cases", help="only this; may be given again")
    parser.add_argument("--build", type=pathlib.Path, default=ROOT / "build" / "release", help="where bin/ is")
    parser.add_argument("--output", type=pathlib.Path,
                        help="JSON, and beside it the table (build/bench-cluster.json; quick: build/bench-cluster-quick.json)")
    arguments = parser.parse_args()
    for name, full, quick in (("rounds", 5, 1), ("kills", 3, 1), ("clients", 5_000, 100)):
        setattr(arguments, name, getattr(arguments, name) or (quick if arguments.quick else full))
    arguments.cases = arguments.cases or [name for name in CASES if name != "rolling" or not arguments.quick]
    arguments.output = arguments.output or ROOT / "build" / f"bench-cluster{'-quick' * arguments.quick}.json"
    return arguments


def main():
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("ended"))  # so that the nodes end too
    arguments = parse()
    machine = {"kernel": os.uname().release, "cores": os.cpu_count(), "load_before": os.getloadavg()}
    rows = []
    with tempfile.NamedTemporaryFile("w", suffix=".tokens") as tokens:
        bench = Bench(arguments, tokens.name)
        for name in arguments.cases:
            try:
                for one in CASES[name](bench):
                    rows.append(one)
                    print(f"{one['what']}: {one['words']}", file=sys.stderr, flush=True)
            except Wrong as wrong:
                sys.exit(f"{name}: {wrong}")
    result = {"quick": arguments.quick, "rounds": arguments.rounds, "machine": {**machine, "load_after": os.getloadavg()}, "rows": rows}
    words = table(result)
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(result, indent=1) + "\n")
    arguments.output.with_suffix(".md").write_text(words)
    print(words)


if __name__ == "__main__":
    main()
