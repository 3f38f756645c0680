#!/usr/bin/python3
"""How `./dev bench` turns samples into rounds, goals, a table and plots, and how it finds a peer.

BENCH_BUILD names the build whose bin/ has the programs.
"""
import argparse
import contextlib
import importlib.machinery
import importlib.util
import json
import os
import pathlib
import socket
import subprocess
import sys
import tempfile
import threading
import types
import unittest
import xml.dom.minidom

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import cases  # noqa: E402
import drawings  # noqa: E402
import report  # noqa: E402
import servers  # noqa: E402


def script(name):
    """Imports a program whose name lacks .py."""
    loader = importlib.machinery.SourceFileLoader(f"bench_{name}", str(HERE / name))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


run_script, plot_script = script("run"), script("plot")
A, B = cases.OURS, cases.FLOOR


def samples(*cpu, **more):
    return [{"cpu_us_per_message": value, "p50_us": 10 * value, "p99_us": 20 * value, "p999_us": 3000 * value,
             "bytes_per_message": 66, "memory_after_bytes": 2_000_000, **more} for value in cpu]


def case(name, mode="relay", members=0, goals=(), **by_name):
    rows = [{"name": key.replace("_", " "), "samples": value if isinstance(value, list) else [], "note": "",
             "reason": value if isinstance(value, str) else ""} for key, value in by_name.items()]
    return {"case": name, "mode": mode, "counted": "delivery", "members": members, "servers": rows, "goals": list(goals)}


def result(*rows, quick=False, load=0.1):
    return {"quick": quick, "rounds": 3, "machine": {"kernel": "6.1", "cores": 2, "load_average": [load, 0, 0]}, "cases": list(rows)}


class Goals(unittest.TestCase):
    def judge(self, alternatives, row, *others):
        return report.judge(alternatives, row, [row, *others])

    def test_a_ratio_is_taken_within_each_round(self):
        # The machine became twice as slow in the third round: the medians of each server alone would give 1.25.
        row = case("x", microframe=samples(1, 2.5, 5), floor=samples(2, 2, 10))
        self.assertEqual(report.ratios(row["servers"][0]["samples"], row["servers"][1]["samples"]), [0.5, 1.25, 0.5])
        judged = self.judge((cases.Ratio(0.5, B),), row)
        self.assertEqual((judged["figures"], judged["met"]), ([0.5], True))
        self.assertIs(self.judge((cases.Ratio(0.49, B),), row)["met"], False)

    def test_a_goal_is_met_by_one_alternative(self):
        row = case("x", microframe=samples(30), floor=samples(25))
        both = (cases.Figure(25, "cpu_us_per_message", "us"), cases.Ratio(1.25, B))
        self.assertIs(self.judge(both, row)["met"], True)
        self.assertIs(self.judge(both[:1], row)["met"], False)
        self.assertIs(self.judge((both[0], cases.Ratio(1.1, B)), row)["met"], False)

    def test_a_goal_beside_a_server_that_is_not_there_is_neither_met_nor_missed(self):
        for row in (case("x", microframe=samples(1)), case("x", microframe=samples(1), uWebSockets="404")):
            judged = self.judge((cases.Ratio(0.4, "uWebSockets"),), row)
            self.assertIsNone(judged["met"])
            self.assertIn("not told", report.goal_words(judged))

    def test_growth_is_taken_from_the_other_case(self):
        few = case("few", microframe=samples(2, 2), floor=samples(1, 1))
        many = case("many", microframe=samples(2.2, 2.4), floor=samples(1.5, 1.5))
        self.assertIs(self.judge((cases.Growth(1.15, "few"),), many, few)["met"], True)
        self.assertIs(self.judge((cases.Growth(1.14, "few"),), many, few)["met"], False)
        self.assertIsNone(self.judge((cases.Growth(1.15, "few"),), many)["met"])
        words = report.goal_words(self.judge((cases.Growth(1.15, "few"),), many, few))
        self.assertEqual(words, "at most 1.15 of “few”: met (1.150; the floor 1.500)")

    def test_all_goals_name_existing_cases_and_servers(self):
        names = [one.name for one in cases.CASES]
        self.assertEqual(len(set(names)), len(names))
        for one in cases.CASES:
            for goal in (goal for alternatives in one.goals for goal in alternatives):
                if isinstance(goal, cases.Growth):
                    self.assertIn(goal.case, names)
                if isinstance(goal, cases.Ratio) and goal.to == B:
                    self.assertIsNot(one.floor, False)
                if isinstance(goal, cases.Ratio) and goal.to.startswith(A):
                    self.assertEqual(goal.to, one.again[0])


