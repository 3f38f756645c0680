#!/usr/bin/env python3
"""The version is that of CMakeLists.txt: <microframe/version.hpp> says the same, and CHANGELOG.md has a section for it.

Usage: check_version.py ROOT          exits with 1 and says what differs
       check_version.py --self-test   exits with 1 unless what differs is found
"""
import os
import re
import sys

PROJECT = re.compile(r"^project\(microframe VERSION (\S+)", re.M)


def problems_of(build, header, changelog):
    """The texts of the three files. Yields what is wrong."""
    version = PROJECT.search(build)[1]
    wanted = dict(zip(("_MAJOR", "_MINOR", "_PATCH"), version.split(".")), **{"": f'"{version}"'})
    for name, value in wanted.items():
        if not re.search(rf"^#define MICROFRAME_VERSION{name} {re.escape(value)}$", header, re.M):
            yield f"version.hpp: MICROFRAME_VERSION{name} is not {value}"
    if not re.search(rf"^## {re.escape(version)}\b", changelog, re.M):
        yield f"CHANGELOG.md: no section for {version}"


def self_test():
    build, changelog = "project(microframe VERSION 1.2.3 LANGUAGES CXX\n", "# Changelog\n\n## 1.2.3\n"
    header = "".join(f"#define MICROFRAME_VERSION{name}\n" for name in ("_MAJOR 1", "_MINOR 2", "_PATCH 3", ' "1.2.3"'))
    assert not list(problems_of(build, header, changelog))
    assert len(list(problems_of(build.replace("1.2.3", "1.2.4"), header, changelog))) == 3
    assert len(list(problems_of(build, header.replace("MINOR 2", "MINOR 22"), changelog))) == 1
    assert len(list(problems_of(build, header, "## Unreleased\n"))) == 1


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.read()


def main():
    if sys.argv[1] == "--self-test":
        return self_test()
    paths = ("CMakeLists.txt", "include/microframe/version.hpp", "CHANGELOG.md")
    problems = list(problems_of(*(read(sys.argv[1], path) for path in paths)))
    print("\n".join(problems) or "one version")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
