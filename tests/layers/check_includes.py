#!/usr/bin/env python3
"""The layer rule of docs/explanation/architecture.md, as a test: reads every #include under include/, src/ and server/.

An include may only point where the rule says, and the units of one layer must not include each other in a circle. A unit is
x.hpp and x.cpp of src/<layer>/, so the includes of sources count. A public header belongs to the unit whose .cpp defines it.

Usage: check_includes.py ROOT           exits with 1 and names each bad line and each circle
       check_includes.py ROOT --graph   prints the number of units and of arrows between them, per layer and in all
       check_includes.py --self-test    exits with 1 unless exactly the bad lines and circles of a bad tree are reported
"""
import os
import re
import sys
import tempfile
from collections import Counter

# What each layer may include of the others, and of the public headers (a name that ends in / is all of a folder).
LAYERS = {
    "base": set(),
    "proto": {"base"},
    "authx": {"base"},
    "http": {"base", "proto", "authx"},
    "hub": {"base"},
    "v1": {"base"},
    "net": {"base"},
    "keys": {"base", "authx"},
    "guard": {"base", "net"},
    "client": {"base", "proto", "v1", "net"},
    "ws": {"base", "proto", "authx", "http", "hub", "v1", "net", "keys", "guard"},
    "cluster": {"base", "hub", "net"},
    "testing": {"base", "proto", "hub", "v1", "ws"},
    "app": {"base", "proto", "authx", "http", "hub", "v1", "net", "keys", "guard", "client", "ws", "cluster"},
    "cli": {"app", "authx", "net"},
}
PUBLIC = {
    "base": {"json.hpp", "log_record.hpp", "task.hpp", "config_error.hpp", "detail/scheduler.hpp"},
    "proto": set(),
    "authx": {"authx.hpp", "authx/", "json.hpp", "task.hpp", "config_error.hpp"},
    "http": {"http.hpp", "http/", "json.hpp", "config_error.hpp"},
    "hub": {"ws/join_result.hpp", "json.hpp"},
    "v1": {"json.hpp", "client/"},
    "keys": {"authx/", "config_error.hpp", "detail/scheduler.hpp"},
    "guard": {"authx/", "limits.hpp", "proxies.hpp", "config_error.hpp", "detail/activity.hpp"},
    "client": {"client.hpp", "client/", "ws/message.hpp", "json.hpp", "task.hpp", "config_error.hpp", "compression.hpp", "tls.hpp", "detail/"},
    "ws": {"ws.hpp", "ws/", "http.hpp", "http/", "authx.hpp", "authx/", "json.hpp", "task.hpp", "config_error.hpp", "compression.hpp", "limits.hpp", "proxies.hpp", "room_options.hpp", "tls.hpp", "detail/"},
    "net": {"task.hpp", "tls.hpp", "config_error.hpp", "detail/scheduler.hpp"},
    "cluster": {"config_error.hpp", "redis_broker.hpp", "task.hpp"},
    "testing": set(),  # any
    "app": set(),  # any
    "cli": set(),  # any
}
# A library that one layer hides from the rest is known to that layer alone.
HIDDEN = {"uv": {"net"}, "liburing": {"net"}, "zlib": {"proto"}, "spdlog": {"base"}, "fmt": {"base"}, "CLI": {"cli"}, "prometheus": {"app"}, "curl": {"keys"}, "hiredis": {"cluster"}}
NOT_IN_PUBLIC = {*HIDDEN, "openssl", "sqlite3", "crypt", "nghttp2"}

# Layers whose units still include each other in a circle: not reported until they are taken apart.
CIRCLES_STILL = set()

PURE = {"proto", "authx", "http", "hub", "v1"}
IMPURE_HEADER = re.compile(r"(thread|future|condition_variable|semaphore|barrier|latch|fstream|filesystem|ctime|"
                           r"(unistd|uv|netdb|poll|fcntl|dirent|pthread|signal|time|mqueue|sched)\.h|(sys|net|netinet|arpa|linux)/.*)")
CLOCK = re.compile(r"\b(system|steady|high_resolution|utc)_clock::now\b|\b(clock_gettime|gettimeofday|time)\s*\((nullptr|NULL|CLOCK|&)")
INCLUDE = re.compile(r"\s*#\s*include\s*([<\"])([^>\"]+)[>\"]")


