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
                pass  # the load generator has closed the connection

    def __enter__(self):
        return self

    def __exit__(self, *_):
        # The thread ends first: it might continue with the descriptor's number, which the next liar's listener gets.
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
    ("keeps a context", {"shake": lambda r: answer(r, extra=DEFLATE.replace(b" server_no_context_takeover;", b""))}, "not agreed on"),
    ("says a parameter twice (RFC 7692 §7.1)",
     {"shake": lambda r: answer(r, extra=DEFLATE.replace(b"client_no", b"server_no"))}, "not agreed on"),
    ("limits a window that was not offered (RFC 7692 §7.1.2.2)",
     {"shake": lambda r: answer(r, extra=DEFLATE.replace(b"\r\n", b"; client_max_window_bits=9\r\n"))}, "not agreed on"),
    ("wants a context", {"shake": lambda r: answer(r, extra=b"Sec-WebSocket-Extensions: permessage-deflate\r\n")}, "not agreed on"),
    ("does not compress", {"shake": agree, "reply": lambda n, o, p: frame(o, inflated(p))}, "plain message"),
    ("sends what cannot be inflated", {"shake": agree, "reply": lambda n, o, p: frame(0x40 | o, b"\x06")}, "cannot be inflated"),
    ("changes a byte", {"shake": agree, "reply": lambda n, o, p: frame(0x40 | o, deflated(inflated(p)[:-1] + b"!"))}, "not what was sent"),
    ("a reserved bit", {"shake": agree, "reply": lambda n, o, p: frame(0x20 | o, p)}, "§5.2"),
]


def welcome(request):
    return answer(request) + frame(1, b'{"type":"welcome","user_id":"ann","users":["ann"],"rooms":[]}')


def said(payload, **changes):
    """Returns what an honest chat makes of a message; a change of None leaves a member out."""
    message = json.loads(payload)
    fields = {**message, "from": "ann", "timestamp": "2026-01-02T03:04:05.678Z", **changes}
    return json.dumps({name: value for name, value in fields.items() if value is not None}, separators=(",", ":")).encode()


def chat(lie):
    """The truth twice, then the lie: a function from what was sent to the bytes that come back."""
    def reply(n, opcode, payload):
        if json.loads(payload)["type"] == "join_room":
            return frame(1, b'{"type":"joined_room","room":"room0","members":["ann"]}')
        return lie(payload) if n == 2 else frame(1, said(payload))
    return {"shake": welcome, "reply": reply}


def news(request, text):
    return answer(request) + frame(1, text)


# What the chat does wrong, how, further options, and what the load generator must say.
CHAT_LIES = [
    ("no welcome", {"shake": lambda r: news(r, b'{"type":"hello"}')}, (), "nobody asked"),
    ("a welcome twice", {"shake": lambda r: welcome(r) + welcome(r).split(b"\r\n\r\n")[1]}, (), "a second welcome"),
    ("users that nobody is", {"shake": lambda r: news(r, b'{"type":"welcome","user_id":"ann","users":["ann","bob"]}')}, (), "bob"),
    ("no JSON", chat(lambda p: frame(1, said(p) + b"!")), (), "behind"),
    ("half of it", chat(lambda p: frame(1, said(p)[:-1])), (), "not the JSON"),
    ("another type", chat(lambda p: frame(1, said(p, type="chat"))), (), "nobody asked"),
    ("from somebody else", chat(lambda p: frame(1, said(p, **{"from": "bob"}))), (), "somebody else"),
    ("from nobody", chat(lambda p: frame(1, said(p, **{"from": None}))), (), "without its from"),
    ("no time", chat(lambda p: frame(1, said(p, timestamp="now"))), (), "without a time"),
    ("another text", chat(lambda p: frame(1, said(p, text=json.loads(p)["text"][:-1] + "!"))), (), "not under way"),
    ("a text with more", chat(lambda p: frame(1, said(p, text=json.loads(p)["text"] + "!"))), (), "not under way"),
    ("the message before", chat(lambda p: frame(1, said(p, text="0" * 20))), (), "not under way"),
    ("binary", chat(lambda p: frame(2, said(p))), (), "binary"),
    ("a delivery twice", chat(lambda p: frame(1, said(p)) * 2), (), "not under way"),
    ("another room", chat(lambda p: frame(1, said(p, room="room1"))), ("--rooms", "1"), "another room"),
    ("no room", chat(lambda p: frame(1, said(p, room=None))), ("--rooms", "1"), "without its room"),
    ("everyone, not the room", chat(lambda p: frame(1, said(p, type="chat_message"))), ("--rooms", "1"), "nobody asked"),
]
CHAT = ("--connections", "1", "--messages", "100", "--bytes", "20")


