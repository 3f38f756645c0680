#!/usr/bin/python3
"""Puts a server under changing load for a long time: connections churn, rooms change, messages flow. No message may be lost,
and memory must not grow.

Usage: soak.py SECONDS MICROFRAME_BINARY [--workers N] [--seed N]
Exits with 1 on a loss, a leftover, or (from 30 minutes on) a growth of memory of over 1 % per hour.

Each connection numbers its messages to a room. A member receives each sender's numbers one by one, from the first one
until it leaves. The sender receives its own messages as well, and waits for the last one before it leaves.
"""
import argparse
import asyncio
import json
import random
import re
import resource
import signal
import subprocess
import sys
import time
import urllib.request

import websockets

ROOMS = [f"room{i}" for i in range(8)]
USERS = 40
JUDGED_FROM_S = 1800
SLOPE_MAX_PERCENT = 1.0
ANSWER_S = 30


class Loss(Exception):
    pass


class Counts:
    def __init__(self):
        self.connections = self.sent = self.received = self.cut = 0


class Server:
    def __init__(self, binary):
        self.secret = "soak" * 12
        self.binary = binary
        self.process = subprocess.Popen([binary, "serve", "--listen", "127.0.0.1:0", "--admin", "public"], stdout=subprocess.PIPE, text=True,
                                        stderr=subprocess.DEVNULL, env={"MICROFRAME_SECRET": self.secret})
        self.port = int(re.search(r":(\d+)$", self.process.stdout.readline().strip()).group(1))
        self.tokens = [self.token(f"user{i}") for i in range(USERS)]

    def token(self, user):
        words = [self.binary, "token", "--sub", user, "--ttl", "48h"]
        return subprocess.run(words, env={"MICROFRAME_SECRET": self.secret}, capture_output=True, text=True,
                              check=True).stdout.strip()

    def rss_kib(self):
        with open(f"/proc/{self.process.pid}/status", encoding="ascii") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))

    def gauge(self, name):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=10) as answer:
            found = re.search(rf'^{name}\{{endpoint="/ws/chat"\}} (\d+)', answer.read().decode(), re.M)
        return int(found.group(1))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


class Visit:
    """One connection, from its handshake to its end."""

    def __init__(self, socket, name, counts):
        self.socket, self.name, self.counts = socket, name, counts
        self.rooms = {}  # room -> number of our last message there
        self.spoken = set()  # rooms we have sent to since we joined
        self.heard = {}  # (room, sender) -> number of the last
        self.changed = asyncio.Event()
        self.answers = set()

    async def listen(self):
        async for text in self.socket:
            message = json.loads(text)
            kind = message.get("type")
            if "error" in message:
                raise Loss(f"{self.name} was told {text}")
            if kind == "room_message":
                self.hear(message["room"], *message["text"].split(":"))
            elif kind in ("joined_room", "left_room"):
                self.answers.add((kind, message["room"]))
            self.changed.set()

    def hear(self, room, sender, number, _padding):
        self.counts.received += 1
        key, number = (room, sender), int(number)
        last = self.heard.get(key)
        if last is not None and number != last + 1:
            raise Loss(f"{self.name} in {room} heard {number} of {sender} after {last}")
        self.heard[key] = number

    async def until(self, holds, what):
        deadline = time.monotonic() + ANSWER_S
        while not holds():
            self.changed.clear()
            try:
                await asyncio.wait_for(self.changed.wait(), max(0.01, deadline - time.monotonic()))
            except asyncio.TimeoutError:
                if time.monotonic() >= deadline:
                    raise Loss(f"{self.name} waited in vain for {what}") from None

    async def say(self, **fields):
        await self.socket.send(json.dumps(fields))

    async def join(self, room, numbers):
        await self.say(type="join_room", room=room)
        await self.until(lambda: ("joined_room", room) in self.answers, f"joined_room {room}")
        self.rooms[room] = numbers.get(room, 0)

    async def heard_own(self, room):
        if room in self.spoken:
            await self.until(lambda: self.heard.get((room, self.name)) == self.rooms[room], f"its own last in {room}")

    async def leave(self, room, numbers):
        await self.heard_own(room)
        await self.say(type="leave_room", room=room)
        await self.until(lambda: ("left_room", room) in self.answers, f"left_room {room}")
        self.answers -= {("left_room", room), ("joined_room", room)}
        numbers[room] = self.rooms.pop(room)
        self.spoken.discard(room)
        self.heard = {key: last for key, last in self.heard.items() if key[0] != room}

    async def send(self, room):
        self.rooms[room] += 1
        self.spoken.add(room)
        self.counts.sent += 1
        await self.say(type="room_message", room=room, text=f"{self.name}:{self.rooms[room]}:{'x' * random.randrange(200)}")