def may_include_public(layer, name):
    return layer in ("testing", "app", "cli") or any(p == name or (p.endswith("/") and name.startswith(p)) for p in PUBLIC[layer])


def check_own(layer, target):
    """An include of a file of ours. returns: what is wrong with it, or None."""
    if layer == "include":
        return None if target.startswith("microframe/") else f"a public header includes {target}"
    if layer == "server":
        return None if target.startswith(("microframe/", "cli/")) else f"server/ includes {target}"
    owner, _, name = target.partition("/")
    if owner == "microframe":
        good = may_include_public(layer, name)
    elif owner == "embedded":
        good = layer == "cli"
    else:
        good = owner == layer or owner in LAYERS[layer]
    return None if good else f"{layer} includes {target}"


def check_foreign(layer, target):
    """An include of the system's or a library's header. returns: what is wrong with it, or None."""
    library = target.split("/")[0].removesuffix(".h")
    if layer in ("include", "server"):
        return f"{layer}/ includes {target}, which is not the user's" if library in NOT_IN_PUBLIC else None
    if layer not in HIDDEN.get(library, {layer}):
        return f"{layer} includes {target}, which only {' '.join(HIDDEN[library])} may"
    if layer in PURE and (IMPURE_HEADER.fullmatch(target) or (target.endswith("mutex") and layer != "hub")):
        return f"{layer} is pure (no socket, clock, thread or file) and includes {target}"
    return None


def check_line(root, layer, line):
    code = line.split("//")[0]
    match = INCLUDE.match(code)
    if not match:
        return f"{layer} is pure: time is an argument" if layer in PURE and CLOCK.search(code) else None
    quote, target = match.groups()
    if quote == '"':
        return check_own(layer, target)
    if any(os.path.exists(os.path.join(root, top, target)) for top in ("src", "include")):
        return f'"{target}" is ours: it is written with quotes'
    return check_foreign(layer, target)


def own_header(root, layer, source):
    """The header that a source of src/ defines, as it is included, or None."""
    name = source.removesuffix(".cpp") + ".hpp"
    places = (("src", f"{layer}/{name}"), ("include", f"microframe/{layer}/{name}"), ("include", f"microframe/{name}"),
              ("include", f"microframe/detail/{name}"))
    return next((own for top, own in places if os.path.exists(os.path.join(root, top, own))), None)


def layer_of(path):
    parts = path.split(os.sep)
    return parts[1] if parts[0] == "src" else parts[0]


