#!/usr/bin/env python3
"""One account that does its worst to the ready chat, with all the devices that it may have, for so many seconds.

Usage: account.py PORT SECONDS [--seed N] [--devices N] [--only ACT ..] [--everyone]   the token is a line of standard input
Prints a line of JSON: how often each act was begun, how often it was refused (and how) or cut off, and how many bytes were sent.
--everyone: long messages go to the room that the neighbours are in too, not only to the account's own.
"""
import argparse
import collections
import itertools
import json
import os
import random
import socket
import sys
import threading
import time

import peer as wire

ACT_S = 3  # then the device does something else
MIB = 1024 * 1024
NARROW = "; server_max_window_bits=9"
HALF = wire.deflated_frame({"type": "room_message", "room": "x", "text": "a" * (MIB - 200)}, fin=False)


class Device(threading.Thread):
    """Does one act after the other. Whatever the server refuses or cuts off, the next act begins."""

    def __init__(self, account, number):
        super().__init__(daemon=True)
        self.account, self.number = account, number
        self.random = random.Random(account.options.seed * 1000 + number)
        self.rooms = itertools.count()

    def run(self):
        while time.monotonic() < self.account.end:
            name = self.random.choice(self.account.acts)
            self.account.count(name, "begun")
            try:
                ACTS[name](self, min(time.monotonic() + ACT_S, self.account.end))
            except wire.Refused as refused:
                self.account.count(name, f"refused: {refused}")
                time.sleep(0.01)
            except OSError:
                self.account.count(name, "cut")

    def connect(self, **how):
        return wire.Peer(self.account.options.port, self.account.token, **how)

    def send(self, peer, frames):
        """Sends for as long as the peer is read; past the socket's time limit the act is over."""
        peer.send(frames)
        self.account.add_bytes(len(frames))

    def new_room(self):
        return f"{self.number}:{next(self.rooms)}:{wire.nonce()}"

    # --- acts: each ends at `end`, or as its connection does

    def bombs(self, end):
        """Messages of 1 kB that are 1 MiB once inflated, to a room of all its devices; nothing is read."""
        peer = self.connect(deflate="", receive_bytes=4096)
        room = "everyone" if self.account.options.everyone else "bombs"
        self.send(peer, peer.say({"type": "join_room", "room": room}))
        kind = {"type": "chat_message"} if room == "everyone" else {"type": "room_message", "room": room}
        bomb = peer.say({**kind, "text": "a" * (MIB - 200)}, compressed=True)
        while time.monotonic() < end:
            self.send(peer, bomb * 16)
        peer.drop()

    def bombs_read(self, end):
        """The same, and what comes is read: of a compressed message some hundred bytes."""
        peer = self.connect(deflate="")
        self.send(peer, peer.say({"type": "join_room", "room": "bombs read"}))
        bomb = peer.say({"type": "room_message", "room": "bombs read", "text": "a" * (MIB - 200)}, compressed=True)
        while time.monotonic() < end and peer.skip():
            self.send(peer, bomb)
        peer.drop()

    def joins(self, end):
        """{"join", "last": 100} of kept messages of 10 kB, again and again, by a client of a narrow window."""
        peer = self.connect(v1=True, deflate=NARROW)
        self.send(peer, peer.join("kept"))
        for _ in range(4):
            self.send(peer, peer.say({"type": "room_message", "room": "kept", "text": "b" * 10_000}))
        while time.monotonic() < end and peer.skip():
            self.send(peer, b"".join(peer.join("kept", 100) for _ in range(4)))
        peer.drop()

    def churn(self, end):
        """Rooms without end: each is joined, written to, and left with what it keeps."""
        peer = self.connect(v1=True)
        while time.monotonic() < end and peer.skip():
            room = self.new_room()
            self.send(peer, peer.join(room) + peer.say({"type": "room_message", "room": room, "text": "kept"}) + peer.leave(room))
        peer.drop()

    def halves(self, end):
        """Half a message, which never ends, of 1 MiB once inflated."""
        peer = self.connect(deflate="")
        self.send(peer, HALF)
        while time.monotonic() < end and peer.skip():
            time.sleep(0.1)
        peer.drop()

    def sessions(self, end):
        """Sessions that are sent 1 MiB and then lost, one after the other."""
        while time.monotonic() < end:
            peer = self.connect(v1=True, deflate="")
            room = self.new_room()
            self.send(peer, peer.join(room))
            self.send(peer, peer.say({"type": "room_message", "room": room, "text": "c" * (MIB - 400)}, compressed=True))
            time.sleep(0.05)
            peer.drop()

    def handshakes(self, end):
        """Connects with a good token, and drops the connection."""
        while time.monotonic() < end:
            self.connect().drop()

    def connects(self, end):
        """Connects, says nothing, and drops the connection."""
        while time.monotonic() < end:
            with socket.create_connection(("127.0.0.1", self.account.options.port), timeout=wire.TIMEOUT_S) as made:
                made.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")

    def pings(self, end):
        """Pings, whose pongs are not read."""
        peer = self.connect(receive_bytes=4096)
        burst = wire.frame(b"p" * 125, 9) * 64
        while time.monotonic() < end:
            self.send(peer, burst)
        peer.drop()

    def never_reads(self, end):
        """Asks for answers, and reads none."""
        peer = self.connect(receive_bytes=4096)
        while time.monotonic() < end:
            self.send(peer, peer.say({"type": "join_room", "room": self.new_room()}) * 8)
        peer.drop()


ACTS = {act.__name__: act for act in (Device.bombs, Device.bombs_read, Device.joins, Device.churn, Device.halves, Device.sessions,
                                      Device.handshakes, Device.connects, Device.pings, Device.never_reads)}


class Account:
    def __init__(self, options, token):
        self.options, self.token = options, token
        self.acts = options.only or list(ACTS)
        self.end = time.monotonic() + options.seconds
        self.lock = threading.Lock()
        self.counts = collections.defaultdict(collections.Counter)
        self.bytes = 0

    def count(self, act, what):
        with self.lock:
            self.counts[act][what] += 1

    def add_bytes(self, count):
        with self.lock:
            self.bytes += count

    def run(self):
        devices = [Device(self, number) for number in range(self.options.devices)]
        for device in devices:
            device.start()
        for device in devices:
            device.join(self.options.seconds + 3 * wire.TIMEOUT_S)
        return {"bytes_sent": self.bytes, "acts": {name: dict(counted) for name, counted in sorted(self.counts.items())}}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("port", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--devices", type=int, default=16)
    parser.add_argument("--only", nargs="+", choices=list(ACTS))
    parser.add_argument("--everyone", action="store_true")
    options = parser.parse_args()
    os.nice(19)  # what it costs itself must not be what the neighbours wait for
    print(json.dumps(Account(options, sys.stdin.readline().strip()).run()))


if __name__ == "__main__":
    main()
