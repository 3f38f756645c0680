"""The loads of `./dev bench`, and the goals of our server."""
import dataclasses
import typing

OURS, FLOOR = "microframe", "floor"


@dataclasses.dataclass(frozen=True)
class Ratio:
    """Our CPU per message relative to that of another server in the same case, round by round."""
    most: float
    to: str

    def words(self):
        return f"at most {self.most:.2f} of {self.to}"


@dataclasses.dataclass(frozen=True)
class Growth:
    """Our CPU per message relative to ours in another case, round by round."""
    most: float
    case: str

    def words(self):
        return f"at most {self.most:.2f} of “{self.case}”"


@dataclasses.dataclass(frozen=True)
class Figure:
    """A figure of our server by itself."""
    most: float
    field: str
    unit: str

    def words(self):
        return f"at most {self.most:,.0f} {self.unit}"


@dataclasses.dataclass(frozen=True)
class Load:
    """What the load generator does, and in a few words how that differs from its load on our server."""
    mode: str
    path: str
    options: tuple
    note: str = ""


@dataclasses.dataclass(frozen=True)
class Case:
    """A full run counts `messages`, a quick run `quick`; `counted` says what a message is.

    goals:   a goal is met if one of its alternatives is met.
    floor:   the floor's load, if it differs from ours; False if the floor cannot do anything like it.
    peers:   the same for the peers.
    again:   another load of our own server to compare with, under a name of its own.
    members: the number of members, in the cases that differ in nothing else.
    """
    name: str
    load: Load
    messages: int
    quick: int
    counted: str = "message"
    goals: tuple = ()
    floor: typing.Union[None, bool, Load] = None
    peers: typing.Optional[Load] = None
    again: typing.Optional[tuple] = None
    members: int = 0


def relay(members, *options, bytes=128):
    return Load("relay", "/ws/relay", ("--connections", str(members), "--bytes", str(bytes), *options))


def chat(*options):
    return Load("chat", "/ws/chat", ("--connections", "1000", "--bytes", "64", *options))


def relay_of(members, messages, goals=()):
    return Case(f"relay 128 B, {members:,} members", relay(members), messages, 20_000, "delivery", goals, members=members)


def idle(name, path, most, *options, floor=None):
    """Peers and the floor have no rooms: their connections are in the relay, which is the nearest to a room."""
    other = Load("idle", "/ws/relay", options) if path == "/ws/room" else None
    return Case(name, Load("idle", path, options), 18_000, 500, "connection", ((Figure(most, "bytes_per_connection", "bytes"),),),
                floor=other if floor is None else floor, peers=other)


DEFLATED = ("--json", "--deflate")
NOT_DEFLATED = f"{OURS}, not deflated"

CASES = (
    Case("echo 64 B, 100 connections", Load("echo", "/ws/echo", ("--connections", "100", "--bytes", "64")), 400_000, 2_000,
         goals=((Ratio(0.92, FLOOR),),)),
    Case("echo 16 KiB binary, 100 connections",
         Load("echo", "/ws/echo", ("--connections", "100", "--bytes", "16384", "--binary")), 100_000, 500),
    relay_of(10, 300_000),
    relay_of(100, 500_000),
    relay_of(1_000, 1_000_000, ((Ratio(0.70, FLOOR),),)),
    relay_of(10_000, 1_000_000, ((Growth(1.15, "relay 128 B, 100 members"),),)),
    Case("relay 128 B, 1,000 members, 16 under way", relay(1_000, "--window", "16"), 2_000_000, 32_000, "delivery",
         goals=((Ratio(0.13, FLOOR),),)),
    Case("chat, 64 B of text, 1,000 users", chat(), 1_000_000, 20_000, "delivery",
         # As many bytes as a delivery of the chat: type, sender, text and time.
         floor=Load("relay", "/ws/relay", ("--connections", "1000", "--bytes", "153"), "relays as many bytes")),
    Case("chat, 64 B of text, 50 rooms of 20 users", chat("--rooms", "50"), 500_000, 10_000, "delivery", floor=False),
    Case("relay 512 B of JSON, 500 members, deflated", relay(500, *DEFLATED, bytes=512), 500_000, 10_000, "delivery",
         goals=((Ratio(0.40, "uWebSockets"),), (Ratio(1.30, NOT_DEFLATED),)), floor=False,
         again=(NOT_DEFLATED, relay(500, "--json", bytes=512))),
    Case("handshake, ours with a token (HS256)", Load("handshake", "/ws/echo", ("--connections", "64")), 20_000, 500, "handshake",
         goals=((Figure(25, "cpu_us_per_message", "us"), Ratio(1.25, FLOOR)),)),
    idle("idle", "/ws/echo", 1_024),
    idle("idle, in a room", "/ws/room", 1_024),
    idle("idle, in a room, deflate agreed on", "/ws/room", 1_228, "--deflate", floor=False),
)


def scale(case, quick):
    """Returns the load generator's option for the amount of load."""
    return ["--connections" if case.load.mode == "idle" else "--messages", str(case.quick if quick else case.messages)]
