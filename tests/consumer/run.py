#!/usr/bin/env python3
"""Builds a project with microframe in every way that docs/how-to/use-in-your-project.md has, and runs it.

Usage: run.py ROOT BUILD           BUILD: of a static library, with all parts; everything else is made in BUILD/consumer
       run.py ROOT --write FOLDER  writes the project that uses find_package

The project is main.cpp, and a CMakeLists.txt with the blocks of the page that are marked <!-- consumer: WAY -->.
The library of add_subdirectory is shared, and installed for find_package and pkg-config. That of FetchContent lacks its parts.
Both are compiled without optimization, and alike, so that ccache has the second when the first is done.
"""
import os
import re
import shlex
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PAGES = ("README.md", "docs/how-to/use-in-your-project.md")
BLOCK = re.compile(r"<!-- consumer: (\w+) -->\n```cmake\n(.*?)```", re.S)
COMMAND = re.compile(r"^g\+\+ .*pkg-config.*$", re.M)
PARTS = ("CLUSTER", "JWKS", "METRICS")
# The targets are those that a parent project may well have.
HEAD = """cmake_minimum_required(VERSION 3.25)
project(chat LANGUAGES CXX)
foreach(name base net client server app cli tests examples bench fuzzers)
  add_custom_target(${name})
endforeach()
add_executable(chat main.cpp)
"""


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=1200, **options)
    if done.returncode != 0:
        sys.exit(f"{shlex.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def read_pages(root):
    """returns: the blocks by their ways, and the command with pkg-config."""
    blocks, commands = {}, set()
    for page in PAGES:
        with open(os.path.join(root, page), encoding="utf-8") as file:
            text = file.read()
        commands |= set(COMMAND.findall(text))
        for way, block in BLOCK.findall(text):
            if blocks.setdefault(way, block) != block:
                sys.exit(f"{page}: the block {way} differs from another page's")
    if len(commands) != 1:
        sys.exit(f"one command with pkg-config is wanted, there are {len(commands)}")
    return blocks, commands.pop()


def write_project(folder, root, *blocks):
    """Makes the project, with the sources of microframe in third_party. Files that do not change are left alone."""
    os.makedirs(os.path.join(folder, "third_party"), exist_ok=True)
    checkout = os.path.join(folder, "third_party", "microframe")
    if not os.path.islink(checkout):
        os.symlink(root, checkout)
    shutil.copy2(os.path.join(HERE, "main.cpp"), folder)
    with open(os.path.join(folder, "CMakeLists.txt"), "w", encoding="utf-8") as file:
        file.write(HEAD + "".join(blocks))


class Ways:
    def __init__(self, root, build):
        self.root, self.build = root, build
        self.folder = os.path.join(build, "consumer")
        self.blocks, self.command = read_pages(root)

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def install(self, build, name):
        shutil.rmtree(self.path(name), ignore_errors=True)
        run("cmake", "--install", build, "--prefix", self.path(name), "--component", "dev")

    def by_cmake(self, name, ways, *options, arguments=()):
        # The same sources for all, because their name is part of what ccache looks at.
        project = self.path("project")
        write_project(project, self.root, *(self.blocks[way] for way in ways))
        defined = [f"-D{option}" for option in ("CMAKE_BUILD_TYPE=Debug", "CMAKE_CXX_FLAGS_DEBUG=", *options)]
        launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
        run("cmake", "-G", "Ninja", "-S", project, "-B", self.path(name), *defined, *launcher)
        run("cmake", "--build", self.path(name), "--target", "chat")
        return run(self.path(name, "chat"), *arguments)

    def by_find_package(self, name, prefix, *also):
        return self.by_cmake(name, ["find_package", *also], f"CMAKE_PREFIX_PATH={self.path(prefix)}")

    def by_pkg_config(self, name, prefix):
        os.makedirs(self.path(name), exist_ok=True)
        shutil.copy(os.path.join(HERE, "main.cpp"), self.path(name))
        library = self.path(prefix, "lib")
        env = {**os.environ, "PKG_CONFIG_PATH": os.path.join(library, "pkgconfig"), "LD_LIBRARY_PATH": library}
        run("bash", "-euc", self.command, cwd=self.path(name), env=env)
        return run(self.path(name, "chat"), env=env)

    def all(self):
        """Yields the names of the ways, and what the programs have said."""
        self.install(self.build, "static")
        yield "find_package, static", self.by_find_package("find_package-static", "static", "precompiled")
        yield "pkg-config, static", self.by_pkg_config("pkg-config-static", "static")
        alike = "CMAKE_POSITION_INDEPENDENT_CODE=ON"
        shared = ("BUILD_SHARED_LIBS=ON", "MICROFRAME_INSTALL=ON", "CMAKE_INSTALL_LIBDIR=lib", alike)
        yield "add_subdirectory, shared", self.by_cmake("add_subdirectory", ["add_subdirectory"], *shared)
        self.install(self.path("add_subdirectory"), "shared")
        yield "find_package, shared", self.by_find_package("find_package-shared", "shared")
        yield "pkg-config, shared", self.by_pkg_config("pkg-config-shared", "shared")
        without = [f"MICROFRAME_{part}=OFF" for part in PARTS]
        yield "FetchContent, without parts", self.by_cmake("fetch_content", ["fetch_content"], alike, *without, arguments=["bare"])


def main():
    root = os.path.abspath(sys.argv[1])
    if sys.argv[2] == "--write":
        return write_project(sys.argv[3], root, read_pages(root)[0]["find_package"])
    start = time.monotonic()
    for name, said in Ways(root, os.path.abspath(sys.argv[2])).all():
        now = time.monotonic()
        print(f"{name} ({now - start:.0f} s): {said.splitlines()[-1]}", flush=True)
        start = now


if __name__ == "__main__":
    main()
