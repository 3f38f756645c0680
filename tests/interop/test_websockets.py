"""Debian's python3-websockets against the real server."""
import asyncio
import json
import os
import secrets
import signal
import subprocess
import tempfile
import unittest

try:
    import websockets
    from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
except ImportError:
    raise SystemExit("python3-websockets is missing: run ./dev setup")

BINARY = os.environ["MICROFRAME_BIN"]


class Interop(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.env = {**os.environ, "MICROFRAME_SECRET": secrets.token_hex(32)}
        cls.log = tempfile.TemporaryFile("w+")
        cls.server = subprocess.Popen([BINARY, "serve", "--listen", "127.0.0.1:0", "--bench"], env=cls.env,
                                      stdout=subprocess.PIPE, stderr=cls.log, text=True)
        cls.port = int(cls.server.stdout.readline().rsplit(":", 1)[1])

    @classmethod
    def tearDownClass(cls):
        cls.server.terminate()
        assert cls.server.wait() == 0
        cls.server.stdout.close()
        cls.log.seek(0)
        log = cls.log.read()
        assert "reason=unauthenticated" in log, "a refusal writes a log line"
        assert "eyJ" not in log and "token." not in log, "no log line holds a token"
        cls.log.close()

    def token(self, sub):
        return subprocess.run([BINARY, "token", "--sub", sub], env=self.env, capture_output=True, text=True, check=True).stdout.strip()

    def connect(self, path, sub="alice", **options):
        return websockets.connect(f"ws://127.0.0.1:{self.port}{path}?token={self.token(sub)}", max_size=None, **options)

    async def test_echo(self):
        async with self.connect("/ws/echo") as socket:
            for message in ["", "hello", "żółć 😀", "x" * 70_000, b"", b"\xfe\xff", bytes(1 << 20)]:
                await socket.send(message)
                self.assertEqual(await socket.recv(), message)

    async def test_fragments(self):
        async with self.connect("/ws/echo") as socket:
            await socket.send(["one ", "two ", "", "three"])
            self.assertEqual(await socket.recv(), "one two three")
            await socket.send([b"1", b"2"])
            self.assertEqual(await socket.recv(), b"12")

    async def test_compression(self):
        # websockets offers permessage-deflate by default: with each of its parameters, then not at all.
        words = json.dumps({"some": "words " * 200})
        messages = ["", "short", words, words, secrets.token_bytes(5000), bytes(1 << 20), ["wo" * 50, "", "rds"]]
        offers = [ClientPerMessageDeflateFactory(**options) for options in (
            {}, {"server_no_context_takeover": True}, {"client_no_context_takeover": True}, {"server_max_window_bits": 9},
            {"client_max_window_bits": True}, {"client_max_window_bits": 9}, {"server_max_window_bits": 12, "client_max_window_bits": 12})]
        for offer in [None, *offers]:
            async with self.connect("/ws/echo", compression=None, extensions=offer and [offer]) as socket:
                self.assertEqual([one.name for one in socket.extensions], ["permessage-deflate"] if offer else [])
                for message in messages:
                    await socket.send(message)
                    self.assertEqual(await socket.recv(), "".join(message) if isinstance(message, list) else message)

    async def test_a_broadcast_is_the_same_text_for_all(self):
        text = json.dumps({"text": "to all " * 100})
        async with self.connect("/ws/relay", "a") as one, self.connect("/ws/relay", "b", compression=None) as two:
            await one.send(text)
            self.assertEqual(await one.recv(), text)
            self.assertEqual(await two.recv(), text)

    def test_connect_compresses_unless_told_not_to(self):
        line = "words " * 100
        for options in ([], ["--no-compression"]):
            client = subprocess.run([BINARY, "connect", f"ws://127.0.0.1:{self.port}/ws/echo", "--token", self.token("alice"), *options],
                                    input=line + "\n", capture_output=True, text=True, timeout=20)
            self.assertEqual(client.returncode, 0, client.stderr)

    async def test_ping(self):
        async with self.connect("/ws/echo") as socket:
            await asyncio.wait_for(await socket.ping(b"are you there"), 10)

    async def test_close(self):
        async with self.connect("/ws/echo") as socket:
            await socket.close(4000, "enough")
            self.assertEqual(socket.close_code, 4000)

    async def test_subprotocol(self):
        name = "token." + self.token("alice")
        async with websockets.connect(f"ws://127.0.0.1:{self.port}/ws/chat", subprotocols=[name]) as socket:
            self.assertEqual(socket.subprotocol, name)
        async with websockets.connect(f"ws://127.0.0.1:{self.port}/ws/chat", subprotocols=["mine", name]) as socket:
            self.assertEqual(socket.subprotocol, "mine")

    async def test_cookie(self):
        async with websockets.connect(f"ws://127.0.0.1:{self.port}/ws/chat", origin=f"http://127.0.0.1:{self.port}",
                                      extra_headers={"Cookie": "access_token=" + self.token("alice")}) as socket:
            self.assertEqual(json.loads(await socket.recv())["user_id"], "alice")

    async def test_bearer(self):
        async with websockets.connect(f"ws://127.0.0.1:{self.port}/ws/chat",
                                      extra_headers={"Authorization": "Bearer " + self.token("alice")}) as socket:
            self.assertEqual(json.loads(await socket.recv())["type"], "welcome")

    async def test_refused(self):
        async with websockets.connect(f"ws://127.0.0.1:{self.port}/ws/chat?token=bad") as socket:
            self.assertEqual(json.loads(await socket.recv()), {"error": "unauthorized"})
            with self.assertRaises(websockets.ConnectionClosed) as closed:
                await socket.recv()
            self.assertEqual(closed.exception.code, 4401)

    async def test_a_bad_token_is_not_in_the_log(self):
        # The log is searched when the server has stopped.
        for carrier in ({"extra_headers": {"Authorization": "Bearer " + self.token("a") + "x"}}, {"subprotocols": ["token." + self.token("a") + "x"]}):
            async with websockets.connect(f"ws://127.0.0.1:{self.port}/ws/chat", **carrier) as socket:
                self.assertEqual(json.loads(await socket.recv()), {"error": "unauthorized"})

    def test_connect_ends_cleanly_on_ctrl_c(self):
        client = subprocess.Popen([BINARY, "connect", f"ws://127.0.0.1:{self.port}/ws/chat", "--token", self.token("alice")],
                                  stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.assertIn("welcome", client.stdout.readline())
        client.send_signal(signal.SIGINT)
        self.assertEqual(client.wait(timeout=20), 0)
        client.stdin.close()
        client.stdout.close()

    def test_connect_with_a_session(self):
        client = subprocess.run([BINARY, "connect", f"ws://127.0.0.1:{self.port}/ws/echo", "--token", self.token("alice"), "--session"],
                                input='hello\n{"a": [1]}\n', capture_output=True, text=True, timeout=20)
        self.assertEqual((client.returncode, client.stdout), (0, 'hello\n{"a":[1]}\n'))
        refused = subprocess.run([BINARY, "connect", f"ws://127.0.0.1:{self.port}/ws/echo", "--token", "bad", "--session"],
                                 input="hello\n", capture_output=True, text=True, timeout=20)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("closed: 4401", refused.stderr)

    def test_connect_says_why_it_cannot(self):
        client = subprocess.run([BINARY, "connect", "ws://127.0.0.1:1/"], capture_output=True, text=True, timeout=20)
        self.assertEqual(client.returncode, 1)
        self.assertIn("cannot connect to 127.0.0.1:1", client.stderr)

    def test_token_inspect(self):
        shown = subprocess.run([BINARY, "token", "--inspect", self.token("alice")], capture_output=True, text=True, check=True)
        header, claims = map(json.loads, shown.stdout.splitlines())
        self.assertEqual((header["alg"], claims["sub"], claims["type"]), ("HS256", "alice", "access"))

    def test_errors_at_start_say_what_to_do(self):
        for options, words in [(["--listen", "127.0.0.1:0", "--secret", "short"], "openssl rand -hex 32"),
                               (["--listen", f"127.0.0.1:{self.port}"], "in use"),
                               (["--listen", "192.0.2.1:80"], "no interface"),
                               (["--listen", "nonsense"], "127.0.0.1:8000")]:
            result = subprocess.run([BINARY, "serve", *options], env=self.env, capture_output=True, text=True, timeout=20)
            self.assertEqual(result.returncode, 1, options)
            self.assertIn(words, result.stderr)

    async def test_plain_http(self):
        for path, status in [("/nowhere", 404), ("/ws/chat", 101)]:
            reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
            writer.write(f"GET {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
            line = await reader.readline()
            self.assertIn(str(426 if status == 101 else status), line.decode())
            writer.close()

    async def test_relay(self):
        async with self.connect("/ws/relay", "a") as one, self.connect("/ws/relay", "b") as two:
            # A client that has the handshake's answer is already among the receivers.
            await one.send("to all")
            self.assertEqual(await one.recv(), "to all")
            self.assertEqual(await two.recv(), "to all")


if __name__ == "__main__":
    unittest.main()
