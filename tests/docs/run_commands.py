#!/usr/bin/env python3
"""Runs the shell commands of README.md and docs/, as their markers say: a page is one session, in the order of its blocks.

<!-- run -->           each command ends with 0; a command that ends in & is a server, and the next command waits until it listens
<!-- run: LINE -->     the same; LINE is typed, then the input ends
<!-- serve -->         each line except exports is a server, which serves the blocks below until another one does, and ends with 0
<!-- not run: WHY -->
A shell block without a marker fails. Usage: run_commands.py ROOT BUILD
"""
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time

from check_snippets import BLOCK, pages

COMMANDS = re.compile(r"(?:<!-- (run|serve|not run)(?:: (.*?))? -->\n)?```(?:sh|bash|console)\n(.*?)```", re.S)
SECONDS = 60  # per page
PORT = 8000  # all documents use it
PRELUDE = f"""set -eu
server=
trap '[ -z "$server" ] || kill -9 $server' EXIT
listening() {{
  server=$!
  until (exec 3<>/dev/tcp/127.0.0.1/{PORT}) 2>/dev/null; do kill -0 $server; sleep 0.05; done
}}
stop() {{
  [ -n "$server" ] || return 0
  kill $server
  wait $server
  server=
}}
"""


class Problem(Exception):
    pass


def session(name, text):
    """Returns the script of a page, or None if the page runs nothing."""
    script, runs = PRELUDE, False
    for kind, argument, block in COMMANDS.findall(text):
        marked = {"run": True, "serve": not argument, "not run": bool(argument)}.get(kind, False)
        if not marked:
            raise Problem(f"{name}: a shell block needs <!-- run -->, <!-- serve --> or <!-- not run: WHY -->:\n{block}")
        if kind == "not run":
            continue
        runs = True
        lines = []
        for line in block.splitlines():
            if kind == "serve" and not line.startswith("export "):
                line += " &"
            lines.append(f"stop\n{line}\nlistening" if line.endswith(" &") else line)
        typed = shlex.quote(argument + "\n") if argument else "''"
        script += "{\n" + "\n".join(lines) + f"\n}} < <(printf %s {typed})\n"
    return script + "stop\n" if runs else None


def build_program(root, build, code, target):
    """Compiles and links a whole program as the examples are."""
    linked = subprocess.run(["ninja", "-C", build, "-t", "commands", "examples/seed_chat"], check=True, capture_output=True, text=True)
    command = linked.stdout.splitlines()[-1].replace("-o examples/seed_chat ", f"-o {shlex.quote(target)} ")
    source = target + ".cpp"
    with open(source, "w", encoding="utf-8") as file:
        file.write(code)
    command = re.sub(r"\S*seed_chat\.cpp\.o", f"-std=c++20 -O0 -I {shlex.quote(os.path.join(root, 'include'))} {shlex.quote(source)}", command)
    subprocess.run(command, shell=True, check=True, cwd=build)


def sandbox(root, build, folder, text):
    """Makes what a reader has: ./dev, the programs that were built, and those that the page has written so far."""
    programs = os.path.join(folder, "build", "release", "examples")
    os.makedirs(programs)
    shutil.copy(os.path.join(root, "dev"), folder)
    os.symlink(os.path.join(build, "bin"), os.path.join(folder, "build", "release", "bin"))
    for name in os.listdir(os.path.join(build, "examples")):
        path = os.path.join(build, "examples", name)
        if os.path.isfile(path) and os.access(path, os.X_OK):
            os.symlink(path, os.path.join(programs, name))
    for kind, what, code in BLOCK.findall(text):
        if kind == "compile":
            build_program(root, build, code, os.path.join(programs, what))


def wait_for_port():
    for _ in range(300):  # until the previous user of the port has gone
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", PORT)) != 0:
                return
        time.sleep(0.1)
    raise Problem(f"port {PORT} is never free")


def run_page(root, build, page):
    """Returns whether the page had anything to run."""
    name = os.path.relpath(page, root)
    with open(page, encoding="utf-8") as file:
        text = file.read()
    script = session(name, text)
    if script is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        sandbox(root, build, folder, text)
        wait_for_port()
        env = {**os.environ, "PATH": os.path.join(folder, "build", "release", "bin") + ":" + os.environ["PATH"]}
        env.pop("MICROFRAME_SECRET", None)
        process = subprocess.Popen(["bash", "-xc", script], cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, text=True, start_new_session=True)
        try:
            output, _ = process.communicate(timeout=SECONDS)
        except subprocess.TimeoutExpired:
            raise Problem(f"{name}: not done within {SECONDS} s") from None
        finally:
            try:
                os.killpg(process.pid, signal.SIGKILL)  # a server that a failed command has left
            except ProcessLookupError:
                pass
    if process.returncode != 0:
        raise Problem(f"{name}: a command ended with {process.returncode}:\n{output}")
    return True


def main():
    root, build = (os.path.abspath(path) for path in sys.argv[1:])
    problems, ran = [], 0
    for page in pages(root):
        try:
            ran += run_page(root, build, page)
        except Problem as problem:
            problems.append(str(problem))
    print("\n".join(problems) or f"the commands of {ran} pages work")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
