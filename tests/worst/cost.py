#!/usr/bin/env python3
"""Measures what each kind of request costs the server at its worst: CPU, resident memory while it lasts, bytes answered. The table
is in docs/explanation/what-one-account-can-cost.md.

Usage: cost.py BINARY [KIND ..]
Each kind is sent to a server of its own with one loop. CPU is the time of all its threads, memory is VmRSS, each divided by
the number of requests; both are above what the server had before.
"""
import sys
import time

import peer as wire
import server as serving

MIB = 1024 * 1024
KEPT_BYTES = 10_000
BURST = 190  # messages that one connection may send at once
LONG = "a" * (MIB - 400)
QUIET_S = 0.3


class Bench:
    """A server with one loop, and the peers of an account, or of several where one alone would have to wait."""

    def __init__(self, binary):
        self.server = serving.Server(binary, options=("--threads", "1"))
        self.tokens = {}
        self.peers = []

    def token(self, account=0):
        if account not in self.tokens:
            self.tokens[account] = self.server.token(f"mallory{account}")
        return self.tokens[account]

    def connect(self, account=0, **how):
        self.peers.append(wire.Peer(self.server.port, self.token(account), **how))
        return self.peers[-1]

    def entered(self, room="cost", account=0, **how):
        """Returns a peer that is in the room, and has read what it was told."""
        peer = self.connect(account, **how)
        peer.send(peer.join(room) if peer.v1 else peer.say({"type": "join_room", "room": room}))
        self.hear(peer, 0.2)
        return peer

    def hear(self, peer, quiet_s=QUIET_S):
        """Returns how many bytes come until the peer hears nothing for so long."""
        total = len(peer.buffer)
        peer.buffer.clear()
        peer.socket.settimeout(quiet_s)
        try:
            while peer.receive():
                total += len(peer.buffer)
                peer.buffer.clear()
        except TimeoutError:
            pass
        peer.socket.settimeout(wire.TIMEOUT_S)
        return total

    def settle(self):
        """Waits until the server has nothing to do."""
        before = -1.0
        while (now := self.server.cpu_s()) - before > 0.005:
            before = now
            time.sleep(QUIET_S)

    def end(self):
        for peer in self.peers:
            peer.drop()
        self.server.stop()


