#!/usr/bin/python3
"""Runs the chaos_cluster program until so many actions have befallen its nodes and its Redis, and prints the sums of all runs.

Usage: run.py CHAOS_CLUSTER ACTIONS [--from SEED] | run.py CHAOS_CLUSTER [ACTIONS] --seed SEED
A run has EACH actions at most. Exits with 1 if a message was lost, repeated, out of order, or missing without notice, or if a node sees
wrongly who is there in the end. The logs of the nodes of a run that does not hold are kept.
"""
import argparse
import collections
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

EACH = 10
PATIENCE_S = 400  # for one run
# What a run counts, in words. The counts of BAD must be zero.
GOOD = (("sent", "messages sent"), ("acknowledged", "acknowledged"), ("stored", "stored"))
BAD = (("lost", "acknowledged and lost"), ("repeated", "published or heard twice"), ("out_of_order", "out of order"),
       ("gaps_untold", "missed without being told"), ("unequal", "nodes with a wrong view of who is there"),
       ("crashed", "nodes that have crashed"))
REST = (("unavailable", "answered unavailable"), ("unknown", "unknown: their session had ended"), ("resumed", "times resumed"),
        ("anew", "sessions begun anew"), ("gaps_told", "gaps told: recovered false"))


def run(program, seed, actions):
    """Returns the program's report, or one with `failure` if the program did not finish."""
    folder = tempfile.mkdtemp(prefix=f"microframe-chaos-{seed}-")
    command = [program, "--seed", str(seed), "--actions", str(actions), "--folder", folder]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE_S)
        if done.returncode in (0, 1) and done.stdout:
            report = json.loads(done.stdout)
        else:
            report = {"seed": seed, "failure": f"exit code {done.returncode}: {done.stderr[-2000:]}"}
    except subprocess.TimeoutExpired:
        report = {"seed": seed, "failure": f"the run was not finished after {PATIENCE_S} s"}
    if holds(report):
        shutil.rmtree(folder)
    else:
        (pathlib.Path(folder) / "report.json").write_text(json.dumps(report))
    return report | {"folder": folder, "number": actions}


def holds(report):
    return "failure" not in report and not any(report[name] for name, _ in BAD)


def print_failure(report):
    print(f"\nseed {report['seed']} does not hold; logs are in {report['folder']}")
    print(f"Again: ./dev chaos-cluster {report['number']} --seed {report['seed']}")
    for problem in report.get("problems", [report.get("failure")]):
        print(f"  {problem[:600]}")


def print_sums(reports, seconds):
    sums, actions = collections.Counter(), collections.Counter()
    for report in reports:
        sums.update({name: report[name] for name, _ in (*GOOD, *BAD, *REST)})
        actions.update(report["actions"])
    for group in (GOOD, BAD, REST):
        print()
        for name, words in group:
            print(f"{words + ':':42}{sums[name]:>12,}")
    print(f"\n{len(reports)} runs in {seconds:.0f} s; " + ", ".join(f"{kind} {n:,} times" for kind, n in actions.items()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("actions", type=int, nargs="?", default=EACH)
    parser.add_argument("--from", type=int, default=1, dest="first")
    parser.add_argument("--seed", type=int, help="this one alone, in one run")
    options = parser.parse_args()
    begun = time.monotonic()
    if options.seed is not None:
        plan = [(options.seed, options.actions)]
    else:
        sizes = [EACH] * (options.actions // EACH) + [options.actions % EACH] * (options.actions % EACH > 0)
        plan = [(options.first + i, size) for i, size in enumerate(sizes)]
    reports = []
    for seed, actions in plan:
        print(f"seed {seed}, {actions} actions", flush=True)
        reports.append(run(options.program, seed, actions))
        if not holds(reports[-1]):
            print_failure(reports[-1])
    print_sums([report for report in reports if "failure" not in report], time.monotonic() - begun)
    sys.exit(0 if all(map(holds, reports)) else 1)


if __name__ == "__main__":
    main()
