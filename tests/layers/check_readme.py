#!/usr/bin/env python3
"""Every test that tests/README.md names exists, and every fault found in use (A1 to F38) names one.

Usage: check_readme.py ROOT          exits with 1 and names what is missing
       check_readme.py --self-test   exits with 1 unless what is missing is found
In the table of the faults `A01_` is each C++ test whose name begins so, `Suite.Name` one of them, `"D27: "` each test in JavaScript
whose title begins so, `test_B15_` each in Python, and whatever holds a / is a file.
"""
import os
import re
import sys

FAULTS = [f"{letter}{number}" for letter, first, last in (("A", 1, 11), ("B", 12, 19), ("C", 20, 26), ("D", 27, 33), ("E", 34, 37), ("F", 38, 38))
          for number in range(first, last + 1)]
ROW = re.compile(r"^\| ([A-F]\d+) \|(.*)\|$", re.M)
NAME = re.compile(r"`([^`]+)`")
IN_CPP = re.compile(r"^TEST(?:_F|_P)?\((\w+),\s*(\w+)", re.M)
IN_JS = re.compile(r"^\s*test\([\"'`]([^\"'`]*)", re.M)
IN_PYTHON = re.compile(r"^\s*(?:async )?def (test_\w+)", re.M)
SKIPPED = ("node_modules", "build", ".git")


def find_tests(root):
    """Returns the names of all tests, in three sets: C++ (Suite.Name), JavaScript, Python."""
    cpp, js, python = set(), set(), set()
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in SKIPPED]
        for name in names:
            kind = os.path.splitext(name)[1]
            if kind not in (".cpp", ".js", ".py"):
                continue
            with open(os.path.join(folder, name), encoding="utf-8") as file:
                text = file.read()
            cpp |= {f"{suite}.{test}" for suite, test in IN_CPP.findall(text)} if kind == ".cpp" else set()
            js |= set(IN_JS.findall(text)) if kind == ".js" else set()
            python |= set(IN_PYTHON.findall(text)) if kind == ".py" else set()
    return cpp, js, python


def exists(name, tests, is_file):
    cpp, js, python = tests
    if name.startswith('"'):
        return any(title.startswith(name.strip('"')) for title in js)
    if name.startswith("test_"):
        return any(test.startswith(name) for test in python)
    if "/" in name:
        return is_file(name)
    return name in cpp or any(test.split(".")[1].startswith(name) for test in cpp if "." not in name)


def problems_of(text, tests, is_file):
    """Yields what the table lacks, and what it names that is not there."""
    rows = dict(ROW.findall(text))
    for fault in FAULTS:
        names = NAME.findall(rows.get(fault, ""))
        if not names:
            yield f"{fault}: no test is named"
        yield from (f"{fault}: there is no {name}" for name in names if not exists(name, tests, is_file))


def self_test():
    tests = {"X.A01_One", "X.Alone"}, {"D27: half"}, {"test_B15_by"}
    text = "".join(f"| {fault} | `A01_`, `X.Alone`, `\"D27: \"`, `test_B15_`, `a/b` |\n" for fault in FAULTS)
    assert not list(problems_of(text, tests, "a/b".__eq__))
    for name in ("A01_", "X.Alone", '"D27: "', "test_B15_", "a/b"):
        bad = text.replace(f"| A3 | `A01_`, `X.Alone`, `\"D27: \"`, `test_B15_`, `a/b` |", f"| A3 | `{name[:-1]}?{name[-1]}` |")
        assert len(list(problems_of(bad, tests, "a/b".__eq__))) == 1, name
    assert list(problems_of(text.replace("| B12 |", "| B |"), tests, "a/b".__eq__)) == ["B12: no test is named"]


def main():
    if sys.argv[1] == "--self-test":
        return self_test()
    root = sys.argv[1]
    with open(os.path.join(root, "tests", "README.md"), encoding="utf-8") as file:
        problems = list(problems_of(file.read(), find_tests(root), lambda path: os.path.exists(os.path.join(root, path))))
    print("\n".join(problems) if problems else "every test that is named exists")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
