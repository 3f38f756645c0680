#!/usr/bin/env python3
"""The subject of a commit is `area: imperative`, of at most 72 characters. Merges are not looked at.

Usage: check_commits.py ROOT          exits with 1 and names each bad subject since the rule holds
       check_commits.py --self-test   exits with 1 unless exactly the bad subjects are reported
"""
import re
import subprocess
import sys
import tempfile

# The last commit before the rule. Its name is its subject, because its hash changes when history is written anew. Where it is
# missing, as in a shallow clone, every commit that is there is checked.
LAST_BEFORE = "keys, guard, client: move out of ws"
LENGTH_MAX = 72
SUBJECT = re.compile(r"[a-z0-9][\w+.*/-]*(, [a-z0-9][\w+.*/-]*)*: \S.*")


def problem_of(subject):
    """returns: what is wrong with the subject, or None."""
    if len(subject) > LENGTH_MAX:
        return f"{len(subject)} characters, {LENGTH_MAX} are allowed"
    return None if SUBJECT.fullmatch(subject) else "does not begin with `area: `"


def check(commits, last_before=LAST_BEFORE):
    """commits: (hash, subject) pairs, the newest first. returns: the bad ones, each with its problem."""
    problems = []
    for commit, subject in commits:
        if subject == last_before:
            break
        if problem := problem_of(subject):
            problems.append((commit, subject, problem))
    return problems


def commits_of(root):
    """The commits before HEAD, the newest first; none where there is no git, as in an unpacked archive."""
    log = subprocess.run(["git", "-C", root, "log", "--no-merges", "--topo-order", "--format=%h %s"], capture_output=True, text=True)
    return [tuple(line.split(" ", 1)) for line in log.stdout.splitlines() if " " in line]


def self_test():
    good = ["ws: close politely", "keys, guard, client: move out of ws", "clients/js: wait", "x: " + "y" * 69, "bench: .. 2 of 3"]
    bad = ["Close politely", "ws : close", "ws:close", "x: " + "y" * 70, "Ws: close", "ws close: politely", "ws: "]
    assert [s for s in good + bad if problem_of(s)] == bad, [s for s in good + bad if problem_of(s)]
    old = [("1", "Newest"), ("2", "ws: good"), ("3", "the last"), ("4", "Old")]
    assert [commit for commit, *_ in check(old, "the last")] == ["1"]
    assert [commit for commit, *_ in check(old, "missing")] == ["1", "3", "4"]
    with tempfile.TemporaryDirectory() as folder:
        assert commits_of(folder) == []
        git = ["git", "-C", folder, "-c", "user.name=n", "-c", "user.email=e", "-c", "commit.gpgsign=false"]
        subprocess.run([*git, "init", "-q"], check=True)
        for subject in ("base: first", "Second"):
            subprocess.run([*git, "commit", "-q", "--allow-empty", "--no-verify", "-m", subject], check=True)
        assert [subject for _, subject in commits_of(folder)] == ["Second", "base: first"]


def main():
    if sys.argv[1:] == ["--self-test"]:
        return self_test()
    problems = check(commits_of(sys.argv[1]))
    for commit, subject, problem in problems:
        print(f"{commit} {subject}: {problem}")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