async def act(visit, until):
    numbers = {}  # of rooms it has left
    while time.monotonic() < until:
        choice = random.random()
        if len(visit.rooms) < 2 or (choice < 0.1 and len(visit.rooms) < 4):
            free = [room for room in ROOMS if room not in visit.rooms]
            await visit.join(random.choice(free), numbers)
        elif choice < 0.2:
            await visit.leave(random.choice(list(visit.rooms)), numbers)
        else:
            await visit.send(random.choice(list(visit.rooms)))
        await asyncio.sleep(random.uniform(0.05, 0.4))
    for room in list(visit.rooms):
        await visit.heard_own(room)


async def visit_once(server, number, counts, end):
    token = server.tokens[random.randrange(USERS)]
    url = f"ws://127.0.0.1:{server.port}/ws/chat?token={token}"
    async with websockets.connect(url, compression=None, ping_interval=None, max_queue=None) as socket:
        counts.connections += 1
        visit = Visit(socket, f"c{number}", counts)
        listening = asyncio.ensure_future(visit.listen())
        acting = asyncio.ensure_future(act(visit, min(end, time.monotonic() + random.expovariate(1 / 5))))
        done, _ = await asyncio.wait({listening, acting}, return_when=asyncio.FIRST_COMPLETED)
        if listening in done and listening.exception() is None and not acting.done():
            raise Loss(f"c{number} was closed: {socket.close_code}")
        for task in done:
            task.result()
        listening.cancel()
        if random.random() < 0.3:  # without a word
            counts.cut += 1
            socket.transport.abort()


async def work(server, names, counts, end):
    while time.monotonic() < end:
        await visit_once(server, next(names), counts, end)


async def watch(server, samples, start, counts, seconds):
    lines = 20
    for i in range(1, 10 * lines + 1):
        await asyncio.sleep(max(0.0, start + i * seconds / (10 * lines) - time.monotonic()))
        samples.append((time.monotonic() - start, server.rss_kib()))
        if i % 10 == 0:
            print(f"{samples[-1][0]:8.0f} s  {samples[-1][1] / 1024:8.2f} MiB  {counts.connections} connections, "
                  f"{counts.sent} sent, {counts.received} heard", flush=True)


def slope_percent_per_hour(samples):
    """Least squares over the second half, of the mean there."""
    half = samples[len(samples) // 2:]
    mean_t = sum(t for t, _ in half) / len(half)
    mean_m = sum(m for _, m in half) / len(half)
    slope = sum((t - mean_t) * (m - mean_m) for t, m in half) / sum((t - mean_t) ** 2 for t, _ in half)
    return slope * 3600 / mean_m * 100


async def soak(server, seconds, workers):
    counts, samples = Counts(), []
    start = time.monotonic()
    names = iter(range(1, sys.maxsize))
    tasks = [asyncio.ensure_future(work(server, names, counts, start + seconds)) for _ in range(workers)]
    tasks.append(asyncio.ensure_future(watch(server, samples, start, counts, seconds)))
    done, pending = await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    for task in pending:
        task.cancel()
    for task in done:
        task.result()
    deadline = time.monotonic() + ANSWER_S
    # The rooms stay for what they keep, and the one that everyone is in.
    while server.gauge("microframe_connections") or server.gauge("microframe_rooms") > len(ROOMS) + 1:
        if time.monotonic() > deadline:
            raise Loss("connections or rooms are left at the end")
        await asyncio.sleep(0.1)
    return counts, samples


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("seconds", type=float)
    parser.add_argument("binary")
    parser.add_argument("--workers", type=int, default=60)
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    options = parser.parse_args()
    random.seed(options.seed)
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, max(soft, 4096)), hard))
    server = Server(options.binary)
    try:
        counts, samples = asyncio.run(soak(server, options.seconds, options.workers))
        code = server.stop()
    except Loss as loss:
        print(f"lost (--seed {options.seed}): {loss}")
        return 1
    finally:
        if server.process.poll() is None:
            server.process.kill()
    slope = slope_percent_per_hour(samples)
    judged = options.seconds >= JUDGED_FROM_S
    print(f"nothing lost: {counts.connections} connections ({counts.cut} cut), {counts.sent} sent, {counts.received} heard; "
          f"memory's slope {slope:+.2f} % an hour" + ("" if judged else " (too short a run to judge)"))
    if code != 0:
        print(f"the server ended with {code}")
    return 1 if code != 0 or (judged and slope > SLOPE_MAX_PERCENT) else 0


if __name__ == "__main__":
    sys.exit(main())
