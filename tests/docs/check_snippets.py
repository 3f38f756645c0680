#!/usr/bin/env python3
"""Compiles the C++ blocks of README.md and docs/ as their markers say, and follows the links.

<!-- file: PATH -->     the block is that file, without its first comment
<!-- compile: NAME -->  the block is a whole program
<!-- snippet: KIND -->  all blocks of one kind in a page are joined, inside the frame of that kind below
A C++ block without a marker fails. Usage: check_snippets.py ROOT
"""
import concurrent.futures
import os
import re
import subprocess
import sys

HEAD = "#include <microframe/microframe.hpp>\n#include <map>\n#include <thread>\nusing namespace microframe;\n"
CLASS = HEAD + "class Snippet : public ws::ChatBase {\n public:\n%s\n};\nvoid use(Application& a, authx::AuthConfig& c) { a.route<Snippet>(\"/\", c); }\n"
CLIENT = HEAD + "#include <iostream>\nstd::string fetch_token();\nJson look_up(const Json&);\n"
FRAMES = {
    "auth": HEAD + "void use() {\n%s\n}\n",
    "users": HEAD + "std::optional<authx::User> load(const std::string&);\n%s\nUsers users;\n",
    "refresh": CLASS,
    "devices": CLASS.replace("};\n", "  void on_message(ws::WebSocket&, const ws::UserId&, const Json&) {}\n};\n", 1),
    "rooms": CLASS,
    "acked": CLASS,
    "repeats": CLASS.replace("};\n", "  bool is_taken(const std::string&);\n  void charge(const ws::UserId&, const std::string&);\n};\n", 1),
    "drained": CLASS.replace("};\n", "  std::vector<std::string> chunks_;\n};\n", 1),
    "rooms_slow": HEAD + "class Quotes : public ws::ChatBase {\n public:\n  void on_message(ws::WebSocket&, const ws::UserId&, const Json&) {}\n};\n"
                         "void use(Application& app, const authx::AuthConfig& auth) {\n%s\n}\n",
    "application": HEAD + "void use(Application& app) {\n%s\n}\n",
    "watch": HEAD + "void my_logger(const std::string&);\nvoid use(Application& app) {\n%s\n}\n",
    "http": HEAD + "void use(Application& app, const authx::AuthConfig& auth, authx::AuthManager& users) {\n%s\n}\n",
    "client": CLIENT + "void use() {\n%s\n}\n",
    "client_replies": CLIENT + "Task<> use(Client& client) {\n%s\n}\n",
    "client_many": CLIENT + "#include <deque>\nvoid use(const std::vector<std::string>& urls) {\n%s\n}\n",
    "client_plain": CLIENT + "void use() {\n%s\n}\n",
    "publish": HEAD + "class MyChat : public ws::ChatBase {\n public:\n  void on_message(ws::WebSocket&, const ws::UserId&, const Json&) {}\n};\n"
                      "void use(Application& app, const authx::AuthConfig& auth) {\n%s\n}\n",
}
FRAMES["threads"] = FRAMES["publish"].replace("void use(", "int read_sensor();\nint use(").replace("%s\n}", "MyChat& board = app.route<MyChat>(\"/\", auth);\n%s\nreturn exit_code;\n}")
FRAMES["data"] = CLASS
FRAMES["named"] = CLASS
FRAMES["rooms_kept"] = FRAMES["publish"]
BLOCK = re.compile(r"(?:<!-- (\w+): ([^ ]+) -->\n)?```cpp\n(.*?)```", re.S)
FENCE = re.compile(r"^```.*?^```", re.S | re.M)
LINK = re.compile(r"\]\(([^)#:]+)\)")


def pages(root):
    yield os.path.join(root, "README.md")
    for folder, _, names in os.walk(os.path.join(root, "docs")):
        yield from (os.path.join(folder, name) for name in sorted(names) if name.endswith(".md"))


def without_first_comment(text):
    return re.sub(r"\A(//[^\n]*\n)+\n", "", text)


def check_page(root, page):
    """Yields problems, and (name, program) pairs to compile."""
    with open(page, encoding="utf-8") as file:
        text = file.read()
    name = os.path.relpath(page, root)
    joined = {}
    for kind, what, code in BLOCK.findall(text):
        if kind == "file":
            with open(os.path.join(root, what), encoding="utf-8") as file:
                if without_first_comment(file.read()) != code:
                    yield f"{name}: the block is not {what}", None
        elif kind == "compile":
            yield f"{name} ({what})", code
        elif kind == "snippet":
            joined.setdefault(what, []).append(code)
        else:
            yield f"{name}: a C++ block without a marker:\n{code}", None
    for kind, blocks in joined.items():
        yield f"{name} ({kind})", FRAMES[kind] % "\n".join(blocks)
    for target in LINK.findall(FENCE.sub("", text)):
        if not os.path.exists(os.path.join(os.path.dirname(page), target)):
            yield f"{name}: the link {target} leads nowhere", None


def compile_program(root, name, program):
    result = subprocess.run(["g++", "-std=c++20", "-fsyntax-only", "-Wall", "-Wextra", "-Wno-unused-variable", "-I", os.path.join(root, "include"), "-x", "c++", "-"],
                            input=program, capture_output=True, text=True)
    return None if result.returncode == 0 else f"{name} does not compile:\n{result.stderr}"


def main():
    root = sys.argv[1]
    found = [item for page in pages(root) for item in check_page(root, page)]
    problems = [name for name, program in found if program is None]
    programs = [(name, program) for name, program in found if program is not None]
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        problems += [p for p in pool.map(lambda one: compile_program(root, *one), programs) if p]
    print("\n".join(problems) or f"{len(programs)} snippets compile, all links lead somewhere")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
