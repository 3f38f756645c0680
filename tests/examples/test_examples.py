"""Runs each example as its first comment says, and talks to it. One at a time: they all listen on port 8000."""
import asyncio
import contextlib
import http.client
import json
import os
import pathlib
import re
import secrets
import subprocess
import tempfile
import time
import unittest

try:
    import websockets
except ImportError:
    raise SystemExit("python3-websockets is missing: run ./dev setup")

FOLDER = os.environ["MICROFRAME_EXAMPLES"]
SOURCES = pathlib.Path(__file__).resolve().parent.parent.parent / "examples"
BINARY = os.environ["MICROFRAME_BIN"]
ENV = {**os.environ, "MICROFRAME_SECRET": secrets.token_hex(32), "HOOK_KEY": secrets.token_hex(32)}


def token(sub):
    return subprocess.run([BINARY, "token", "--sub", sub], env=ENV, capture_output=True, text=True, check=True).stdout.strip()


class Example:
    def __init__(self, name, *arguments):
        self.command = [os.path.join(FOLDER, name), *arguments]

    def __enter__(self):
        for _ in range(100):  # until the previous user of the port has gone
            self.process = subprocess.Popen(self.command, env=ENV, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
            if "listening on" in self.process.stdout.readline():
                return self
            error = self.process.communicate()[1]
            if "in use" not in error:
                raise AssertionError(error)
            time.sleep(0.1)
        raise AssertionError("port 8000 is never free")

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.terminate()
            self.process.stdin.close()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            stream.close()
        assert self.process.returncode == 0


def connect(path, jwt):
    return websockets.connect(f"ws://127.0.0.1:8000{path}?token={jwt}")


async def ask(socket, message):
    await socket.send(json.dumps(message))
    return json.loads(await socket.recv())


async def until(socket, kind):
    while True:
        message = json.loads(await socket.recv())
        if message.get("type") == kind:
            return message


async def with_member(socket, name):
    while True:
        message = json.loads(await socket.recv())
        if name in message:
            return message


class Secrets(unittest.TestCase):
    def test_f27_no_example_holds_a_secret(self):
        for path in sorted(SOURCES.glob("*.cpp")):
            with self.subTest(path.name):
                source = path.read_text()
                self.assertRegex(source, r"env\(\"MICROFRAME_SECRET\"\)|read_file\(")
                self.assertNotRegex(source, r"AuthConfig(\s+\w+)?\s*[({]\s*\"")


class Examples(unittest.IsolatedAsyncioTestCase):
    async def test_seed_chat(self):
        with Example("seed_chat"):
            async with connect("/ws/chat", token("alice")) as alice:
                self.assertEqual(json.loads(await alice.recv()), {"type": "user_joined", "user_id": "alice"})
                self.assertEqual(await ask(alice, {"type": "chat", "text": "hello"}), {"from": "alice", "text": "hello"})

    async def test_seed_chat_as_its_comment_says(self):
        with Example("seed_chat"):
            client = subprocess.run([BINARY, "connect", "ws://127.0.0.1:8000/ws/chat", "--token", token("alice")],
                                    input='{"type": "chat", "text": "hello"}\n', capture_output=True, text=True, timeout=20)
            self.assertEqual(client.returncode, 0)
            self.assertIn('{"type":"user_joined","user_id":"alice"}', client.stdout)
            self.assertIn('{"from":"alice","text":"hello"}', client.stdout)  # the message comes after the end of the input

    async def test_echo(self):
        with Example("echo"):
            async with connect("/ws/echo", token("alice")) as socket:
                for message in ("text", b"\x00\xff"):
                    await socket.send(message)
                    self.assertEqual(await socket.recv(), message)

    async def test_rooms(self):
        with Example("rooms"):
            async with connect("/ws/chat", token("alice")) as alice, connect("/ws/chat", token("bob")) as bob:
                await until(alice, "welcome")
                await until(bob, "welcome")
                await alice.send(json.dumps({"type": "join_room", "room": "tea"}))
                self.assertEqual((await until(alice, "joined_room"))["members"], ["alice"])
                await bob.send(json.dumps({"type": "join_room", "room": "tea"}))
                self.assertEqual((await until(alice, "user_joined_room"))["user_id"], "bob")
                await alice.send(json.dumps({"type": "room_message", "room": "tea", "text": "milk?"}))
                self.assertEqual((await until(bob, "room_message"))["text"], "milk?")
                await bob.send(json.dumps({"type": "private_message", "to": "alice", "text": "yes"}))
                self.assertEqual((await until(alice, "private_message"))["text"], "yes")
                await bob.close()
                self.assertEqual((await until(alice, "user_left"))["user_id"], "bob")

    async def test_orders(self):
        def speak(*resume):
            return websockets.connect("ws://127.0.0.1:8000/ws/orders", subprotocols=["microframe.v1", "token." + jwt, *resume])

        async def hear(socket, kind):
            while True:
                frame = json.loads(await socket.recv())
                if frame["t"] == kind:
                    return frame

        jwt, order = token("alice"), json.dumps({"t": "message", "id": 1, "data": {"dish": "soup"}})
        with Example("orders"):
            async with speak() as socket:
                welcome = await hear(socket, "welcome")
                await socket.send(order)
                self.assertEqual((await hear(socket, "ack"))["data"], {"number": 1})
                socket.transport.abort()
            async with speak(f"resume.{welcome['session']}.{welcome['secret']}.0") as socket:
                self.assertTrue((await hear(socket, "welcome"))["resumed"])
                await socket.send(order)  # like a client that has not received the answer
                self.assertEqual((await hear(socket, "ack"))["data"], {"number": 1})
                await socket.send(json.dumps({"t": "join", "id": 2, "room": "orders", "last": 20}))
                self.assertEqual((await hear(socket, "joined"))["offset"], 1)
                self.assertEqual((await hear(socket, "message"))["data"], {"number": 1, "dish": "soup", "for": "alice"})

    async def test_coroutines(self):
        with Example("coroutines"):
            async with connect("/ws/lookup", token("alice")) as socket:
                self.assertEqual(await ask(socket, {"key": "k"}), {"for": "alice", "value": "the value of k"})

    async def test_auth_rs256(self):
        with tempfile.TemporaryDirectory() as folder:
            private, public = os.path.join(folder, "private.pem"), os.path.join(folder, "public.pem")
            subprocess.run(["openssl", "genpkey", "-quiet", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", private], check=True)
            subprocess.run(["openssl", "pkey", "-in", private, "-pubout", "-out", public], check=True)
            jwt = subprocess.run([os.path.join(FOLDER, "auth_rs256"), "--token", private, "alice"], capture_output=True, text=True, check=True).stdout.strip()
            with Example("auth_rs256", public):
                async with connect("/ws", jwt) as socket:
                    self.assertEqual(json.loads(await socket.recv()), {"hello": "alice"})
                    self.assertEqual(await ask(socket, [1]), {"you_said": [1]})

    async def test_lambda(self):
        with Example("lambda"):
            async with connect("/ws", token("alice")) as socket:
                self.assertEqual(json.loads(await socket.recv()), {"joined": "alice"})
                self.assertEqual(await ask(socket, {"text": "hi"}), {"from": "alice", "text": "hi"})

    async def test_background(self):
        with Example("background"):
            async with connect("/ws/reminders", token("alice")) as socket:
                await socket.send(json.dumps({"remind": "tea", "in_ms": 50}))
                self.assertEqual(await with_member(socket, "reminder"), {"reminder": "tea"})
                first, second = await with_member(socket, "tick"), await with_member(socket, "tick")
                self.assertEqual(second["tick"], first["tick"] + 1)
                await socket.send(json.dumps({"remind": "tea"}))
                self.assertIn("in_ms", (await with_member(socket, "error"))["detail"])
                for _ in range(2):
                    await socket.send(json.dumps({"remind": "more tea", "in_ms": 50}))
                self.assertIn("enough", (await with_member(socket, "error"))["detail"])
        # The last words come before the connection is closed.
        with Example("background") as example:
            async with connect("/ws/reminders", token("alice")) as socket:
                await with_member(socket, "tick")
                example.process.terminate()
                self.assertEqual(await with_member(socket, "closing"), {"closing": True})
                with self.assertRaises(websockets.ConnectionClosed) as closed:
                    await with_member(socket, "nothing")
                self.assertEqual(closed.exception.code, 1012)
            self.assertEqual(example.process.wait(20), 0)  # another signal may come when nobody waits for one

    async def test_http(self):
        def ask(port, method, path, body=None, headers={}):
            with contextlib.closing(http.client.HTTPConnection("127.0.0.1", port, timeout=20)) as connection:
                connection.request(method, path, body and json.dumps(body), headers)
                answer = connection.getresponse()
                return answer.status, answer.getheader("Set-Cookie"), answer.read().decode()

        with Example("http"):
            self.assertEqual(ask(8000, "POST", "/login", {"user": "alice", "password": "guess"})[0], 401)
            self.assertEqual(ask(8000, "POST", "/login", {"user": "alice"})[0], 400)
            status, cookie, _ = ask(8000, "POST", "/login", {"user": "alice", "password": "open sesame"})
            self.assertEqual(status, 200)
            self.assertEqual(ask(8000, "GET", "/rooms/tea")[0], 401)
            signed_in = {"Cookie": cookie.split(";")[0]}
            self.assertEqual(json.loads(ask(8000, "GET", "/rooms/tea", headers=signed_in)[2]), {"room": "tea", "members": []})
            async with connect("/ws/chat", token("alice")) as socket:
                self.assertEqual(json.loads(ask(9000, "GET", "/users")[2]), ["alice"])
                self.assertEqual(ask(8000, "POST", "/hooks/deploy", {"version": "1"})[0], 401)
                self.assertEqual(ask(8000, "POST", "/hooks/deploy", {"version": "1"}, {"X-Hook-Key": ENV["HOOK_KEY"]})[0], 204)
                self.assertEqual(json.loads(await socket.recv()), {"deployed": "1"})
                self.assertEqual(json.loads(ask(9000, "DELETE", "/users/alice")[2]), {"closed": 1})
            self.assertEqual(ask(8000, "GET", "/metrics")[0], 404)
            self.assertIn("microframe_connections", ask(9000, "GET", "/metrics")[2])

    async def test_own_threads(self):
        with Example("own_threads") as example:
            async with connect("/ws/board", token("alice")) as socket:
                first = (await with_member(socket, "reading"))["reading"]
                self.assertEqual((await with_member(socket, "reading"))["reading"], first + 1)
                example.process.stdin.write("hello\n")
                example.process.stdin.flush()
                self.assertEqual(await with_member(socket, "line"), {"line": "hello"})
                example.process.stdin.close()
                with self.assertRaises(websockets.ConnectionClosed) as closed:
                    await with_member(socket, "nothing")
                self.assertEqual(closed.exception.code, 1012)
            self.assertEqual(example.process.wait(20), 0)

    # What is not caught in main() ends the program with words, and without abort.
    async def test_a_forgotten_secret_says_what_to_do(self):
        for name in ("seed_chat", "own_threads"):
            with self.subTest(name):
                environment = {key: value for key, value in ENV.items() if key != "MICROFRAME_SECRET"}
                ended = subprocess.run([os.path.join(FOLDER, name)], env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=20)
                self.assertEqual(ended.returncode, 1)
                self.assertEqual(ended.stderr, "microframe: MICROFRAME_SECRET is not set. Try: export MICROFRAME_SECRET=$(openssl rand -hex 32)\n")
                self.assertEqual(ended.stdout, "")

    async def test_a_short_secret_says_what_to_do(self):
        ended = subprocess.run([os.path.join(FOLDER, "seed_chat")], env={**ENV, "MICROFRAME_SECRET": "short"}, capture_output=True, text=True, timeout=20)
        self.assertEqual(ended.returncode, 1)
        self.assertRegex(ended.stderr, r"^microframe: .*openssl rand -hex 32.*\n$")

    async def test_a_port_in_use_says_what_to_do(self):
        with Example("echo"):
            second = subprocess.run([os.path.join(FOLDER, "echo")], env=ENV, capture_output=True, text=True, timeout=20)
            self.assertEqual(second.returncode, 1)
            self.assertIn("Stop the other program", second.stderr)

    def test_each_is_under_80_lines(self):
        sources = os.path.join(os.path.dirname(__file__), "..", "..", "examples")
        for name in os.listdir(sources):
            if name.endswith(".cpp"):
                with open(os.path.join(sources, name), encoding="utf-8") as file:
                    self.assertLess(len(file.readlines()), 80, name)
                self.assertTrue(re.search("def test_" + name.removesuffix(".cpp"), open(__file__, encoding="utf-8").read()), name)


if __name__ == "__main__":
    unittest.main()
