#!/usr/bin/python3
"""Checks that every metric which packaging/grafana/microframe.json shows is one that a server has.

Usage: check_dashboard.py ROOT SERVER
"""
import json
import os
import re
import subprocess
import sys
import urllib.request

METRIC = re.compile(r"\b(?:microframe|process)_[a-z_]+")
LABEL = re.compile(r"by \(([a-z, ]+)\)")


def served(binary):
    """Returns what /metrics of a server says."""
    environment = {**os.environ, "MICROFRAME_SECRET": "d" * 64}
    command = [binary, "serve", "--listen", "127.0.0.1:0", "--admin", "public"]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            where = server.stdout.readline().removeprefix("listening on ").strip()
            with urllib.request.urlopen(where + "/metrics", timeout=20) as answer:
                return answer.read().decode()
        finally:
            server.terminate()


def main():
    root, binary = sys.argv[1:]
    with open(os.path.join(root, "packaging", "grafana", "microframe.json"), encoding="utf-8") as file:
        dashboard = json.load(file)
    text = served(binary)
    names = set(re.findall(r"^([a-z_]+)[ {]", text, re.M))
    labels = set(re.findall(r"[{,]([a-z_]+)=", text)) | {"instance"}
    shown = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    missing = sorted({name for words in shown for name in METRIC.findall(words)} - names)
    missing += sorted({label for words in shown for group in LABEL.findall(words) for label in group.split(", ")} - labels)
    if missing or not shown:
        sys.exit("no server has what the dashboard shows: " + ", ".join(missing))
    print(f"{len(shown)} queries ask for what a server has")


if __name__ == "__main__":
    main()