def connects(bench):
    """A handshake, and its end by RST."""
    yield
    for n in range(300):
        bench.connect(n // 16).drop()
    bench.peers.clear()
    yield 300, 0, 0


def connections(bench):
    """A connection that says nothing."""
    yield
    mine = [bench.connect() for _ in range(16)]  # as many devices as an account may have
    yield len(mine), len(mine), sum(bench.hear(peer, 0.05) for peer in mine) / len(mine)


def burst(bench, peers, frames, each):
    """Has each peer send its frames; returns the bytes that all hear of them, divided by the number of requests."""
    for peer in peers:
        peer.send(frames(peer))
    heard = sum(bench.hear(peer) for peer in peers)
    return len(peers) * each, len(peers) * each, heard / (len(peers) * each)


def to_room(bench, text, count, peers, **how):
    mine = [bench.entered(f"room {i}", account=i, **how) for i in range(peers)]
    yield
    say = {"type": "room_message", "text": text}
    yield burst(bench, mine, lambda peer: b"".join(
        peer.say({**say, "room": f"room {mine.index(peer)}"}, compressed="deflate" in how) for _ in range(count)), count)


def short_messages(bench):
    """A short message to a room, which comes back."""
    yield from to_room(bench, "x", BURST, 5)


def long_messages(bench):
    """A message of 1 MiB to a room, which comes back."""
    yield from to_room(bench, LONG, 1, 12)


def deflated_messages(bench):
    """The same in 1 kB, compressed."""
    yield from to_room(bench, LONG, 7, 4, deflate="")


def joins(bench):
    """A join of a room that is new."""
    mine = [bench.connect(v1=True) for _ in range(8)]
    for peer in mine:
        bench.hear(peer, 0.05)
    yield
    yield burst(bench, mine, lambda peer: b"".join(peer.join(wire.nonce()) for _ in range(120)), 120)


def joins_with_last(bench):
    """A join that asks for the latest 100 messages, of 10 kB each."""
    writer = bench.entered(v1=True)
    for _ in range(100):
        writer.send(writer.say({"type": "room_message", "room": "cost", "text": "b" * KEPT_BYTES}))
    bench.hear(writer)
    mine = [bench.entered(account=1 + n, v1=True) for n in range(5)]
    yield
    total = 0
    for peer in mine:
        for _ in range(6):
            peer.send(peer.join("cost", 100))
            total += bench.hear(peer, 0.6)
    yield 30, 30, total / 30


def leaves(bench):
    """A leave of a room that is then empty."""
    mine = [bench.connect(v1=True) for _ in range(8)]
    for peer in mine:
        peer.send(b"".join(peer.join(f"{mine.index(peer)} {n}") for n in range(90)))
        bench.hear(peer)
    yield
    yield burst(bench, mine, lambda peer: b"".join(peer.leave(f"{mine.index(peer)} {n}") for n in range(90)), 90)


def resumes(bench):
    """A resume of a session that has missed 0.9 MiB."""
    peer = bench.connect(v1=True)
    welcome = wire.json.loads(peer.read_until(b'"welcome"'))
    peer.send(peer.join("cost"))
    bench.hear(peer)
    peer.send(peer.say({"type": "room_message", "room": "cost", "text": "c" * 900_000}))
    bench.hear(peer)
    peer.drop()
    bench.peers.clear()
    yield
    total = 0
    for attempt in range(1, 31):
        offer = f"microframe.v1, resume.{welcome['session']}.{welcome['secret']}.1.{attempt}"
        back = bench.connect(v1=True, subprotocols=offer)
        total += bench.hear(back, 0.1)
        back.drop()
        bench.peers.clear()
    yield 30, 0, total / 30


def refreshes(bench):
    """A fresh token."""
    mine = [bench.connect(v1=True) for _ in range(5)]
    for peer in mine:
        bench.hear(peer, 0.05)
    yield
    yield burst(bench, mine, lambda peer: b"".join(
        wire.text_frame({"t": "refresh", "id": peer.next_id(), "token": bench.token()}) for _ in range(BURST)), BURST)


def pings(bench):
    """A Ping of 125 bytes."""
    mine = [bench.entered() for _ in range(8)]
    yield
    yield burst(bench, mine, lambda peer: wire.frame(b"p" * 125, 9) * BURST, BURST)


def closes(bench):
    """A handshake, and a Close that is answered."""
    yield
    total = 0
    for n in range(200):
        peer = bench.connect(n // 16)
        peer.send(wire.frame(b"\x03\xe8", 8))
        total += bench.hear(peer, 1)
        peer.drop()
    bench.peers.clear()
    yield 200, 0, total / 200


def half_messages(bench):
    """Half a message, of 1 MiB once inflated."""
    mine = [bench.entered(deflate="") for _ in range(16)]
    yield
    yield burst(bench, mine, lambda peer: wire.deflated_frame({"type": "x", "text": LONG}, fin=False), 1)


def suspended_sessions(bench):
    """A session that was sent 0.9 MiB, and then lost."""
    yield
    for n in range(30):
        peer = bench.entered(f"room {n}", v1=True, deflate="")
        peer.send(peer.say({"type": "room_message", "room": f"room {n}", "text": "c" * 900_000}, compressed=True))
        bench.hear(peer, 0.1)
        peer.drop()
    bench.peers.clear()
    yield 30, 30, 0


def never_read(bench):
    """A device that asks for messages of 0.3 MiB and reads none."""
    mine = [bench.entered(f"room {n}", receive_bytes=4096) for n in range(8)]
    yield
    for number, peer in enumerate(mine):
        for n in range(16):
            # Each is another text, so that no two devices wait for the same bytes.
            text = chr(ord("a") + n) * 300_000 + str(number)
            peer.send(peer.say({"type": "room_message", "room": f"room {number}", "text": text}))
            time.sleep(0.02)
    yield 8, 8, 0


KINDS = (connects, connections, short_messages, long_messages, deflated_messages, joins, joins_with_last, leaves, resumes, refreshes, pings, closes,
         half_messages, suspended_sessions, never_read)


def measure(binary, kind):
    """Returns CPU in ms, memory in bytes and bytes answered, each of one request."""
    bench = Bench(binary)
    try:
        steps = kind(bench)
        next(steps)
        bench.settle()
        cpu_s, memory = bench.server.cpu_s(), bench.server.memory()
        count, held, answered = next(steps)
        bench.settle()
        cpu_ms = (bench.server.cpu_s() - cpu_s) / count * 1000
        return cpu_ms, (bench.server.memory() - memory) / held if held else 0.0, answered
    finally:
        bench.end()


def main():
    wanted = sys.argv[2:] or [kind.__name__ for kind in KINDS]
    print("| kind | CPU, ms | memory, bytes | answered, bytes |\n|---|--:|--:|--:|")
    for kind in KINDS:
        if kind.__name__ in wanted:
            cpu_ms, memory, answered = measure(sys.argv[1], kind)
            words = kind.__doc__[0].lower() + kind.__doc__[1:].rstrip(".")
            print(f"| `{kind.__name__}`: {words} | {cpu_ms:.3f} | {memory:,.0f} | {answered:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