class Table(unittest.TestCase):
    def test_each_server_has_a_row(self):
        goal = report.judge((cases.Ratio(0.4, B),), case("x", microframe=samples(1), floor=samples(2)), [])
        words = report.table(result(case("x", goals=[goal], microframe=samples(1, 3, 2), floor=samples(2, 2, 2))))
        self.assertIn("| x | microframe | 2.00 | 1.000 (0.50 to 1.50) | 20 | 40 | 6,000 | 66 sent | 2.0 | "
                      "at most 0.40 of floor: **missed** (0.500) |", words)
        self.assertIn("|  | floor | 2.00 | - | 20 | 40 | 6,000 | 66 sent | 2.0 |  |", words)
        rows = [line for line in words.splitlines() if line.startswith("|")]
        self.assertEqual({row.count("|") for row in rows}, {11})
        self.assertIn("Medians of 3 rounds", words)

    def test_an_impossible_case_is_a_dash_with_its_reason_once(self):
        rows = [case(name, microframe=samples(1), floor=samples(1), other="handshake refused: HTTP/1.1 404 Not Found") for name in "xy"]
        words = report.table(result(*rows))
        self.assertIn("|  | other | - | - | - | - | - | - | - | - |", words)
        self.assertEqual(words.count("404 Not Found"), 1)
        self.assertIn("- other, x; y: handshake refused: HTTP/1.1 404 Not Found", words)

    def test_idle_connections_show_the_bytes_they_hold(self):
        idle = [{"cpu_us_per_message": 15, "bytes_per_connection": 917, "bytes_per_message": 129, "memory_after_bytes": 18_400_000}]
        words = report.table(result(case("idle", "idle", microframe=idle)))
        self.assertIn("| idle | microframe | 15.00 | - | - | - | - | 917 held | 18.4 |  |", words)

    def test_a_sample_without_cpu_has_no_ratio(self):
        words = report.table(result(case("x", microframe=samples(1), floor=samples(0)), quick=True))
        self.assertIn("| x | microframe | 1.00 | - |", words)
        self.assertIn("measures nothing", words)

    def test_a_busy_machine_is_reported(self):
        row = case("x", microframe=samples(1))
        self.assertIn("was not idle", report.table(result(row, load=2.0)))
        self.assertNotIn("was not idle", report.table(result(row)))

    def test_missed_goals_come_first(self):
        def goal(met, words):
            return {"words": words, "met": met, "figures": [1], "floors": [None], "digits": [3]}

        lines = report.verdict(result(case("x", goals=[goal(True, "a"), goal(None, "b")]), case("y", goals=[goal(False, "c")])))
        self.assertEqual([line[:4] for line in lines], ["y: c", "x: b", "x: a"])
        self.assertIn("missed", lines[0])


