#!/usr/bin/env python3
"""`returns:` and `errors:` begin a line of a comment, where readers look for them: reads all C++ under FOLDERS.

Usage: check_prose.py ROOT [FOLDER..]  exits with 1 and names each bad line; FOLDER: in place of FOLDERS
       check_prose.py --self-test      exits with 1 unless exactly the bad lines of a bad text are reported
"""
import os
import re
import sys

from cpp_text import comments

FOLDERS = ("include", "src", "server", "examples", "tests", "bench")
LABEL = re.compile(r"(?<![\w`])(returns|errors):(?![:\w])")


def check_text(text):
    """Yields the numbers and problems of bad lines."""
    for number, alone, words in comments(text):
        for label in LABEL.finditer(words):
            if label.start() or not alone:
                yield number, f"{label[1]}: does not begin a line"
                break


def sources(root, folders):
    for top in folders:
        for folder, _, names in sorted(os.walk(os.path.join(root, top))):
            yield from (os.path.join(folder, name) for name in sorted(names) if name.endswith((".hpp", ".cpp")))


def check_tree(root, folders):
    problems = []
    for path in sources(root, folders):
        with open(path, encoding="utf-8") as file:
            problems += [(os.path.relpath(path, root), *problem) for problem in check_text(file.read())]
    return problems


# Every line that holds BAD must be reported, and no other.
BAD = "bad"
TEXT = '''// Reads it.
// returns: what it has read.
// errors:  none.
// Reads it. returns: bad
// Reads it, (errors: bad)
int read();  // returns: bad
// `returns:` begins a line.
auto a = "// returns: a string"; auto b = 'x';  // Reads. errors: bad
auto c = R"(
// Reads. returns: a string
)";
// my_errors: and std::errors::kind are other words.
/* errors: fine
 * returns: fine
 * Reads; returns: bad
 */
  // returns: at an indentation.
long d = 1'000'000;  // errors: bad
'''


def self_test():
    reported = {number for number, _ in check_text(TEXT)}
    bad = {number for number, line in enumerate(TEXT.split("\n"), 1) if line.endswith((BAD, BAD + ")"))}
    return [("self-test", number, "not reported") for number in sorted(bad - reported)] + \
           [("self-test", number, "reported, but correct") for number in sorted(reported - bad)]


def main():
    if sys.argv[1:] == ["--self-test"]:
        problems = self_test()
    else:
        problems = check_tree(sys.argv[1], sys.argv[2:] or FOLDERS)
    for path, line, problem in problems:
        print(f"{path}:{line}: {problem}")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
