"""Neighbours: accounts that each send a request now and then, and measure how long its answer takes."""
import multiprocessing
import selectors
import time

import peer as wire

EACH_PER_S = 10
PATIENCE_S = 10


class Neighbour:
    def __init__(self, port, token, number):
        self.peer = wire.Peer(port, token)
        self.room = f"neighbour {number}"
        self.asked = None  # when
        self.number = 0
        self.peer.send(self.peer.say({"type": "join_room", "room": self.room}))
        self.peer.read_until(b'"type":"joined_room"')
        self.peer.socket.setblocking(False)

    def ask(self):
        """A message to a room of its own, which comes back."""
        self.number += 1
        self.words = f'"text":"{self.number}"'.encode()
        self.asked = time.perf_counter()
        self.peer.send(self.peer.say({"type": "room_message", "room": self.room, "text": str(self.number)}))

    def hear(self):
        """Returns the seconds that the answer took, if it came; None if it did not. Raises OSError at the end of the stream."""
        if not self.peer.receive():
            raise ConnectionError("the server has ended it")
        took = None
        while (taken := self.peer.take_frame()) is not None:
            if taken[0] == 0x88:
                raise ConnectionError(f"closed with {int.from_bytes(taken[1][:2], 'big')}")
            if taken[0] == 0x89:
                self.peer.send(wire.frame(taken[1], 10))
            elif self.asked is not None and self.words in taken[1]:
                took, self.asked = time.perf_counter() - self.asked, None
        return took


def talk(port, tokens, phase, results):
    """Runs until phase.value is ""; sends, for each phase, the seconds that answers took, and what cut neighbours off."""
    neighbours = [Neighbour(port, token, number) for number, token in enumerate(tokens)]
    waits = selectors.DefaultSelector()
    for neighbour in neighbours:
        waits.register(neighbour.peer.socket, selectors.EVENT_READ, neighbour)
    took, cuts = {}, []
    pause = 1 / (EACH_PER_S * len(neighbours))
    next_turn, turn = time.perf_counter(), 0
    while (now_in := phase.value.decode()) != "":
        samples = took.setdefault(now_in, [])
        for key, _ in waits.select(max(0.0, next_turn - time.perf_counter())):
            try:
                seconds = key.data.hear()
                if seconds is not None:
                    samples.append(seconds)
            except OSError as error:
                cuts.append(f"{now_in}: {error}")
                waits.unregister(key.fileobj)
                neighbours.remove(key.data)
        if time.perf_counter() < next_turn or not neighbours:
            continue
        next_turn = max(next_turn + pause, time.perf_counter() - 1)
        turn += 1
        neighbour = neighbours[turn % len(neighbours)]
        if neighbour.asked is None:
            neighbour.ask()
        elif time.perf_counter() - neighbour.asked > PATIENCE_S:
            cuts.append(f"{now_in}: no answer for {PATIENCE_S} s")
            samples.append(PATIENCE_S)
            neighbour.asked = None
    results.send((took, cuts))


class Neighbours:
    def __init__(self, port, tokens):
        self._phase = multiprocessing.Array("c", 16)
        self._phase.value = b"before"
        self._results, end = multiprocessing.Pipe(duplex=False)
        self._process = multiprocessing.Process(target=talk, args=(port, tokens, self._phase, end), daemon=True)
        self._process.start()

    def enter(self, phase):
        self._phase.value = phase.encode()

    def stop(self):
        """Returns the samples of each phase, in seconds, and what cut neighbours off."""
        self._phase.value = b""
        took, cuts = self._results.recv() if self._results.poll(30) else ({}, ["the neighbours have hung"])
        self._process.join(5)
        return took, cuts
