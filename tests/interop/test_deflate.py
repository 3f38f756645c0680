"""permessage-deflate (RFC 7692) in the shapes of Autobahn's families 12 and 13, by Debian's python3-websockets, plain and over TLS.

Autobahn's own suite needs Python 2, which Debian 12 does not have. Its families are five kinds of content (12) and seven lists of offers (13),
each in eighteen sizes and fragmentations, echoed many times. This file has all of them, with fewer messages each.
"""
import asyncio
import json
import os
import pathlib
import random
import secrets
import ssl
import subprocess
import tempfile
import unittest

try:
    import websockets
    from websockets.extensions.permessage_deflate import ClientPerMessageDeflateFactory
except ImportError:
    raise SystemExit("python3-websockets is missing: run ./dev setup")

BINARY = os.environ["MICROFRAME_BIN"]
DEV = pathlib.Path(__file__).resolve().parent.parent.parent / "dev"
MESSAGES = 6
CONNECTIONS_AT_ONCE = 8

# (bytes of a message, bytes of a fragment; 0: whole)
SHAPES = [(size, 0) for size in (16, 64, 256, 1024, 4096, 8192, 16384, 32768, 65536, 131072)]
SHAPES += [(size, 256) for size in (8192, 16384, 32768, 65536, 131072)]
SHAPES += [(131072, fragment) for fragment in (1024, 4096, 32768)]


def of_size(make, size):
    """Joins the text that make(random) returns piece by piece, cut to `size` bytes of UTF-8."""
    source, text = random.Random(size), ""
    while len(text.encode()) < size:
        text += make(source)
    return text.encode()[:size].decode(errors="ignore").ljust(1)


def some_json(source):
    return json.dumps({"id": source.randrange(10**6), "user": source.choice(["alice", "bob"]), "text": "hello " * source.randrange(5)})


def some_prose(source):
    return source.choice(["Habe nun, ach! ", "Philosophie, ", "Juristerei und Medizin, ", "und leider auch Theologie ", "durchaus studiert, mit heißem Bemühn. ", "żółć 😀 "])


def some_html(source):
    return f"<li class=\"item\"><a href=\"/page/{source.randrange(1000)}\">number {source.randrange(1000)}</a></li>\n"


# 12.1 to 12.5: Autobahn has these texts as files.
CONTENTS = {
    "JSON": lambda size: of_size(some_json, size),
    "an image, which does not get smaller": lambda size: random.Random(size).randbytes(size),
    "prose in UTF-8": lambda size: of_size(some_prose, size),
    "HTML": lambda size: of_size(some_html, size),
    "bytes, half of them the same": lambda size: b"".join(random.Random(i).randbytes(8) + bytes(8) for i in range(size // 16)),
}


def offer(no_context_takeover, window_bits):
    return ClientPerMessageDeflateFactory(server_no_context_takeover=no_context_takeover, server_max_window_bits=window_bits or None,
                                          client_max_window_bits=True)


# 13.1 to 13.7: (no context takeover, window bits; 0: not named), best first.
OFFERS = [[(False, 0)], [(True, 0)], [(False, 9)], [(False, 15)], [(True, 9)], [(True, 15)], [(True, 9), (True, 0), (False, 0)]]


class Deflate(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.env = {**os.environ, "MICROFRAME_SECRET": secrets.token_hex(32)}
        cls.folder = tempfile.TemporaryDirectory()
        subprocess.run([DEV, "cert", cls.folder.name], check=True, capture_output=True)
        cls.cert = os.path.join(cls.folder.name, "cert.pem")
        cls.token = subprocess.run([BINARY, "token", "--sub", "alice"], env=cls.env, capture_output=True, text=True, check=True).stdout.strip()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def serve(self, *options):
        server = subprocess.Popen([BINARY, "serve", "--listen", "127.0.0.1:0", "--bench", *options], env=self.env, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, text=True)
        self.addCleanup(self.stop, server)
        return server.stdout.readline().strip().removeprefix("listening on http")

    @staticmethod
    def stop(server):
        server.terminate()
        assert server.wait() == 0
        server.stdout.close()

    async def echoes(self, url, offers, contents, case):
        """Checks on one connection that each message comes back, compressed if that makes it shorter. Returns what was agreed on."""
        tls = ssl.create_default_context(cafile=self.cert) if url.startswith("s") else None
        async with websockets.connect(f"ws{url}/ws/echo?token={self.token}", ssl=tls, max_size=None, compression=None,
                                      extensions=[offer(*one) for one in offers]) as socket:
            self.assertEqual([one.name for one in socket.extensions], ["permessage-deflate"], case)
            agreed = socket.extensions[0]
            marks = []
            decode = agreed.decode
            agreed.decode = lambda frame, **limits: (marks.append(frame.rsv1), decode(frame, **limits))[1]
            for content in contents:
                size, fragment = len(content), case[1]
                pieces = [content[i:i + fragment] for i in range(0, size, fragment)] if fragment else content
                await socket.send(pieces)
                self.assertEqual(await socket.recv(), content, case)
            # One frame per message. The threshold is 64 bytes, and random bytes get shorter only where they repeat.
            self.assertEqual(len(marks), len(contents), case)
            compressible = len(contents[0]) >= 64 and not case[2].startswith("an image")
            # A message that is longer than the window comes plain: whoever asks for a narrow one makes no work of its own.
            bits = agreed.remote_max_window_bits
            fits = bits == 15 or len(contents[0]) + 4 <= 1 << bits
            if not agreed.remote_no_context_takeover:
                fits = True
            if compressible or agreed.remote_no_context_takeover:
                self.assertEqual(set(marks), {compressible and fits}, case)
            return agreed

    async def all_of(self, cases):
        """Runs the coroutines, a few at a time."""
        gate = asyncio.Semaphore(CONNECTIONS_AT_ONCE)

        async def one(case):
            async with gate:
                await case
        await asyncio.gather(*map(one, cases))

    async def family_12(self, url):
        await self.all_of(self.echoes(url, [(False, 0)], [make(size)] * MESSAGES, (size, fragment, name))
                          for name, make in CONTENTS.items() for size, fragment in SHAPES)

    async def family_13(self, url):
        async def case(offers, size, fragment):
            agreed = await self.echoes(url, offers, [of_size(some_json, size)] * MESSAGES, (size, fragment, str(offers)))
            no_takeover, bits = offers[0]
            if no_takeover:
                self.assertTrue(agreed.remote_no_context_takeover, offers)
            self.assertLessEqual(agreed.remote_max_window_bits, bits or 15, offers)
        await self.all_of(case(offers, size, fragment) for offers in OFFERS for size, fragment in SHAPES)

    def with_tls(self):
        return "--tls-cert", self.cert, "--tls-key", os.path.join(self.folder.name, "key.pem")

    async def test_family_12(self):
        await self.family_12(self.serve())

    async def test_family_12_with_takeover_over_tls(self):
        await self.family_12(self.serve("--context-takeover", *self.with_tls()))

    async def test_family_13(self):
        await self.family_13(self.serve())

    async def test_family_13_with_takeover(self):
        await self.family_13(self.serve("--context-takeover"))

    async def test_family_13_over_tls(self):
        await self.family_13(self.serve(*self.with_tls()))


if __name__ == "__main__":
    unittest.main()
