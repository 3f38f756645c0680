#!/usr/bin/env python3
"""Builds the project of this folder with microframe in every way that docs/how-to/use-in-your-project.md has, and runs it.

Usage: run.py ROOT BUILD   BUILD: of a static library, with all parts; it is installed beneath itself, as is all that is built here

The library of the subdirectory is shared, and installed for find_package and pkg-config. That of FetchContent lacks its parts.
Both are compiled without optimization, and alike, so that ccache has the second when the first is done.
"""
import os
import shlex
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
PARTS = ("CLUSTER", "JWKS", "METRICS")


def run(*command, **options):
    done = subprocess.run(command, capture_output=True, text=True, timeout=1200, **options)
    if done.returncode != 0:
        sys.exit(f"{shlex.join(command)} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


class Ways:
    def __init__(self, root, build):
        self.root, self.build = root, build
        self.folder = os.path.join(build, "consumer")

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def install(self, build, name):
        shutil.rmtree(self.path(name), ignore_errors=True)
        run("cmake", "--install", build, "--prefix", self.path(name), "--component", "dev")

    def by_cmake(self, name, *options, arguments=()):
        defined = [f"-D{option}" for option in ("CMAKE_BUILD_TYPE=Debug", "CMAKE_CXX_FLAGS_DEBUG=", *options)]
        launcher = ["-DCMAKE_CXX_COMPILER_LAUNCHER=ccache"] if shutil.which("ccache") else []
        run("cmake", "-G", "Ninja", "-S", HERE, "-B", self.path(name), *defined, *launcher)
        run("cmake", "--build", self.path(name), "--target", "consumer")
        return run(self.path(name, "consumer"), *arguments)

    def by_find_package(self, name, prefix):
        return self.by_cmake(name, "MICROFRAME_BY=find_package", f"CMAKE_PREFIX_PATH={self.path(prefix)}")

    def by_pkg_config(self, name, prefix):
        env = {**os.environ, "PKG_CONFIG_PATH": self.path(prefix, "lib", "pkgconfig")}
        flags = shlex.split(run("pkg-config", "--cflags", "--libs", "microframe >= 0.2", env=env))
        program = self.path(name)
        run("g++", "-std=c++20", os.path.join(HERE, "main.cpp"), "-o", program, *flags)
        return run(program, env={**os.environ, "LD_LIBRARY_PATH": self.path(prefix, "lib")})

    def checkout(self, by, *options):
        return (f"MICROFRAME_BY={by}", f"MICROFRAME_CHECKOUT={self.root}", "CMAKE_POSITION_INDEPENDENT_CODE=ON", *options)

    def all(self):
        """Yields the names of the ways, and what the programs have said."""
        self.install(self.build, "static")
        yield "find_package, static", self.by_find_package("find_package-static", "static")
        yield "pkg-config, static", self.by_pkg_config("pkg-config-static", "static")
        shared = self.checkout("add_subdirectory", "BUILD_SHARED_LIBS=ON", "MICROFRAME_INSTALL=ON", "CMAKE_INSTALL_LIBDIR=lib")
        yield "add_subdirectory, shared", self.by_cmake("add_subdirectory", *shared)
        self.install(self.path("add_subdirectory"), "shared")
        yield "find_package, shared", self.by_find_package("find_package-shared", "shared")
        yield "pkg-config, shared", self.by_pkg_config("pkg-config-shared", "shared")
        bare = self.checkout("fetch_content", *(f"MICROFRAME_{part}=OFF" for part in PARTS))
        yield "FetchContent, without parts", self.by_cmake("fetch_content", *bare, arguments=["bare"])


def main():
    ways = Ways(*(os.path.abspath(path) for path in sys.argv[1:]))
    os.makedirs(ways.folder, exist_ok=True)
    start = time.monotonic()
    for name, said in ways.all():
        now = time.monotonic()
        print(f"{name} ({now - start:.0f} s): {said.splitlines()[-1]}", flush=True)
        start = now


if __name__ == "__main__":
    main()
