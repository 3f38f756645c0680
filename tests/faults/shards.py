#!/usr/bin/env python3
"""Runs the tests of a GoogleTest program in several processes at once.

Usage: shards.py COUNT SECONDS PROGRAM [ARG..]   prints the output of those that fail, or hang for
so long; no test at all is a failure
"""
import os
import re
import subprocess
import sys
import tempfile
import time

RAN = re.compile(r"^\[=+\] (\d+) tests? from .* ran\.", re.M)


def wait(process, until):
    try:
        process.wait(max(0, until - time.monotonic()))
    except subprocess.TimeoutExpired:
        print("killed, because it hung:")
        process.kill()
        process.wait()


def main(count, seconds, command):
    until = time.monotonic() + seconds
    shards = []
    for index in range(count):
        environment = {**os.environ, "GTEST_TOTAL_SHARDS": str(count), "GTEST_SHARD_INDEX": str(index)}
        output = tempfile.TemporaryFile("w+", errors="replace")  # a pipe would fill up while the others are read
        shards.append((subprocess.Popen(command, env=environment, stdout=output, stderr=output), output))
    ran, failed = 0, 0
    for shard, output in shards:
        wait(shard, until)
        output.seek(0)
        said = output.read()
        ran += sum(map(int, RAN.findall(said)))
        if shard.returncode != 0:
            failed += 1
            print(said)
    print(f"{ran} tests ran in {count} processes, of which {failed} failed")
    return 1 if failed or ran == 0 else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:]))
