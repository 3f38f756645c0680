#!/usr/bin/env python3
"""The layer rule of docs/explanation/architecture.md, as a test: reads every #include under include/, src/ and server/.

Usage: check_includes.py ROOT          exits with 1 and names each bad line
       check_includes.py --self-test   exits with 1 unless exactly the bad lines of a bad tree are reported
"""
import os
import re
import sys
import tempfile

# What each layer may include of the others, and of the public headers (a name that ends in / is all of a folder).
LAYERS = {
    "base": set(),
    "proto": {"base"},
    "authx": {"base"},
    "hub": {"base"},
    "v1": {"base"},
    "net": {"base"},
    "keys": {"base", "authx"},
    "guard": {"base", "net"},
    "client": {"base", "proto", "v1", "net"},
    "ws": {"base", "proto", "authx", "hub", "v1", "net", "keys", "guard"},
    "cluster": {"base", "hub", "net"},
    "app": {"base", "proto", "authx", "hub", "v1", "net", "keys", "guard", "client", "ws", "cluster"},
}
PUBLIC = {
    "base": {"json.hpp", "task.hpp", "config_error.hpp", "detail/scheduler.hpp"},
    "proto": set(),
    "authx": {"authx.hpp", "authx/", "json.hpp", "task.hpp", "config_error.hpp"},
    "hub": {"ws/join_result.hpp", "json.hpp"},
    "v1": {"json.hpp", "client/"},
    "keys": {"authx/", "config_error.hpp", "detail/scheduler.hpp"},
    "guard": {"authx/", "limits.hpp", "proxies.hpp", "config_error.hpp", "detail/activity.hpp"},
    "client": {"client.hpp", "client/", "ws/message.hpp", "json.hpp", "task.hpp", "config_error.hpp", "compression.hpp", "tls.hpp", "detail/"},
    "ws": {"ws.hpp", "ws/", "authx.hpp", "authx/", "json.hpp", "task.hpp", "config_error.hpp", "compression.hpp", "limits.hpp", "proxies.hpp", "room_options.hpp", "tls.hpp", "detail/"},
    "net": {"io.hpp", "task.hpp", "tls.hpp", "config_error.hpp", "detail/scheduler.hpp"},
    "cluster": {"config_error.hpp", "task.hpp"},
    "app": set(),  # any
}
# A library that one layer hides from the rest is known to that layer alone.
HIDDEN = {"uv": {"net"}, "liburing": {"net"}, "zlib": {"proto"}, "spdlog": {"base"}, "fmt": {"base"}, "CLI": {"app"}, "prometheus": {"app"}, "curl": {"keys"}, "hiredis": {"cluster"}}
NOT_IN_PUBLIC = {*HIDDEN, "openssl", "sqlite3", "crypt", "nghttp2"}

PURE = {"proto", "authx", "hub", "v1"}
IMPURE_HEADER = re.compile(r"(thread|future|condition_variable|semaphore|barrier|latch|fstream|filesystem|ctime|"
                           r"(unistd|uv|netdb|poll|fcntl|dirent|pthread|signal|time|mqueue|sched)\.h|(sys|net|netinet|arpa|linux)/.*)")
CLOCK = re.compile(r"\b(system|steady|high_resolution|utc)_clock::now\b|\b(clock_gettime|gettimeofday|time)\s*\((nullptr|NULL|CLOCK|&)")
INCLUDE = re.compile(r"\s*#\s*include\s*([<\"])([^>\"]+)[>\"]")


def may_include_public(layer, name):
    return layer == "app" or any(p == name or (p.endswith("/") and name.startswith(p)) for p in PUBLIC[layer])


def check_own(layer, target):
    """An include of a file of ours. returns: what is wrong with it, or None."""
    if layer == "include":
        return None if target.startswith("microframe/") else f"a public header includes {target}"
    if layer == "server":
        return None if target.startswith(("microframe/", "app/")) else f"server/ includes {target}"
    owner, _, name = target.partition("/")
    if owner == "microframe":
        good = may_include_public(layer, name)
    elif owner == "embedded":
        good = layer == "app"
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
    for top, own in (("src", f"{layer}/{name}"), ("include", f"microframe/{layer}/{name}"), ("include", f"microframe/{name}")):
        if os.path.exists(os.path.join(root, top, own)):
            return own
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
    includes = [(number, match.group(2)) for number, line in enumerate(lines, 1) if (match := INCLUDE.match(line))]
    own = own_header(root, layer, parts[-1]) if path.endswith(".cpp") else None
    if own:
        number, first = includes[0] if includes else (1, None)
        if first != own:
            yield path, number, f"a source includes its own header first: {own}"
    for number, line in enumerate(lines, 1):
        problem = check_line(root, layer, line)
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
    "src/ws/site.hpp": f'#pragma once\n#include "hub/room.hpp"\n#include "microframe/ws.hpp"\n#include "app/cli.hpp"{BAD}\n'
                       f'#include "microframe/application.hpp"{BAD}\n#include "embedded/page.hpp"{BAD}\n',
    "src/app/cli.hpp": '#pragma once\n#include <CLI/CLI.hpp>\n#include "embedded/page.hpp"\n#include "microframe/application.hpp"\n',
    "src/misc/h.hpp": f"#pragma once{BAD}\n",
    "src/ws/route.cpp": f'#include "ws/site.hpp"{BAD}\n#include "microframe/ws/route.hpp"\n',
    "include/microframe/ws/route.hpp": "#pragma once\n",
    "include/microframe/ws.hpp": f'#pragma once\n#include "microframe/json.hpp"\n#include <uv.h>{BAD}\n#include <openssl/evp.h>{BAD}\n'
                                 f'#include "base/bytes.hpp"{BAD}\n',
    "server/main.cpp": f'#include "app/cli.hpp"\n#include "ws/site.hpp"{BAD}\n',
}


def self_test():
    with tempfile.TemporaryDirectory() as root:
        for path, text in TREE.items():
            os.makedirs(os.path.dirname(os.path.join(root, path)), exist_ok=True)
            with open(os.path.join(root, path), "w", encoding="utf-8") as file:
                file.write(text)
        reported = {(path, number) for path, number, _ in check_tree(root)}
    bad = {(path, number) for path, text in TREE.items() for number, line in enumerate(text.split("\n"), 1) if line.endswith(BAD)}
    return [(*place, "not reported") for place in sorted(bad - reported)] + \
           [(*place, "reported, and is right") for place in sorted(reported - bad)]


def main():
    problems = self_test() if sys.argv[1:] == ["--self-test"] else check_tree(sys.argv[1])
    for path, line, problem in problems:
        print(f"{path}:{line}: {problem}")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
