#!/usr/bin/python3
"""Runs the chaos program with one seed after the other, two at a time, and prints the sums of all runs.

Usage: run.py CHAOS RUNS [--from SEED] | run.py CHAOS --seed SEED
Exits with 1 if any message was lost, repeated, out of order, or missing without notice, or if a member saw the room wrongly.
"""
import argparse
import collections
import concurrent.futures
import json
import os
import subprocess
import sys
import time

AT_ONCE = 2
PATIENCE_S = 120  # for one run
# What a run counts, in words. The counts of BAD must be zero.
GOOD = (("sent", "messages sent"), ("acknowledged", "acknowledged"), ("handled_once", "handled once"))
BAD = (("lost", "lost"), ("repeated", "repeated"), ("out_of_order", "out of order"), ("gaps_untold", "missed without being told"),
       ("unequal", "wrong views of who is in the room"))
REST = (("unknown", "unknown: their session had ended"), ("resumed", "times resumed"), ("anew", "sessions begun anew"),
        ("gaps_told", "gaps told: recovered false"))


def run(program, seed):
    """Returns the program's report, or one with `failure` if the program did not finish."""
    try:
        done = subprocess.run([program, "--seed", str(seed)], capture_output=True, text=True, timeout=PATIENCE_S)
    except subprocess.TimeoutExpired:
        return {"seed": seed, "failure": f"the run was not finished after {PATIENCE_S} s"}
    if done.returncode in (0, 1) and done.stdout:
        return json.loads(done.stdout)
    return {"seed": seed, "failure": f"exit code {done.returncode}: {done.stderr[-2000:]}"}


def holds(report):
    return "failure" not in report and not any(report[name] for name, _ in BAD)


def print_failure(report):
    print(f"\nseed {report['seed']} does not hold. Again: ./dev chaos --seed {report['seed']}")
    for problem in report.get("problems", [report.get("failure")]):
        print(f"  {problem[:400]}")


def print_sums(reports, seconds):
    sums, faults = collections.Counter(), collections.Counter()
    for report in reports:
        sums.update({name: report[name] for name, _ in (*GOOD, *BAD, *REST)})
        faults.update(report["faults"])
    for group in (GOOD, BAD, REST):
        print()
        for name, words in group:
            print(f"{words + ':':34}{sums[name]:>12,}")
    print(f"\n{len(reports)} runs in {seconds:.0f} s; faults: " + ", ".join(f"{n:,} {kind}" for kind, n in faults.items()))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("runs", type=int, nargs="?", default=200)
    parser.add_argument("--from", type=int, default=1, dest="first")
    parser.add_argument("--seed", type=int, help="this one alone, with the server's log")
    options = parser.parse_args()
    if options.seed is not None:
        os.execv(options.program, [options.program, "--seed", str(options.seed)])
    begun = time.monotonic()
    seeds = range(options.first, options.first + options.runs)
    with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
        reports = []
        for report in pool.map(lambda seed: run(options.program, seed), seeds):
            reports.append(report)
            if not holds(report):
                print_failure(report)
    print_sums([report for report in reports if "failure" not in report], time.monotonic() - begun)
    sys.exit(0 if all(map(holds, reports)) else 1)


if __name__ == "__main__":
    main()
