"""openssl s_client, curl, Debian's python3-websockets and our own client against the real server over TLS."""
import asyncio
import os
import pathlib
import secrets
import signal
import ssl
import subprocess
import tempfile
import unittest

try:
    import websockets
except ImportError:
    raise SystemExit("python3-websockets is missing: run ./dev setup")

BINARY = os.environ["MICROFRAME_BIN"]
DEV = pathlib.Path(__file__).resolve().parent.parent.parent / "dev"


def run(*command, text_in=None, env=None):
    return subprocess.run(command, input=text_in, stdin=None if text_in is not None else subprocess.DEVNULL, env=env, capture_output=True,
                          text=True, timeout=30)


def make_pair(folder):
    """Makes the pair of ./dev cert, in a folder."""
    made = run(DEV, "cert", folder)
    assert made.returncode == 0, made.stderr
    return os.path.join(folder, "cert.pem"), os.path.join(folder, "key.pem")


class Tls(unittest.IsolatedAsyncioTestCase):
    @classmethod
    def setUpClass(cls):
        cls.env = {**os.environ, "MICROFRAME_SECRET": secrets.token_hex(32)}
        cls.folder = tempfile.TemporaryDirectory()
        cls.cert, cls.key = make_pair(cls.folder.name)
        cls.server, cls.url = cls.serve("--tls-cert", cls.cert, "--tls-key", cls.key)
        cls.port = cls.url.rsplit(":", 1)[1]

    @classmethod
    def tearDownClass(cls):
        cls.stop(cls.server)
        cls.folder.cleanup()

    @classmethod
    def serve(cls, *options):
        server = subprocess.Popen([BINARY, "serve", "--listen", "127.0.0.1:0", "--admin", "public", "--bench", *options], env=cls.env, stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, text=True)
        return server, server.stdout.readline().strip().removeprefix("listening on ")

    @classmethod
    def stop(cls, server):
        server.terminate()
        assert server.wait() == 0
        server.stdout.close()

    def token(self):
        return run(BINARY, "token", "--sub", "alice", env=self.env).stdout.strip()

    def trust(self):
        return ssl.create_default_context(cafile=self.cert)

    def shown(self, port):
        """Returns the certificate that the server shows now, in PEM."""
        return ssl.get_server_certificate(("127.0.0.1", int(port)))

    def test_the_address_says_https(self):
        self.assertRegex(self.url, r"^https://127\.0\.0\.1:\d+$")

    def test_s_client(self):
        for version, name in [("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")]:
            seen = run("openssl", "s_client", "-connect", f"127.0.0.1:{self.port}", "-CAfile", self.cert, "-verify_return_error",
                       "-verify_hostname", "localhost", "-servername", "localhost", "-alpn", "http/1.1", version, text_in="")
            self.assertIn("Verification: OK", seen.stdout, seen.stderr)
            self.assertIn("Verified peername: localhost", seen.stdout)
            self.assertIn("ALPN protocol: http/1.1", seen.stdout)
            self.assertIn(f"New, {name}", seen.stdout)

    def test_s_client_is_refused_what_is_old_or_asks_for_new_handshakes(self):
        for options in [("-tls1_1",), ("-tls1_2", "-cipher", "AES128-SHA:@SECLEVEL=0"), ("-alpn", "h2")]:
            seen = run("openssl", "s_client", "-connect", f"127.0.0.1:{self.port}", *options, text_in="")
            self.assertNotEqual(seen.returncode, 0, options)
            self.assertIn("alert", seen.stderr, options)
        # An R on a line of its own renegotiates, with TLS 1.2.
        seen = run("openssl", "s_client", "-connect", f"127.0.0.1:{self.port}", "-tls1_2", text_in="R\n")
        self.assertIn("no renegotiation", seen.stderr)

    def test_s_client_resumes(self):
        for version in ["-tls1_2", "-tls1_3"]:
            with tempfile.TemporaryDirectory() as folder:
                session = os.path.join(folder, "session")
                # The answer is read to its end, so the ticket has come before.
                request = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
                common = ["openssl", "s_client", "-connect", f"127.0.0.1:{self.port}", version, "-ign_eof"]
                self.assertIn("New, TLS", run(*common, "-sess_out", session, text_in=request).stdout)
                self.assertIn("Reused, TLS", run(*common, "-sess_in", session, text_in=request).stdout, version)

    def test_curl(self):
        for path, words in [("/healthz", "ok\n"), ("/", "<!doctype html>"), ("/metrics", "microframe_")]:
            seen = run("curl", "--silent", "--show-error", "--fail", "--cacert", self.cert, self.url + path)
            self.assertEqual(seen.returncode, 0, seen.stderr)
            self.assertIn(words, seen.stdout)
        stranger = run("curl", "--silent", "--show-error", self.url + "/healthz")
        self.assertEqual(stranger.returncode, 60, stranger.stderr)  # the certificate is not trusted

    def test_curl_by_http_is_told_to_use_https(self):
        seen = run("curl", "--silent", "--include", f"http://127.0.0.1:{self.port}/")
        self.assertTrue(seen.stdout.startswith("HTTP/1.1 400"), seen.stdout)
        self.assertIn("https:// or wss://", seen.stdout)

    async def test_websockets(self):
        async with websockets.connect(f"wss://127.0.0.1:{self.port}/ws/echo?token={self.token()}", ssl=self.trust(), max_size=None) as socket:
            for message in ["", "hello", "żółć 😀", "x" * 70_000, b"\xfe\xff", bytes(1 << 20)]:
                await socket.send(message)
                self.assertEqual(await socket.recv(), message)

    async def test_websockets_that_trusts_nobody_does_not_connect(self):
        with self.assertRaises(ssl.SSLCertVerificationError):
            await websockets.connect(f"wss://127.0.0.1:{self.port}/ws/echo?token={self.token()}", ssl=ssl.create_default_context())

    def connect(self, *options):
        return run(BINARY, "connect", f"wss://localhost:{self.port}/ws/echo", "--token", self.token(), *options, text_in="hello\n")

    def test_connect(self):
        for host in ["localhost", "127.0.0.1"]:
            made = subprocess.Popen([BINARY, "connect", f"wss://{host}:{self.port}/ws/echo", "--token", self.token(), "--ca", self.cert],
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
            made.stdin.write("hello\n")
            made.stdin.flush()
            self.assertEqual(made.stdout.readline(), "hello\n")
            made.stdin.close()
            self.assertEqual(made.wait(timeout=20), 0)
            made.stdout.close()

    def test_connect_verifies_the_server(self):
        for options, words in [((), "self-signed certificate"), (("--ca", "/nowhere.pem"), "cannot read /nowhere.pem"),
                               (("--ca", self.key), "holds no certificates in PEM")]:
            seen = self.connect(*options)
            self.assertEqual(seen.returncode, 1, options)
            self.assertIn(words, seen.stderr)
        self.assertEqual(self.connect("--insecure").returncode, 0)

    def test_a_reload_shows_the_new_certificate_and_drops_nobody(self):
        with tempfile.TemporaryDirectory() as folder:
            cert, key = make_pair(folder)
            server, url = self.serve("--tls-cert", cert, "--tls-key", key)
            port = url.rsplit(":", 1)[1]
            before = self.shown(port)
            client = subprocess.Popen([BINARY, "connect", f"wss://127.0.0.1:{port}/ws/echo", "--token", self.token(), "--ca", cert],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)

            def expect_echo(text):
                client.stdin.write(text + "\n")
                client.stdin.flush()
                self.assertEqual(client.stdout.readline(), text + "\n")

            expect_echo("before")
            make_pair(folder)
            self.assertEqual(self.shown(port), before)
            server.send_signal(signal.SIGHUP)
            self.until(lambda: self.shown(port) != before)
            expect_echo("after")
            with open(key, "w") as file:
                file.write("no key")
            now = self.shown(port)
            server.send_signal(signal.SIGHUP)
            self.assertEqual(self.shown(port), now)
            expect_echo("and still")
            client.stdin.close()
            self.assertEqual(client.wait(timeout=20), 0)
            client.stdout.close()
            self.stop(server)

    def until(self, holds):
        for _ in range(1000):
            if holds():
                return
        self.fail("it never came to hold")

    def test_clients_show_certificates_where_they_are_asked(self):
        server, url = self.serve("--tls-cert", self.cert, "--tls-key", self.key, "--tls-client-ca", self.client_ca())
        with_one = run("curl", "--silent", "--fail", "--cacert", self.cert, "--cert", self.folder.name + "/client.pem", "--key",
                       self.folder.name + "/client.key", url + "/healthz")
        without = run("curl", "--silent", "--show-error", "--cacert", self.cert, url + "/healthz")
        self.stop(server)
        self.assertEqual(with_one.stdout, "ok\n", with_one.stderr)
        self.assertNotEqual(without.returncode, 0)

    def client_ca(self):
        """Makes an authority, and a client's certificate that it has signed."""
        folder = self.folder.name
        ca = folder + "/ca.pem"
        for command in [["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=an authority",
                         "-days", "2", "-keyout", folder + "/ca.key", "-out", ca],
                        ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=a client", "-keyout",
                         folder + "/client.key", "-out", folder + "/client.csr"],
                        ["x509", "-req", "-in", folder + "/client.csr", "-CA", ca, "-CAkey", folder + "/ca.key", "-CAcreateserial", "-days",
                         "2", "-out", folder + "/client.pem"]]:
            made = run("openssl", *command)
            assert made.returncode == 0, made.stderr
        return ca

    def test_errors_at_start_say_what_to_do(self):
        for options, words in [(["--tls-cert", self.cert], "--tls-key"),
                               (["--tls-client-ca", self.cert], "--tls-cert"),
                               (["--tls-cert", "/nowhere.pem", "--tls-key", self.key], "cannot read /nowhere.pem"),
                               (["--tls-cert", self.key, "--tls-key", self.cert], "holds no certificate in PEM")]:
            result = run(BINARY, "serve", "--listen", "127.0.0.1:0", *options, env=self.env)
            self.assertEqual(result.returncode, 1, options)
            self.assertIn(words, result.stderr)


if __name__ == "__main__":
    unittest.main()
