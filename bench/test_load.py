#!/usr/bin/python3
"""The load generator against servers that lie: it must name each lie and fail, or its figures would mean nothing.

BENCH_LOAD and BENCH_FLOOR name the two programs.
"""
import base64
import hashlib
import json
import os
import socket
import struct
import subprocess
import threading
import unittest
import zlib

LOAD = os.environ["BENCH_LOAD"]
FLOOR = os.environ["BENCH_FLOOR"]
CLOSE_1000 = b"\x88\x02\x03\xe8"


def accept_of(key):
    return base64.b64encode(hashlib.sha1(key + b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11").digest())


def answer(request, accept=None, extra=b""):
    key = next(line[19:] for line in request.split(b"\r\n") if line.startswith(b"Sec-WebSocket-Key: "))
    return (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: " +
            (accept or accept_of(key)) + b"\r\n" + extra + b"\r\n")


DEFLATE = b"Sec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; client_no_context_takeover\r\n"


def agree(request):
    return answer(request, extra=DEFLATE)


def deflated(payload):
    compressor = zlib.compressobj(wbits=-15)
    return (compressor.compress(payload) + compressor.flush(zlib.Z_SYNC_FLUSH))[:-4]


def inflated(payload):
    return zlib.decompressobj(wbits=-15).decompress(payload + b"\0\0\xff\xff")


def read_frame(stream):
    """Returns (opcode, payload) of one masked frame of under 126 bytes; None at the end."""
    head = stream.read(6)
    if len(head) < 6:
        return None
    mask = head[2:6]
    payload = stream.read(head[1] & 0x7F)
    return head[0] & 0x0F, bytes(byte ^ mask[i % 4] for i, byte in enumerate(payload))


def frame(opcode, payload):
    return bytes([0x80 | opcode, len(payload)]) + payload


class Liar:
    """A server: `shake` answers the request, `reply` gives the bytes for the nth message of a connection."""

    def __init__(self, reply=lambda n, opcode, payload: frame(opcode, payload), shake=answer):
        self.reply, self.shake = reply, shake
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.accepting = threading.Thread(target=self.accept, daemon=True)
        self.accepting.start()

    def accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with connection, connection.makefile("rb") as stream:
            try:
                request = b""
                while not request.endswith(b"\r\n\r\n"):
                    request += stream.readline()
                connection.sendall(self.shake(request))
                for n in range(1_000_000):
                    received = read_frame(stream)
                    if received is None:
                        return
                    connection.sendall(self.reply(n, *received))
                    if received[0] == 8:
                        return
            except OSError:
                pass  # the load generator has seen enough

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # Its thread first: it might go on with the descriptor's number, which the next liar's listener gets.
        self.listener.shutdown(socket.SHUT_RDWR)
        self.accepting.join()
        self.listener.close()


def load(mode, url, *options):
    return subprocess.run([LOAD, mode, url, "--pid", str(os.getpid()), *options], capture_output=True, text=True, timeout=60)


def third(lie):
    """The truth twice, then the lie."""
    return lambda n, opcode, payload: lie(opcode, payload) if n == 2 else frame(opcode, payload)


# What the server does wrong, the mode that looks, how the server does it, and what the load generator must say.
LIES = [
    ("§4.2.2 refuses", "echo", Liar, {"shake": lambda r: b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"}, "403 Forbidden"),
    ("§4.1 item 4: the accept of another key", "echo", Liar, {"shake": lambda r: answer(r, accept=accept_of(b"x"))}, "item 4"),
    ("§4.1 item 4: one accept for all keys", "handshake", Liar,
     {"shake": lambda r: answer(r, accept=b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")}, "item 4"),
    ("§4.1 item 5: an extension unasked", "echo", Liar,
     {"shake": lambda r: answer(r, extra=b"Sec-WebSocket-Extensions: permessage-deflate\r\n")}, "never offered"),
    ("§4.1 item 2: no Upgrade", "echo", Liar,
     {"shake": lambda r: answer(r).replace(b"Upgrade: websocket\r\n", b"")}, "does not upgrade"),
    ("one byte changed", "echo", Liar, {"reply": third(lambda o, p: frame(o, p[:-1] + b"!"))}, "not what was sent"),
    ("one byte less", "echo", Liar, {"reply": third(lambda o, p: frame(o, p[:-1]))}, "not what was sent"),
    ("binary for text", "echo", Liar, {"reply": third(lambda o, p: frame(2, p))}, "not what was sent"),
    ("the same message for ever", "echo", Liar, {"reply": lambda n, o, p: frame(o, b"0" * 64)}, "not what was sent"),
    ("one message twice", "echo", Liar, {"reply": third(lambda o, p: frame(o, p) * 2)}, "not what was sent"),
    ("one delivery twice", "relay", Liar, {"reply": third(lambda o, p: frame(o, p) * 2)}, "delivery"),
    ("§5.1 masked", "echo", Liar, {"reply": third(lambda o, p: bytes([0x80 | o, 0x80 | len(p), 0, 0, 0, 0]) + p)}, "§5.1"),
    ("§5.2 a reserved bit", "echo", Liar, {"reply": third(lambda o, p: bytes([0xC0 | o, len(p)]) + p)}, "§5.2"),
    ("§5.2 a length of 64 in two bytes", "echo", Liar, {"reply": third(lambda o, p: bytes([0x80 | o, 126, 0, len(p)]) + p)}, "minimal"),
    ("§5.5 a long ping", "echo", Liar, {"reply": third(lambda o, p: b"\x89\x7e\x00\x7e" + b"x" * 126)}, "§5.5"),
    ("closes in the middle", "echo", Liar, {"reply": third(lambda o, p: frame(8, struct.pack("!H", 4429) + b"slow"))}, "4429 slow"),
    ("§5.5.1 another status than the peer's", "handshake", Liar, {"reply": lambda n, o, p: frame(8, b"\x03\xea")}, "1002"),
    ("§5.5.1 ends without a Close", "handshake", Liar, {"reply": lambda n, o, p: b""}, "without a Close"),
    ("speaks first", "idle", Liar, {"shake": lambda r: answer(r) + frame(1, b"hello")}, "nobody asked"),
    ("ends an idle connection", "idle", Liar, {"shake": lambda r: answer(r) + CLOSE_1000}, "closed by the server"),
]
FEW = ("--connections", "1", "--messages", "100")
# The same for servers that are offered permessage-deflate.
DEFLATE_LIES = [
    ("declines", {"shake": answer}, "not agreed on"),
    ("wants a context", {"shake": lambda r: answer(r, extra=b"Sec-WebSocket-Extensions: permessage-deflate\r\n")}, "not agreed on"),
    ("does not compress", {"shake": agree, "reply": lambda n, o, p: frame(o, inflated(p))}, "plain message"),
    ("sends what cannot be inflated", {"shake": agree, "reply": lambda n, o, p: frame(0x40 | o, b"\x06")}, "cannot be inflated"),
    ("changes a byte", {"shake": agree, "reply": lambda n, o, p: frame(0x40 | o, deflated(inflated(p)[:-1] + b"!"))}, "not what was sent"),
    ("a reserved bit", {"shake": agree, "reply": lambda n, o, p: frame(0x20 | o, p)}, "§5.2"),
]


class LiesAreCaught(unittest.TestCase):
    def test_each(self):
        for name, mode, server, how, words in LIES:
            with self.subTest(name), server(**how) as liar:
                done = load(mode, f"ws://127.0.0.1:{liar.port}/ws/{mode}", *FEW)
                self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                self.assertIn(words, done.stderr)
                self.assertEqual(done.stdout, "")

    def test_each_with_deflate(self):
        for name, how, words in DEFLATE_LIES:
            with self.subTest(name), Liar(**how) as liar:
                done = load("echo", f"ws://127.0.0.1:{liar.port}/ws/echo", *FEW, "--bytes", "100", "--deflate")
                self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                self.assertIn(words, done.stderr)

    def test_a_relay_out_of_order(self):
        held = []

        def swap(n, opcode, payload):  # the second after the third
            if n == 1:
                held.append(frame(opcode, payload))
                return b""
            return frame(opcode, payload) + (held.pop() if held else b"")

        with Liar(reply=swap) as liar:
            done = load("relay", f"ws://127.0.0.1:{liar.port}/ws/relay", *FEW, "--window", "3")
        self.assertEqual(done.returncode, 1)
        self.assertIn("not the next one", done.stderr)

    def test_a_delivery_too_many_of_messages_too_short_for_a_mark(self):
        with Liar(reply=lambda n, opcode, payload: frame(opcode, payload) * 2) as liar:
            done = load("relay", f"ws://127.0.0.1:{liar.port}/ws/relay", "--connections", "2", "--bytes", "0")
        self.assertEqual(done.returncode, 1)
        self.assertIn("a delivery more than was sent", done.stderr)

    def test_a_server_that_is_not_there(self):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        done = load("echo", f"ws://127.0.0.1:{port}/", *FEW)
        self.assertEqual(done.returncode, 1)
        self.assertIn("connect: Connection refused", done.stderr)


class TheTruthPasses(unittest.TestCase):
    def report(self, mode, *options):
        floor = subprocess.Popen([FLOOR, "0"], stdout=subprocess.PIPE, text=True)
        try:
            port = floor.stdout.readline().strip().rsplit(":", 1)[1]
            done = subprocess.run([LOAD, mode, f"ws://127.0.0.1:{port}/ws/{mode}", "--pid", str(floor.pid), *options],
                                  capture_output=True, text=True, timeout=60)
        finally:
            floor.terminate()
            floor.wait()
            floor.stdout.close()
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_an_honest_server(self):
        with Liar() as honest:
            done = load("echo", f"ws://127.0.0.1:{honest.port}/ws/echo", *FEW)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_an_honest_server_that_compresses(self):
        with Liar(shake=agree, reply=lambda n, o, p: frame(0x40 | o, p)) as honest:
            for kind in ((), ("--json",), ("--binary",)):
                done = load("echo", f"ws://127.0.0.1:{honest.port}/ws/echo", *FEW, "--bytes", "100", "--deflate", *kind)
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_ping_is_answered(self):
        def ping_once(n, opcode, payload):
            if opcode == 10:
                self.assertEqual(payload, b"there?")
                return frame(*kept.pop())
            if n == 0:
                kept.append((opcode, payload))
                return frame(9, b"there?")
            return frame(opcode, payload)

        kept = []
        with Liar(reply=ping_once) as honest:
            done = load("echo", f"ws://127.0.0.1:{honest.port}/ws/echo", *FEW)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(kept, [])

    def test_echo_of_all_lengths(self):
        for size in ("0", "1", "15", "16", "17", "125", "126", "65535", "65536", "1000000"):
            for kind in ((), ("--binary",)):
                with self.subTest(size=size, kind=kind):
                    self.report("echo", "--connections", "3", "--messages", "12", "--bytes", size, *kind)

    def test_relay_counts_deliveries(self):
        for window in ("1", "3", "16"):
            with self.subTest(window=window):
                report = self.report("relay", "--connections", "50", "--messages", "2000", "--bytes", "128", "--window", window)
                self.assertEqual(report["messages"], 2000)
                self.assertGreater(report["cpu_us_per_message"], 0)

    def test_handshakes_that_close_and_that_vanish(self):
        for how in ((), ("--abort",)):
            with self.subTest(how=how):
                report = self.report("handshake", "--connections", "8", "--messages", "200", *how)
                self.assertEqual(report["messages"], 200)

    def test_idle_reads_the_memory(self):
        report = self.report("idle", "--connections", "300", "--hold", "0")
        self.assertEqual(report["connections"], 300)
        self.assertGreater(report["memory_after_bytes"], 0)


class OnlyThisMachine(unittest.TestCase):
    def test_other_addresses_are_refused(self):
        for url in ("ws://10.0.0.1:80/", "ws://128.0.0.1:80/", "ws://localhost:80/", "ws://127.0.0.1.example.org:80/",
                    "ws://[::2]:80/", "ws://[::ffff:10.0.0.1]:80/", "ws://0.0.0.0:80/", "http://127.0.0.1:80/",
                    "ws://127.0.0.1/", "ws://127.0.0.1:0/", "ws://127.0.0.1:65536/", "ws://127.0.0.1:80", "ws://u@127.0.0.1:80/"):
            with self.subTest(url):
                done = load("echo", url)
                self.assertEqual(done.returncode, 1)
                self.assertIn("load goes to", done.stderr)

    def test_bad_options_are_named(self):
        for options, words in ((("--bytes", "x"), "--bytes takes"), (("--connections", "0"), "--connections takes"),
                               (("--loud",), "unknown option --loud"), (("--window",), "lacks its value"),
                               (("--tokens", "/nowhere"), "no tokens in")):
            with self.subTest(options):
                done = load("echo", "ws://127.0.0.1:9/", *options)
                self.assertEqual(done.returncode, 1)
                self.assertIn(words, done.stderr)


if __name__ == "__main__":
    unittest.main()
