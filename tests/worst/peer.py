"""Peer: a WebSocket client on a socket of its own that says as much or as little as an abuser or a measurement wants."""
import json
import os
import socket
import struct
import zlib

TIMEOUT_S = 5


def frame(payload, opcode=1, fin=True, compressed=False):
    """Returns a client's frame. Its mask is 0, which leaves the payload as it is (RFC 6455 §5.3)."""
    first = (0x80 if fin else 0) | (0x40 if compressed else 0) | opcode
    size = len(payload)
    if size < 126:
        head = struct.pack("!BB", first, 0x80 | size)
    elif size < 65536:
        head = struct.pack("!BBH", first, 0x80 | 126, size)
    else:
        head = struct.pack("!BBQ", first, 0x80 | 127, size)
    return head + b"\0\0\0\0" + payload


def deflated(text):
    """Returns what a compressed message of the text holds (RFC 7692 §7.2.1)."""
    deflater = zlib.compressobj(9, zlib.DEFLATED, -15)
    return (deflater.compress(text) + deflater.flush(zlib.Z_SYNC_FLUSH))[:-4]


def text_frame(message, opcode=1, fin=True):
    return frame(json.dumps(message).encode(), opcode, fin)


def deflated_frame(message, fin=True):
    return frame(deflated(json.dumps(message).encode()), 1, fin, compressed=True)


class Refused(Exception):
    """The handshake was not answered with 101."""


class Peer:
    def __init__(self, port, token, v1=False, deflate=None, receive_bytes=None, subprotocols="microframe.v1"):
        """deflate: the parameters of an offer of permessage-deflate ("" for none), or None for no offer. subprotocols: of v1."""
        self.v1 = v1
        self.ids = 0
        self.buffer = bytearray()
        self.socket = socket.socket()
        if receive_bytes:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(TIMEOUT_S)
        try:
            self.socket.connect(("127.0.0.1", port))
            self.socket.sendall(self._request(token, deflate, subprotocols))
            status = self._status()
        except OSError as error:
            self.drop()
            raise Refused(str(error)) from error
        if status != "101":
            self.drop()
            raise Refused(status)

    def _request(self, token, deflate, subprotocols):
        fields = ["GET /ws/chat HTTP/1.1", "Host: worst", "Upgrade: websocket", "Connection: Upgrade", "Sec-WebSocket-Version: 13",
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", f"Authorization: Bearer {token}"]
        if self.v1:
            fields.append("Sec-WebSocket-Protocol: " + subprotocols)
        if deflate is not None:
            fields.append("Sec-WebSocket-Extensions: permessage-deflate" + deflate)
        return ("\r\n".join(fields) + "\r\n\r\n").encode()

    def _status(self):
        while b"\r\n\r\n" not in self.buffer:
            if not self.receive():
                return "nothing"
        head, _, rest = bytes(self.buffer).partition(b"\r\n\r\n")
        self.buffer = bytearray(rest)
        return head[9:12].decode()

    def receive(self):
        """Returns whether more came: False at the end of the stream."""
        try:
            some = self.socket.recv(1 << 18)
        except (BlockingIOError, InterruptedError):
            return True
        self.buffer += some
        return bool(some)

    def take_frame(self):
        """Returns (first byte, payload) of a frame that has come whole, or None."""
        held = self.buffer
        if len(held) < 2:
            return None
        size, at = held[1], 2
        if size >= 126:
            at = 4 if size == 126 else 10
            if len(held) < at:
                return None
            size = int.from_bytes(held[2:at], "big")
        if len(held) < at + size:
            return None
        first, payload = held[0], bytes(held[at:at + size])
        del held[:at + size]
        return first, payload

    def read_frame(self):
        """Returns the next frame that is no Ping; None once the stream has ended, or a Close came."""
        while True:
            taken = self.take_frame()
            if taken is None:
                if not self.receive():
                    return None
            elif taken[0] == 0x88:
                return None
            elif taken[0] != 0x89:
                return taken

    def read_until(self, words):
        """Reads on until a plain text frame holds the words. Returns it, or None at the end."""
        while (taken := self.read_frame()) is not None:
            if words in taken[1]:
                return taken[1]
        return None

    def skip(self):
        """Takes what has come, without a look at it. Returns False at the end of the stream."""
        self.socket.setblocking(False)
        try:
            for _ in range(16):
                if not self.socket.recv(1 << 18):
                    return False
        except (BlockingIOError, InterruptedError):
            pass
        finally:
            self.socket.settimeout(TIMEOUT_S)
        return True

    def send(self, frames):
        self.socket.sendall(frames)

    def next_id(self):
        self.ids += 1
        return self.ids

    # --- frames of microframe.v1, or the ready chat's own

    def say(self, message, compressed=False):
        whole = {"t": "message", "id": self.next_id(), "data": message} if self.v1 else message
        return deflated_frame(whole) if compressed else text_frame(whole)

    def join(self, room, last=None):
        wish = {} if last is None else {"last": last}
        return text_frame({"t": "join", "id": self.next_id(), "room": room, **wish})

    def leave(self, room):
        return text_frame({"t": "leave", "id": self.next_id(), "room": room})

    def drop(self):
        """Breaks the connection with RST, so that no port waits for its end."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


def nonce():
    return os.urandom(6).hex()
