"""examples/cluster/run.py as ./dev cluster runs it: three nodes, a Redis, HAProxy; people on different nodes meet."""
import asyncio
import json
import os
import random
import re
import signal
import socket
import subprocess
import unittest

try:
    import websockets
except ImportError:
    raise SystemExit("python3-websockets is missing: run ./dev setup")

BINARY = os.environ["MICROFRAME_BIN"]
SCRIPT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../examples/cluster/run.py")
NODES = 3


def is_free(port):
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def free_base():
    """The script takes the ports base to base + NODES, and base + 79 for Redis."""
    for _ in range(1000):
        base = random.randrange(20000, 30000)
        if all(map(is_free, [*range(base, base + NODES + 1), base + 79])):
            return base
    raise AssertionError("no free ports")


async def until(socket_, wanted):
    """The next message for which wanted(message) holds."""
    while True:
        message = json.loads(await asyncio.wait_for(socket_.recv(), 10))
        if wanted(message):
            return message


class Cluster(unittest.IsolatedAsyncioTestCase):
    def setUp(self):
        self.base = free_base()
        self.process = subprocess.Popen([SCRIPT, BINARY, str(NODES), str(self.base)], stdout=subprocess.PIPE, text=True)
        self.addCleanup(self.process.stdout.close)
        self.addCleanup(self.end)
        self.tokens = []
        for line in self.process.stdout:
            if found := re.search(r"#token=(\S+)", line):
                self.tokens.append(found.group(1))
            if len(self.tokens) == 2:
                return
        self.fail("the cluster has not come up")

    def end(self):
        self.process.send_signal(signal.SIGINT)
        self.assertEqual(self.process.wait(60), 0)

    def connect(self, port, token):
        return websockets.connect(f"ws://127.0.0.1:{port}/ws/chat?token={token}")

    async def test_people_on_different_nodes_meet(self):
        alice_token, bob_token = self.tokens
        async with self.connect(self.base + 1, alice_token) as alice, self.connect(self.base + 2, bob_token) as bob:
            await until(alice, lambda m: m.get("type") == "user_joined" and m["user_id"] == "bob")
            for one in (alice, bob):
                await one.send(json.dumps({"type": "join_room", "room": "tea"}))
                await until(one, lambda m: m.get("type") == "joined_room")
            await alice.send(json.dumps({"type": "room_message", "room": "tea", "text": "from another node"}))
            heard = await until(bob, lambda m: m.get("type") == "room_message")
            self.assertEqual(heard["text"], "from another node")

    async def test_the_balancer_leads_to_nodes_of_one_cluster(self):
        alice_token, bob_token = self.tokens
        async with self.connect(self.base, alice_token) as alice, self.connect(self.base, bob_token) as bob:
            for who in (alice, bob):
                await until(who, lambda m: m.get("type") == "welcome")
            await bob.send(json.dumps({"type": "chat", "text": "hello"}))
            heard = await until(alice, lambda m: m.get("type") == "chat_message")
            self.assertEqual(heard["text"], "hello")


if __name__ == "__main__":
    unittest.main()
