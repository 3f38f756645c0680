#!/usr/bin/python3
"""Runs each micro-benchmark for as short a time as possible.  Usage: check.py BENCH_MICRO

Exits with 1 if a benchmark reports a wrong result, which Google Benchmark itself accepts like any other, or if a benchmark in a file
beside this one did not run. No time is judged.
"""
import json
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
BENCHMARK = re.compile(r"^BENCHMARK(?:_CAPTURE)?\((\w+)", re.M)


def main(program):
    command = [program, "--benchmark_format=json", "--benchmark_min_time=0.001"]
    results = json.loads(subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True).stdout)["benchmarks"]
    wrong = [f"{result['name']}: {result['error_message']}" for result in results if result.get("error_occurred")]
    ran = {result["name"].split("/")[0] for result in results}
    for source in sorted(HERE.glob("*.cpp")):
        wrong += [f"{source.name}: {name} did not run" for name in BENCHMARK.findall(source.read_text()) or ["nothing"]
                  if name not in ran]
    for line in wrong:
        print(line)
    print(f"{len(results)} micro-benchmarks ran")
    return 1 if wrong else 0


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1]))