def socket_io(reply=lambda n, payload: frame(1, payload)):
    """A server that speaks Socket.IO; `reply` gives the bytes for the nth packet, CONNECT being the first."""
    return {"shake": lambda r: answer(r) + frame(1, b'0{"sid":"1","pingInterval":25000}'),
            "reply": lambda n, o, p: frame(1, b'40{"sid":"2"}') if p == b"40" else frame(8, p) if o == 8 else reply(n, p)}


def centrifugo(push=lambda n, data: data, more=b""):
    """A server that speaks Centrifugo's JSON; `push` gives the data to push for the nth command, from 2."""
    def reply(n, opcode, payload):
        if opcode == 8:
            return frame(8, payload)
        if payload == b"{}":
            return b""
        command = json.loads(payload)
        if "publish" not in command:
            name = next(key for key in command if key != "id")
            return frame(1, json.dumps({"id": command["id"], name: {}}, separators=(",", ":")).encode())
        data = push(n, command["publish"]["data"])
        lines = ['{"id":3,"publish":{}}', '{"push":{"channel":"relay","pub":{"data":' + json.dumps(data) + ',"offset":1}}}']
        return frame(1, "\n".join(lines).encode()) + more
    return {"reply": reply}


class LiesAreCaught(unittest.TestCase):
    def test_each_lie_is_named(self):
        for name, mode, server, how, words in LIES:
            with self.subTest(name), server(**how) as liar:
                done = load(mode, f"ws://127.0.0.1:{liar.port}/ws/{mode}", *FEW)
                self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                self.assertIn(words, done.stderr)
                self.assertEqual(done.stdout, "")

    def test_each_lie_with_deflate_is_named(self):
        for name, how, words in DEFLATE_LIES:
            with self.subTest(name), Liar(**how) as liar:
                done = load("echo", f"ws://127.0.0.1:{liar.port}/ws/echo", *FEW, "--bytes", "100", "--deflate")
                self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                self.assertIn(words, done.stderr)

    def test_each_lie_in_a_chat_is_named(self):
        for name, how, options, words in CHAT_LIES:
            with self.subTest(name), Liar(**how) as liar:
                done = load("chat", f"ws://127.0.0.1:{liar.port}/ws/chat", *CHAT, *options)
                self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                self.assertIn(words, done.stderr)

    def test_each_lie_in_a_dialect_is_named(self):
        url = "ws://127.0.0.1:{}/ws/relay"
        for name, dialect, how, words in (
                ("another event", "socket.io", socket_io(lambda n, p: frame(1, p.replace(b"relay", b"other"))), "no place here"),
                ("another content", "socket.io", socket_io(lambda n, p: frame(1, p.replace(b"z", b"y"))), "not the next one"),
                ("two arguments", "socket.io", socket_io(lambda n, p: frame(1, p[:-1] + b",1]")), "more than one"),
                ("a second greeting", "socket.io", socket_io(lambda n, p: frame(1, b"40")), "second greeting"),
                ("does not let anyone in", "socket.io", {"shake": lambda r: answer(r) + frame(1, b'44{"message":"no"}')}, "no place here"),
                ("another content", "centrifugo", centrifugo(lambda n, data: data[:-1] + "!"), "not the next one"),
                ("no string", "centrifugo", centrifugo(lambda n, data: {"a": 1}), "no place here"),
                ("an error", "centrifugo", {"reply": lambda n, o, p: frame(1, b'{"id":1,"error":{"code":101}}')}, "101"),
                ("speaks too soon", "centrifugo",
                 {"reply": lambda n, o, p: frame(1, b'{"push":{"channel":"relay","pub":{"data":"x"}}}')}, "before the greeting")):
            with self.subTest(name, dialect=dialect), Liar(**how) as liar:
                done = load("relay", url.format(liar.port), *FEW, "--bytes", "30", "--dialect", dialect)
                self.assertEqual(done.returncode, 1, done.stdout + done.stderr)
                self.assertIn(words, done.stderr)

    def test_a_relay_out_of_order_is_caught(self):
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

    def test_an_extra_delivery_of_an_unmarked_message_is_caught(self):
        with Liar(reply=lambda n, opcode, payload: frame(opcode, payload) * 2) as liar:
            done = load("relay", f"ws://127.0.0.1:{liar.port}/ws/relay", "--connections", "2", "--bytes", "0")
        self.assertEqual(done.returncode, 1)
        self.assertIn("a delivery more than was sent", done.stderr)

    def test_a_lie_to_a_sender_elsewhere_is_caught(self):
        with Liar() as honest, Liar(reply=third(lambda o, p: frame(o, p[:-1] + b"!"))) as liar:
            done = load("relay", f"ws://127.0.0.1:{honest.port}/ws/relay", *FEW, "--from", f"ws://127.0.0.1:{liar.port}/ws/relay",
                        "--rate", "1000")
        self.assertEqual(done.returncode, 1)
        self.assertIn("not the next one", done.stderr)

    def test_a_missing_server_is_reported(self):
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
            url = f"ws://127.0.0.1:{port}/ws/{mode}"
            done = subprocess.run([LOAD, mode, url, "--pid", str(floor.pid), *(url if option == "URL" else option for option in options)],
                                  capture_output=True, text=True, timeout=60)
        finally:
            floor.terminate()
            floor.wait()
            floor.stdout.close()
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def test_an_honest_server_passes(self):
        with Liar() as honest:
            done = load("echo", f"ws://127.0.0.1:{honest.port}/ws/echo", *FEW)
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_an_honest_server_that_compresses_passes(self):
        with Liar(shake=agree, reply=lambda n, o, p: frame(0x40 | o, p)) as honest:
            for kind in ((), ("--json",), ("--binary",)):
                done = load("echo", f"ws://127.0.0.1:{honest.port}/ws/echo", *FEW, "--bytes", "100", "--deflate", *kind)
                self.assertEqual(done.returncode, 0, done.stderr)

    def test_parameters_in_another_order_pass(self):
        other = b"Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=12;server_no_context_takeover\r\n"
        with Liar(shake=lambda r: answer(r, extra=other), reply=lambda n, o, p: frame(0x40 | o, p)) as honest:
            done = load("echo", f"ws://127.0.0.1:{honest.port}/ws/echo", *FEW, "--bytes", "100", "--deflate")
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_an_honest_chat_passes(self):
        for options in ((), ("--rooms", "1")):
            with self.subTest(options), Liar(**chat(lambda p: frame(1, said(p)))) as honest:
                done = load("chat", f"ws://127.0.0.1:{honest.port}/ws/chat", *CHAT, *options)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertGreater(json.loads(done.stdout)["bytes_per_message"], 100)

    def test_honest_dialects_pass(self):
        pings = {"socket.io": socket_io(lambda n, p: b"" if p == b"3" else frame(1, b"2") + frame(1, p)),
                 "centrifugo": centrifugo(more=frame(1, b"{}"))}
        for dialect, how in pings.items():
            for options in ((), ("--json",)):
                with self.subTest(dialect, options=options), Liar(**how) as honest:
                    done = load("relay", f"ws://127.0.0.1:{honest.port}/ws/relay", *FEW, "--bytes", "30", "--dialect", dialect, *options)
                    self.assertEqual(done.returncode, 0, done.stderr)

    def test_a_handshake_ends_with_a_dialects_greeting(self):
        with Liar(**socket_io()) as honest:
            done = load("handshake", f"ws://127.0.0.1:{honest.port}/ws/echo", *FEW, "--dialect", "socket.io")
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

    def test_echoes_of_all_lengths_pass(self):
        for size in ("0", "1", "15", "16", "17", "125", "126", "65535", "65536", "1000000"):
            for kind in ((), ("--binary",)):
                with self.subTest(size=size, kind=kind):
                    self.report("echo", "--connections", "3", "--messages", "12", "--bytes", size, *kind)

    def test_relay_counts_deliveries(self):
        for window in ("1", "3", "16"):
            with self.subTest(window=window):
                report = self.report("relay", "--connections", "50", "--messages", "20000", "--bytes", "128", "--window", window)
                self.assertEqual(report["messages"], 20000)
                self.assertGreater(report["cpu_us_per_message"], 0)
                self.assertGreater(report["memory_after_bytes"], 0)
                # Messages that came in the same read as the last one may count too.
                self.assertAlmostEqual(report["bytes_per_message"], 130, delta=10)

    def test_a_sender_elsewhere_is_not_counted(self):
        report = self.report("relay", "--connections", "5", "--messages", "5000", "--from", "URL")
        self.assertEqual((report["connections"], report["messages"]), (5, 5000))

    def test_a_relay_keeps_its_rate(self):
        for sender in ((), ("--from", "URL")):
            with self.subTest(sender=sender):
                report = self.report("relay", "--connections", "5", "--messages", "2500", "--rate", "1000", *sender)
                self.assertLess(report["messages_per_second"], 5500)
                self.assertGreater(report["messages_per_second"], 1000)

    def test_handshakes_may_close_or_vanish(self):
        for how in ((), ("--abort",)):
            with self.subTest(how=how):
                report = self.report("handshake", "--connections", "8", "--messages", "200", *how)
                self.assertEqual(report["messages"], 200)

    def test_idle_reads_the_memory(self):
        report = self.report("idle", "--connections", "300", "--hold", "0")
        self.assertEqual(report["connections"], 300)
        self.assertGreater(report["memory_after_bytes"], 0)
        self.assertGreater(report["memory_before_bytes"], 0)

    def test_idle_compares_with_what_the_server_had_before(self):
        report = self.report("idle", "--connections", "300", "--hold", "0", "--memory-before", "1000")
        self.assertEqual(report["memory_before_bytes"], 1000)
        self.assertAlmostEqual(report["bytes_per_connection"], (report["memory_after_bytes"] - 1000) / 300, delta=1)

    def test_two_processes_are_added_up(self):
        # The second process sleeps: the sum of the CPU is the first one's, and the sum of the memory is more.
        sleeper = subprocess.Popen(["/usr/bin/python3", "-c", "import time; print(flush=True); time.sleep(60)"], stdout=subprocess.PIPE)
        try:
            sleeper.stdout.readline()
            alone = self.report("echo", "--messages", "2000")
            both = self.report("echo", "--messages", "2000", "--pid", str(sleeper.pid))
        finally:
            sleeper.kill()
            sleeper.wait()
            sleeper.stdout.close()
        self.assertGreater(both["memory_after_bytes"], alone["memory_after_bytes"] + 1_000_000)


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
                               (("--dialect", "latin"), "--dialect takes"), (("--dialect", "centrifugo"), "it has no "),
                               (("--dialect", "socket.io", "--binary"), "no binary messages"),
                               (("--tokens", "/nowhere"), "no tokens in"), (("--from", "ws://10.0.0.1:80/"), "load goes to")):
            with self.subTest(options):
                done = load("echo", "ws://127.0.0.1:9/", *options)
                self.assertEqual(done.returncode, 1)
                self.assertIn(words, done.stderr)


if __name__ == "__main__":
    unittest.main()
