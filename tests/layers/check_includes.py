#!/usr/bin/env python3
"""The layer rule of docs/explanation/architecture.md, as a test: reads every #include under include/, src/ and server/.

Usage: check_includes.py ROOT          exits with 1 and names each bad line
       check_includes.py --self-test   exits with 1 if a bad tree were not reported
"""
import os
import re
import sys
import tempfile

# What each layer may include of the others, and of the public headers ("*" is all).
LAYERS = {
    "base": set(),
    "proto": {"base"},
    "authx": {"base"},
    "hub": {"base"},
    "net": {"base"},
    "ws": {"base", "proto", "authx", "hub", "net"},
    "cluster": {"base", "hub", "net"},
    "app": {"base", "proto", "authx", "hub", "net", "ws", "cluster"},
}
PUBLIC = {
    "base": {"json.hpp", "task.hpp", "config_error.hpp", "detail/scheduler.hpp"},
    "proto": set(),
    "authx": {"authx.hpp", "authx/", "json.hpp", "task.hpp", "config_error.hpp"},
    "hub": {"ws/join_result.hpp"},
    "net": {"config_error.hpp", "detail/scheduler.hpp"},
    "ws": {"*"},
    "cluster": {"config_error.hpp", "task.hpp"},
    "app": {"*"},
}
PURE = {"proto", "authx", "hub"}
IMPURE = re.compile(r"#include <(thread|fstream|filesystem|unistd\.h|uv\.h|sys/.*|netdb\.h|poll\.h|fcntl\.h|condition_variable)>"
                    r"|\b(system|steady)_clock::now\(\)")
NOT_PUBLIC = re.compile(r"#include <(uv|openssl|hiredis|spdlog|zlib|prometheus|CLI|sqlite)")
INCLUDE = re.compile(r'^\s*#include "([^"]+)"')


def allowed(layer, target):
    if target.startswith("microframe/"):
        name = target.removeprefix("microframe/")
        return any(p == "*" or p == name or (p.endswith("/") and name.startswith(p)) for p in PUBLIC[layer])
    owner = target.split("/")[0]
    if owner == "embedded":
        return layer == "app"
    return owner == layer or owner in LAYERS[layer]


def check_line(path, layer, line):
    match = INCLUDE.match(line)
    if match:
        target = match.group(1)
        if layer == "include" and not target.startswith("microframe/"):
            return f"a public header includes {target}"
        if layer == "server" and not target.startswith(("microframe/", "app/")):
            return f"server/ includes {target}"
        if layer in LAYERS and not allowed(layer, target):
            return f"{layer} includes {target}"
    if layer == "include" and NOT_PUBLIC.search(line):
        return "a public header includes a library that is not the user's: " + line.strip()
    if layer in PURE and IMPURE.search(line):
        return f"{layer} is pure: no socket, clock, thread or file: " + line.strip()
    return None


def check_file(root, path):
    parts = path.split(os.sep)
    layer = parts[1] if parts[0] == "src" else parts[0]
    if layer not in LAYERS and layer not in ("include", "server"):
        yield path, 1, f"{layer} is no layer: give it its place in {os.path.basename(__file__)}"
        return
    with open(os.path.join(root, path), encoding="utf-8") as file:
        lines = file.readlines()
    if path.endswith(".hpp") and not any(line.startswith("#pragma once") for line in lines):
        yield path, 1, "a header without #pragma once"
    own = f"{layer}/{parts[-1].removesuffix('.cpp')}.hpp"
    includes = [line for line in lines if line.startswith("#include")]
    if path.endswith(".cpp") and os.path.exists(os.path.join(root, "src", own)) and own not in includes[0]:
        yield path, 1, f"a source includes its own header first: {own}"
    for number, line in enumerate(lines, 1):
        problem = check_line(path, layer, line)
        if problem:
            yield path, number, problem


def check_tree(root):
    problems = []
    for top in ("include", "src", "server"):
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in sorted(names):
                if name.endswith((".hpp", ".cpp")):
                    problems += check_file(root, os.path.relpath(os.path.join(folder, name), root))
    return problems


BAD_TREE = {
    "src/proto/a.hpp": '#pragma once\n#include "net/loop.hpp"\n',
    "src/hub/b.hpp": '#pragma once\n#include "ws/site.hpp"\n',
    "src/authx/c.cpp": "#include <thread>\n",
    "src/authx/d.cpp": "#include <chrono>\nauto t = std::chrono::system_clock::now();\n",
    "src/base/e.hpp": "int x;\n",
    "src/ws/f.hpp": '#pragma once\n#include "app/cli.hpp"\n',
    "src/ws/g.cpp": '#include <vector>\n#include "ws/f.hpp"\n',
    "src/ws/g.hpp": "#pragma once\n",
    "src/misc/h.hpp": "#pragma once\n",
    "include/microframe/i.hpp": '#pragma once\n#include <uv.h>\n',
    "include/microframe/j.hpp": '#pragma once\n#include "base/bytes.hpp"\n',
    "server/main.cpp": '#include "ws/site.hpp"\n',
}


def self_test():
    with tempfile.TemporaryDirectory() as root:
        for path, text in BAD_TREE.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
        reported = {path for path, _, _ in check_tree(root)}
    missed = set(BAD_TREE) - {"src/ws/g.hpp"} - reported
    return [(path, 1, "not reported") for path in sorted(missed)]


def main():
    problems = self_test() if sys.argv[1:] == ["--self-test"] else check_tree(sys.argv[1])
    for path, line, problem in problems:
        print(f"{path}:{line}: {problem}")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