class Plots(unittest.TestCase):
    WHOLE = result(case("a < b", microframe=samples(1), floor=samples(2), far=samples(40)),
                   case("ten", members=10, microframe=samples(1), floor=samples(2), far="no"),
                   case("many", members=10_000, microframe=samples(3), floor=samples(2), far="no"))

    def test_plots_are_xml_and_show_every_server(self):
        for draw, words in ((drawings.cpu, ("a < b: us per delivery", "microframe", "far", "40.00, cut")),
                            (drawings.members, ("microframe", "floor", "10,000")),
                            (drawings.latency, ("far", "0.01 / 0.02 / 3.00"))):
            with self.subTest(draw.__name__):
                document = xml.dom.minidom.parseString(draw(self.WHOLE))
                texts = [node.firstChild.data for node in document.getElementsByTagName("text")]
                for each in words:
                    self.assertIn(each, texts)

    def test_bars_are_as_long_as_the_figures(self):
        document = xml.dom.minidom.parseString(drawings.cpu(result(case("x", microframe=samples(1), floor=samples(2)))))
        widths = [float(node.getAttribute("width")) for node in document.getElementsByTagName("rect")[1:]]
        self.assertAlmostEqual(widths[1], 2 * widths[0], delta=0.2)

    def test_plots_without_measurements_are_xml(self):
        for draw in (drawings.cpu, drawings.members, drawings.latency):
            for empty in (result(), result(case("x", other="no"))):
                xml.dom.minidom.parseString(draw(empty))

    def test_the_page_gets_the_table_and_keeps_the_rest(self):
        page = f"before\n{plot_script.BEGIN}\nold\n{plot_script.END}\nafter\n"
        once = plot_script.with_table(page, "new\n")
        self.assertEqual(once, f"before\n{plot_script.BEGIN}\nnew\n{plot_script.END}\nafter\n")
        self.assertEqual(plot_script.with_table(once, "new\n"), once)
        with self.assertRaises(SystemExit):
            plot_script.with_table("no marks", "new\n")

    def test_the_script_writes_plots_and_table(self):
        with tempfile.TemporaryDirectory() as folder:
            docs = pathlib.Path(folder)
            (docs / "images").mkdir()
            (docs / "benchmarks.md").write_text((HERE.parent / "docs" / "benchmarks.md").read_text())
            (docs / "bench.json").write_text(json.dumps(self.WHOLE))
            subprocess.run([HERE / "plot", docs / "bench.json", docs], check=True, timeout=60)
            self.assertIn("| a < b | microframe |", (docs / "benchmarks.md").read_text())
            self.assertEqual(len(list((docs / "images").glob("bench-*.svg"))), 3)


class Rounds(unittest.TestCase):
    CASE = cases.Case("x", cases.Load("echo", "/ws/echo", ()), 9, 3, again=("again", cases.Load("echo", "/ws/other", ())))

    OURS, FLOOR, PEER = (types.SimpleNamespace(name=name) for name in ("ours", "floor", "peer"))

    def compare(self, sample, rounds=4):
        arguments = argparse.Namespace(rounds=rounds, build=pathlib.Path("/nowhere"), quick=False)
        original, run_script.sample = run_script.sample, sample
        try:
            return run_script.compare(self.CASE, arguments, None, self.OURS, self.FLOOR, [self.PEER])
        finally:
            run_script.sample = original

    def test_each_server_has_a_sample_per_round_and_begins_in_turn(self):
        asked = []

        def sample(binaries, cores, server, load, options):
            asked.append((server.name, load.path))
            return {"n": len(asked), "options": options}

        row = self.compare(sample)
        order = [("ours", "/ws/echo"), ("ours", "/ws/other"), ("floor", "/ws/echo"), ("peer", "/ws/echo")]
        self.assertEqual(asked, [order[(turn + begin) % 4] for begin in range(4) for turn in range(4)])
        self.assertEqual([len(server["samples"]) for server in row["servers"]], [4] * 4)
        self.assertEqual([one["n"] for one in row["servers"][0]["samples"]], [1, 8, 11, 14])
        self.assertEqual(row["servers"][0]["samples"][0]["options"], ["--messages", "9"])

    def test_a_peer_that_fails_once_has_no_number_at_all(self):
        asked = []

        def sample(binaries, cores, server, load, options):
            asked.append(server.name)
            if server is self.PEER and asked.count("peer") == 2:
                raise run_script.Refused("an echo is not what was sent")
            return {}

        peer = self.compare(sample)["servers"][-1]
        self.assertEqual((peer["samples"], peer["reason"]), ([], "an echo is not what was sent"))
        self.assertEqual(asked.count("peer"), 2)

    def test_the_run_ends_when_our_server_fails(self):
        def sample(binaries, cores, server, load, options):
            if server is self.FLOOR:
                raise run_script.Refused("wrong")
            return {}

        with self.assertRaises(SystemExit) as end:
            self.compare(sample)
        self.assertIn("wrong", str(end.exception))


