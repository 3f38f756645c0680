#!/usr/bin/env python3
"""Compiles each file of this folder, and checks that the compiler prints the words of its `// expect:` line.

Usage: check.py COMPILER INCLUDE_DIR
A file that expects `nothing` must compile. Any other file must not compile, and the compiler must print its words.
A file whose second line is `// only: NAME` is checked with the compiler of that name alone.
"""
import concurrent.futures
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def precompile(compiler, include, folder):
    """Compiles the headers once for all files. Returns the options that have them used."""
    header = os.path.join(folder, "all.hpp")
    with open(header, "w", encoding="utf-8") as file:
        file.write("#include <microframe/microframe.hpp>\n")
    compiled = header + ".gch"
    subprocess.run([compiler, "-std=c++20", "-I", include, "-x", "c++-header", header, "-o", compiled], check=True)
    return ["-include-pch", compiled] if "clang" in os.path.basename(compiler) else ["-include", header]


def check(name, compiler, include, precompiled):
    with open(os.path.join(HERE, name), encoding="utf-8") as file:
        expected = file.readline().removeprefix("// expect: ").strip()
        second = file.readline().strip()
    if second.startswith("// only: ") and not os.path.basename(compiler).startswith(second.removeprefix("// only: ")):
        return None
    result = subprocess.run([compiler, "-std=c++20", "-fsyntax-only", "-I", include, *precompiled, os.path.join(HERE, name)],
                            capture_output=True, text=True)
    said = result.stderr.replace("\\\"", "\"")
    if expected == "nothing":
        return None if result.returncode == 0 else f"{name} does not compile:\n{said}"
    if result.returncode == 0:
        return f"{name} compiles, but must not"
    return None if expected in said else f"{name}: the compiler does not say \"{expected}\":\n{said}"


def main():
    names = sorted(name for name in os.listdir(HERE) if name.endswith(".cpp"))
    compiler, include = sys.argv[1:]
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        precompiled = precompile(compiler, include, folder)
        problems = [p for p in pool.map(lambda name: check(name, compiler, include, precompiled), names) if p]
    print("\n".join(problems) or f"{len(names)} files are as expected")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