def read_lines(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as file:
        return file.readlines()


def included(lines):
    return [(number, match.group(2)) for number, line in enumerate(lines, 1) if (match := INCLUDE.match(line))]


def check_file(root, path):
    layer = layer_of(path)
    if layer not in LAYERS and layer not in ("include", "server"):
        yield path, 1, f"{layer} is no layer: give it its place in {os.path.basename(__file__)}"
        return
    lines = read_lines(root, path)
    if path.endswith(".hpp") and not any(line.startswith("#pragma once") for line in lines):
        yield path, 1, "a header without #pragma once"
    includes = included(lines)
    own = own_header(root, layer, os.path.basename(path)) if path.endswith(".cpp") else None
    if own:
        number, first = includes[0] if includes else (1, None)
        if first != own:
            yield path, number, f"a source includes its own header first: {own}"
    for number, line in enumerate(lines, 1):
        problem = check_line(root, layer, line)
        if problem:
            yield path, number, problem


def files_of(root, *tops):
    for top in tops:
        for folder, _, names in os.walk(os.path.join(root, top)):
            for name in sorted(names):
                if name.endswith((".hpp", ".cpp")):
                    yield os.path.relpath(os.path.join(folder, name), root)


def check_tree(root):
    """returns: the bad lines, as (path, line, problem)."""
    return [problem for path in files_of(root, "include", "src", "server") for problem in check_file(root, path)]


class Graph:
    """The units of include/ and src/, and the arrows between them. A unit is named by its path without src/ and suffix."""

    def __init__(self, root):
        paths = sorted(files_of(root, "include", "src"))
        headers = {}  # as it is included: the unit
        self.layers = {}  # unit: layer
        for path in paths:
            top, _, name = path.partition(os.sep)
            unit = os.path.splitext(name)[0]
            self.layers[unit] = layer_of(path)
            if path.endswith(".hpp"):
                headers.setdefault(name, unit)
            elif own := own_header(root, layer_of(path), os.path.basename(path)):
                headers[own] = unit
        for name, unit in headers.items():
            if os.path.splitext(name)[0] != unit:
                self.layers.pop(os.path.splitext(name)[0], None)
        self.arrows = {unit: set() for unit in self.layers}
        for path in paths:
            name = path.partition(os.sep)[2]
            unit = headers.get(name, os.path.splitext(name)[0])
            targets = (headers.get(target) for _, target in included(read_lines(root, path)))
            self.arrows[unit] |= {target for target in targets if target not in (None, unit)}

    def way(self, start, end, within):
        """The shortest way along the arrows, as a list of units, or None."""
        before, queue = {start: None}, [start]
        for unit in queue:
            for target in sorted(self.arrows[unit] & within):
                if target == end:
                    way = [target]
                    while unit:
                        way.append(unit)
                        unit = before[unit]
                    return way[::-1]
                if target not in before:
                    before[target] = unit
                    queue.append(target)
        return None

    def circles(self):
        """One circle, the shortest, of each set of units that reach each other. Its first and last units are the same."""
        left = set(self.arrows)
        while left:
            inside = {unit for unit in left if self.arrows[unit] & left}
            inside = {unit for unit in inside if any(unit in self.arrows[other] for other in inside)}
            if inside != left:  # what has no arrow in, or none out, is in no circle
                left = inside
                continue
            ways = [way for unit in sorted(left) if (way := self.way(unit, unit, left))]
            if not ways:
                return
            circle = min(ways, key=len)
            yield circle
            reach = [unit for unit in left if self.way(circle[0], unit, left) and self.way(unit, circle[0], left)]
            left -= set(reach)

    def layers_in(self, circle):
        """A public header that no source defines is in no layer."""
        return {self.layers[unit] for unit in circle} - {"include"}

    def print(self):
        units = Counter(self.layers.values())
        arrows = Counter(self.layers[unit] for unit, targets in self.arrows.items()
                         for target in targets if self.layers[target] == self.layers[unit])
        for layer in [*LAYERS, "include"]:
            print(f"{layer:8} {units[layer]:4} units {arrows[layer]:5} arrows between them")
        print(f"in all   {len(self.arrows):4} units {sum(map(len, self.arrows.values())):5} arrows")


def check_circles(root, but=()):
    """returns: each circle of units, of layers other than `but`, in words."""
    graph = Graph(root)
    return ["a circle of units: " + " -> ".join(circle) for circle in graph.circles() if not graph.layers_in(circle) <= set(but)]


# Every line that ends in BAD must be reported, and no other.
BAD = "  // bad"
TREE = {
    "src/base/log.hpp": f'#pragma once\n#include <spdlog/logger.h>\n#include "microframe/task.hpp"\n#include "proto/utf8.hpp"{BAD}\n',
    "src/base/no_pragma.hpp": f"int x;{BAD}\n",
    "src/proto/utf8.hpp": "#pragma once\n// Nothing here calls steady_clock::now().\n",
    "src/proto/utf8.cpp": '#include "proto/utf8.hpp"\n\n#include <chrono>\n\n#include "base/log.hpp"\n',
    "src/proto/arrows.cpp": f'#include "net/loop.hpp"{BAD}\n#include "authx/a.hpp"{BAD}\n#include "microframe/ws.hpp"{BAD}\n'
                            f'#  include "hub/room.hpp"{BAD}\n#include "../net/loop.hpp"{BAD}\n#include <net/loop.hpp>{BAD}\n',
    "src/proto/libraries.cpp": f"#include <uv.h>{BAD}\n#include <openssl/sha.h>\n#include <spdlog/logger.h>{BAD}\n",
    "src/authx/pure.cpp": f"#include <thread>{BAD}\n#include <fstream>{BAD}\n#include <sys/socket.h>{BAD}\n#include <mutex>{BAD}\n"
                          f"#include <string>\nauto a = std::chrono::system_clock::now();{BAD}\nauto b = time(nullptr);{BAD}\n",
    "src/hub/room.hpp": f'#pragma once\n#include <mutex>\n#include <condition_variable>{BAD}\n#include "ws/site.hpp"{BAD}\n',
    "src/hub/room.cpp": f'#include <vector>{BAD}\n#include "hub/room.hpp"\n',
    "src/net/loop.hpp": "#pragma once\n#include <uv.h>\n#include <thread>\n#include <net/if.h>\n",
    "src/net/loop.cpp": f"int x;{BAD}\n",
    "src/ws/site.hpp": f'#pragma once\n#include "hub/room.hpp"\n#include "microframe/ws.hpp"\n#include "app/server.hpp"{BAD}\n'
                       f'#include "microframe/application.hpp"{BAD}\n#include "embedded/page.hpp"{BAD}\n',
    "src/cli/cli.hpp": '#pragma once\n#include <CLI/CLI.hpp>\n#include "embedded/page.hpp"\n#include "microframe/application.hpp"\n',
    "src/misc/h.hpp": f"#pragma once{BAD}\n",
    "src/ws/route.cpp": f'#include "ws/site.hpp"{BAD}\n#include "microframe/ws/route.hpp"\n',
    "include/microframe/ws/route.hpp": "#pragma once\n",
    "include/microframe/ws.hpp": f'#pragma once\n#include "microframe/json.hpp"\n#include <uv.h>{BAD}\n#include <openssl/evp.h>{BAD}\n'
                                 f'#include "base/bytes.hpp"{BAD}\n',
    "server/main.cpp": f'#include "cli/cli.hpp"\n#include "ws/site.hpp"{BAD}\n',
}


# Circles through sources and through a public header, and the same shapes without a circle.
CIRCLES = {
    "src/net/a.hpp": "#pragma once\n",
    "src/net/a.cpp": '#include "net/a.hpp"\n#include "net/b.hpp"\n',
    "src/net/b.hpp": '#pragma once\n#include "net/c.hpp"\n',
    "src/net/c.hpp": "#pragma once\n",
    "src/net/c.cpp": '#include "net/c.hpp"\n#include "net/a.hpp"\n',
    "src/hub/a.hpp": "#pragma once\n",
    "src/hub/a.cpp": '#include "hub/a.hpp"\n#include "hub/b.hpp"\n#include "hub/c.hpp"\n',
    "src/hub/b.hpp": '#pragma once\n#include "hub/c.hpp"\n',
    "src/hub/c.hpp": "#pragma once\n",
    "src/hub/c.cpp": '#include "hub/c.hpp"\n',
    "include/microframe/authx/tokens.hpp": "#pragma once\n",
    "src/authx/tokens.cpp": '#include "microframe/authx/tokens.hpp"\n#include "authx/codec.hpp"\n',
    "src/authx/codec.hpp": '#pragma once\n#include "microframe/authx/tokens.hpp"\n',
    "include/microframe/limits.hpp": "#pragma once\n",
    "src/app/server.cpp": '#include "app/loops.hpp"\n#include "microframe/limits.hpp"\n',
    "src/app/loops.hpp": '#pragma once\n#include "microframe/limits.hpp"\n',
    "src/ws/a.hpp": '#pragma once\n#include "ws/b.hpp"\n',
    "src/ws/b.hpp": '#pragma once\n#include "ws/a.hpp"\n',
}
CIRCLES_FOUND = {"a circle of units: net/a -> net/b -> net/c -> net/a", "a circle of units: authx/codec -> authx/tokens -> authx/codec"}


def made(tree, check):
    with tempfile.TemporaryDirectory() as root:
        for path, text in tree.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
        return check(root)


def self_test():
    """returns: what is reported and should not be, or the other way round."""
    reported = {(path, number) for path, number, _ in made(TREE, check_tree)}
    bad = {(path, number) for path, text in TREE.items() for number, line in enumerate(text.split("\n"), 1) if line.endswith(BAD)}
    circles = set(made(CIRCLES, lambda root: check_circles(root, {"ws"})))
    problems = [f"{path}:{number}: not reported" for path, number in sorted(bad - reported)]
    problems += [f"{path}:{number}: reported, and is right" for path, number in sorted(reported - bad)]
    problems += [f"not reported: {circle}" for circle in sorted(CIRCLES_FOUND - circles)]
    return problems + [f"reported, and is right: {circle}" for circle in sorted(circles - CIRCLES_FOUND)]


def main():
    if sys.argv[2:] == ["--graph"]:
        return Graph(sys.argv[1]).print()
    if sys.argv[1:] == ["--self-test"]:
        problems = self_test()
    else:
        problems = [f"{path}:{line}: {problem}" for path, line, problem in check_tree(sys.argv[1])]
        problems += check_circles(sys.argv[1], CIRCLES_STILL)
    print(*problems, sep="\n", end="\n" if problems else "")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