class Peers(unittest.TestCase):
    def test_the_process_is_found_by_its_port_with_those_it_started(self):
        child = subprocess.Popen(["/usr/bin/sleep", "60"])
        try:
            for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
                with socket.create_server((host, 0), family=family) as listener:
                    port = listener.getsockname()[1]
                    self.assertEqual(servers.listeners(port), sorted([os.getpid(), child.pid]))
                self.assertEqual(servers.listeners(port), [])
        finally:
            child.kill()
            child.wait()

    def test_a_connected_process_is_no_server(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            ends = [socket.create_connection(("127.0.0.1", port)), listener.accept()[0]]
        self.assertEqual(servers.listeners(port), [])
        for end in ends:
            end.close()

    def test_a_peer_is_read_from_its_words(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
            peer = servers.Peer(f"x=ws://127.0.0.1:{port}")
            self.assertEqual((peer.name, peer.base, peer.dialect), ("x", f"ws://127.0.0.1:{port}", None))
            self.assertIn(os.getpid(), peer.pids)
            self.assertGreater(peer.memory_before, 1_000_000)
            self.assertEqual(servers.Peer(f"io=ws://127.0.0.1:{port}/?dialect=socket.io").dialect, "socket.io")
        for words in ("x", f"x=ws://10.0.0.1:{port}", f"=ws://127.0.0.1:{port}", f"x=http://127.0.0.1:{port}",
                      f"x=ws://127.0.0.1:{port}/ws", f"x=ws://127.0.0.1:{port}"):
            with self.subTest(words), self.assertRaises(ValueError):
                servers.Peer(words)

    def test_a_peer_is_moved_to_the_core_and_back(self):
        allowed = os.sched_getaffinity(0)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            peer = servers.Peer(f"x=ws://127.0.0.1:{listener.getsockname()[1]}")
            chosen = servers.cores(pin=True)
            with peer.running(chosen) as target:
                self.assertEqual(os.sched_getaffinity(0), set(chosen.server))
                self.assertEqual(target.memory_before, peer.memory_before)
        self.assertEqual(os.sched_getaffinity(0), allowed)


@contextlib.contextmanager
def refusing():
    """A server that refuses whatever it is asked."""
    listener = socket.create_server(("127.0.0.1", 0), backlog=2000)

    def serve():
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection:
                    connection.recv(4096)
                    connection.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()
        listener.close()


class Whole(unittest.TestCase):
    def test_a_quick_run_with_a_peer_that_can_do_nothing(self):
        with tempfile.TemporaryDirectory() as folder, refusing() as port:
            output = pathlib.Path(folder) / "out.json"
            done = subprocess.run([HERE / "run", "--quick", "--case", "echo 64 B", "--build", os.environ["BENCH_BUILD"], "--output", output,
                                   "--peer", f"nothing=ws://127.0.0.1:{port}"], capture_output=True, text=True, timeout=100)
            self.assertEqual(done.returncode, 0, done.stderr)
            found = json.loads(output.read_text())
            self.assertEqual([(row["name"], len(row["samples"])) for row in found["cases"][0]["servers"]],
                             [("microframe", 1), ("floor", 1), ("nothing", 0)])
            self.assertIn("404 Not Found", found["cases"][0]["servers"][2]["reason"])
            self.assertIn("|  | nothing | - |", done.stdout)
            self.assertIn(output.with_suffix(".md").read_text(), done.stdout)

    def test_bad_arguments_are_refused(self):
        for options, words in ((("--case", "nothing like it"), "no such case"), (("--peer", "x"), "--peer takes"),
                               (("--peer", "x=ws://127.0.0.1:1"), "nobody listens")):
            with self.subTest(options):
                done = subprocess.run([HERE / "run", *options], capture_output=True, text=True, timeout=60)
                self.assertEqual(done.returncode, 2)
                self.assertIn(words, done.stderr)


if __name__ == "__main__":
    unittest.main()
