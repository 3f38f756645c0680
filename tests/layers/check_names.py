#!/usr/bin/env python3
"""Every fault of the original has a test named FNN_.., every scenario has one named SNN_.. (F01and19_ names two), and so has
every fault found in use that has a row among the scenarios (A01_, B12_).

Usage: check_names.py ROOT          exits with 1 and names the numbers that are missing
       check_names.py --self-test   exits with 1 unless a missing number is found
The scenarios and their rows are those of tests/scenarios/run.py. A file of tests/compile_fail is a test too.
"""
import os
import re
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "scenarios"))
import run as scenarios  # noqa: E402

FAULTS = range(1, 29)
TEST = re.compile(r"^TEST(?:_F|_P)?\(\w+,\s*([A-FS]\d\d)(?:and(\d\d))?_", re.M)
FILE = re.compile(r"([FS]\d\d)_\w+\.cpp")


def named(texts, files):
    found = set()
    for text in texts:
        for first, second in TEST.findall(text):
            found.add(first)
            if second:
                found.add(first[0] + second)
    return found | {match[1] for match in map(FILE.match, files) if match}


def missing(found):
    wanted = [f"F{number:02}" for number in FAULTS] + [f"S{number:02}" for number in scenarios.SCENARIOS]
    wanted += [f"{row[0]}{int(row[1:]):02}" for row in scenarios.FAULTS]
    return [name for name in wanted if name not in found]


def sources(root):
    for folder, _, names in os.walk(os.path.join(root, "tests")):
        for name in names:
            if name.endswith(".cpp"):
                yield os.path.join(folder, name)


def self_test():
    every = "".join(f"TEST(X, F{n:02}_X)\n" for n in FAULTS if n not in (1, 19)) + "TEST_F(X, F01and19_X)\n"
    every += "".join(f"TEST_P(X, S{n:02}_X)\n" for n in scenarios.SCENARIOS if n != 7)
    every += "".join(f"TEST_F(X, {row[0]}{int(row[1:]):02}_X)\n" for row in scenarios.FAULTS)
    assert missing(named([every], [])) == ["S07"]
    assert not missing(named([every], ["S07_seven.cpp"]))
    assert missing(named([every.replace("F01and19_", "F01_")], ["S07_seven.cpp"])) == ["F19"]
    assert missing(named([every.replace("A03_", "Three_")], ["S07_seven.cpp"])) == ["A03"]


def main():
    if sys.argv[1] == "--self-test":
        return self_test()
    files = list(sources(sys.argv[1]))
    texts = []
    for path in files:
        with open(path, encoding="utf-8") as file:
            texts.append(file.read())
    lacking = missing(named(texts, map(os.path.basename, files)))
    print("no test is named for " + ", ".join(lacking) if lacking else "every fault and scenario has a test")
    sys.exit(1 if lacking else 0)


if __name__ == "__main__":
    main()
