"""nginx and HAProxy in front of the real server, with the configurations of docs/how-to/behind-a-proxy.md."""
import asyncio
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import tempfile
import time
import unittest

try:
    import websockets
except ImportError:
    raise SystemExit("python3-websockets is missing: run ./dev setup")

BINARY = os.environ["MICROFRAME_BIN"]
PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../docs/how-to/behind-a-proxy.md")
CLIENT = "127.0.0.7"  # the address that the proxies see; they themselves connect from 127.0.0.1
FORGED = "203.0.113.66"


def documented(name):
    with open(PAGE, encoding="utf-8") as page:
        return re.search(rf"<!-- tested: {name} -->\n(?:<!-- not run: .*? -->\n)?```\w+\n(.*?)```", page.read(), re.S).group(1)


def program(name):
    path = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin")
    if not path:
        raise SystemExit(f"{name} is missing: run ./dev setup")
    return path


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, process):
    for _ in range(500):
        if process.poll() is not None:
            raise AssertionError(f"the proxy ended with {process.returncode}")
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError("the proxy does not listen")


class Proxies(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.env = {**os.environ, "MICROFRAME_SECRET": secrets.token_hex(32)}
        self.folder = tempfile.mkdtemp(prefix="microframe-proxies-")
        os.chmod(self.folder, 0o755)
        self.addCleanup(shutil.rmtree, self.folder)
        self.log = open(os.path.join(self.folder, "server.log"), "w+")
        self.addCleanup(self.log.close)

    def start(self, *command, **options):
        process = subprocess.Popen(command, env=self.env, text=True, **options)

        def stop():
            process.terminate()
            process.wait(timeout=30)
            if process.stdout:
                process.stdout.close()
        self.addCleanup(stop)
        return process

    def serve(self, *options, listen="127.0.0.1:0"):
        """Returns where the proxy listens."""
        server = self.start(BINARY, "serve", "--listen", listen, "--admin", "public", "--threads", "1", *options, stdout=subprocess.PIPE, stderr=self.log)
        line = server.stdout.readline().split()[-1]
        return line.removeprefix("http://")

    def nginx(self, server):
        self.port = free_port()
        text = documented("nginx").replace("127.0.0.1:8000", server).replace("listen 80", f"listen 127.0.0.1:{self.port}")
        temporary = "".join(f"{kind}_temp_path {self.folder}/{kind};\n" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        # As the package configures it: the workers of root's nginx are www-data's.
        root = "user www-data;\n" if os.geteuid() == 0 else ""
        path = self.write("nginx.conf", f"{root}pid {self.folder}/nginx.pid;\ndaemon off;\nerror_log {self.folder}/error.log;\n"
                                        f"events {{}}\nhttp {{\n{temporary}{text}}}\n")
        wait_for(self.port, self.start(program("nginx"), "-e", f"{self.folder}/error.log", "-c", path))

    def haproxy(self, server, name, send="send-proxy-v2", option="option httpchk GET /healthz"):
        self.port = free_port()
        text = documented(name).replace("127.0.0.1:8000", server).replace("bind :80", f"bind 127.0.0.1:{self.port}").replace("send-proxy-v2", send)
        text = text.replace("option httpchk GET /healthz", option)
        path = self.write("haproxy.cfg", text)
        wait_for(self.port, self.start(program("haproxy"), "-q", "-db", "-f", path))

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def connect(self, token, headers=()):
        return websockets.connect(f"ws://127.0.0.1:{self.port}/ws/chat", local_addr=(CLIENT, 0),
                                  extra_headers=[("Authorization", "Bearer " + token), *headers])

    def token(self):
        return subprocess.run([BINARY, "token", "--sub", "alice"], env=self.env, capture_output=True, text=True, check=True).stdout.strip()

    async def check(self, seen=CLIENT):
        await asyncio.wait_for(self.check_client(seen), 20)

    async def check_client(self, seen):
        """Checks that the chat works through the proxy, and that the server sees that address, whatever the client claims."""
        async with self.connect(self.token()) as client:
            self.assertEqual(json.loads(await client.recv())["type"], "welcome")
            await client.send(json.dumps({"type": "chat", "text": "through"}))
            while json.loads(await client.recv()).get("text") != "through":
                pass
        # A bad token makes the server log the client's address.
        async with self.connect("bad", [("X-Forwarded-For", FORGED)]) as client:
            self.assertEqual(json.loads(await client.recv()), {"error": "unauthorized"})
        for _ in range(500):
            self.log.seek(0)
            log = self.log.read()
            if "reason=unauthenticated" in log:
                break
            await asyncio.sleep(0.02)
        self.assertRegex(log, rf"reason=unauthenticated peer={re.escape(seen)}[: ]")
        self.assertNotIn(FORGED, log)
        self.assertEqual(log.count("rejected"), 1, log)  # no health check is rejected

    async def test_nginx(self):
        self.nginx(self.serve("--trusted-proxy", "127.0.0.1"))
        await self.check()

    @unittest.skipIf(os.geteuid() != 0, "only root's nginx has workers of another user")
    async def test_B16_nginx_by_a_unix_socket_as_documented(self):
        path = f"{self.folder}/app.sock"
        command = documented("nginx-unix").strip().replace("/run/microframe.sock", path).replace("microframe serve", f"{BINARY} serve")
        server = self.start(*command.split(), stdout=subprocess.PIPE, stderr=self.log)
        self.assertIn(path, server.stdout.readline())
        self.assertEqual(os.stat(path).st_mode & 0o777, 0o660)
        self.nginx("unix:" + path)
        await self.check()
        server.terminate()
        self.assertEqual(server.wait(timeout=30), 0)
        self.assertFalse(os.path.exists(path))

    async def test_B15_haproxy_http_by_its_plain_check(self):
        self.haproxy(self.serve("--trusted-proxy", "127.0.0.1"), "haproxy-http", option="option httpchk")
        await self.check()

    async def test_nginx_that_is_not_trusted(self):
        self.nginx(self.serve("--trusted-proxy", "10.0.0.0/8"))
        await self.check(seen="127.0.0.1")

    async def test_haproxy_tcp(self):
        self.haproxy(self.serve("--trusted-proxy", "127.0.0.1", "--proxy-protocol"), "haproxy-tcp")
        await self.check()

    async def test_haproxy_tcp_version_1(self):
        self.haproxy(self.serve("--trusted-proxy", "127.0.0.1", "--proxy-protocol"), "haproxy-tcp", "send-proxy")
        await self.check()

    async def test_haproxy_tcp_with_more_in_its_header(self):
        self.haproxy(self.serve("--trusted-proxy", "127.0.0.1", "--proxy-protocol"), "haproxy-tcp",
                     "send-proxy-v2 proxy-v2-options crc32c,unique-id")
        await self.check()

    async def test_haproxy_http(self):
        self.haproxy(self.serve("--trusted-proxy", "127.0.0.1"), "haproxy-http")
        await self.check()

    def test_proxy_protocol_without_a_proxy_says_what_to_write(self):
        run = subprocess.run([BINARY, "serve", "--listen", "127.0.0.1:0", "--proxy-protocol"], env=self.env, capture_output=True, text=True, timeout=30)
        self.assertEqual(run.returncode, 1)
        self.assertIn("--trusted-proxy 10.0.0.0/8", run.stderr)

    def test_a_mistaken_network_says_what_to_write(self):
        run = subprocess.run([BINARY, "serve", "--listen", "127.0.0.1:0", "--trusted-proxy", "10.0.0.1/8"], env=self.env, capture_output=True, text=True, timeout=30)
        self.assertEqual(run.returncode, 1)
        self.assertIn("write 10.0.0.0/8", run.stderr)


if __name__ == "__main__":
    unittest.main()
