#!/usr/bin/env python3
"""Prints the lines and branches that llvm-cov found covered, one line per file and a total per folder.

Usage: report.py SUMMARY.json PERCENT FOLDER...    exits with 1 if a folder has fewer of its branches covered
"""
import json
import os
import sys


def percent(part):
    return 100.0 if part["count"] == 0 else 100.0 * part["covered"] / part["count"]


def row(name, lines, branches):
    missing = branches["count"] - branches["covered"]
    print(f"{name:36} {percent(lines):7.2f} {percent(branches):9.2f} {branches['count']:9} {missing:8}")


def total(summaries, kind):
    return {key: sum(summary[kind][key] for summary in summaries) for key in ("count", "covered")}


def main(path, wanted, folders):
    with open(path, encoding="utf-8") as file:
        files = json.load(file)["data"][0]["files"]
    by_name = {os.path.relpath(entry["filename"]): entry["summary"] for entry in files}
    failed = []
    print(f"{'':36} {'lines %':>7} {'branch %':>9} {'branches':>9} {'missing':>8}")
    for folder in folders:
        names = sorted(name for name in by_name if name.startswith(folder + "/"))
        for name in names:
            row(name, by_name[name]["lines"], by_name[name]["branches"])
        summaries = [by_name[name] for name in names]
        branches = total(summaries, "branches")
        row(folder, total(summaries, "lines"), branches)
        if not names or percent(branches) < wanted:
            failed.append(folder)
    for folder in failed:
        print(f"{folder}: fewer than {wanted:g} % of the branches are covered", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    if len(sys.argv) < 4:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1], float(sys.argv[2]), sys.argv[3:]))
