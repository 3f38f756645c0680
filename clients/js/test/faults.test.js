// What was found when others used it: the letter and number are those of the list of faults.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { connect } from "../dist/index.js";
import { FakeSocket, World, fate, jwt, open, settled } from "./fake.js";

const last = (world) => world.of("state").at(-1);
const fresh = { session: "s2", resumed: false };
const nested = (depth) => JSON.parse("[".repeat(depth) + "]".repeat(depth));
const device = (name, meta = {}) => ({ device: name, meta });

// Whatever a test leaves unhandled.
const unhandled = [];
process.on("unhandledRejection", (error) => unhandled.push(error));
const quietly = async (act) => {
  unhandled.length = 0;
  await act();
  await settled();
  await settled();
  assert.deepEqual(unhandled, []);
};

// --- messages

test("D27: half of an emoji is sent as U+FFFD, in messages, replies and rooms' names", async () => {
  const world = await open();
  const { client, socket } = world;
  client.on("message", () => "reply \udc00");
  client.send({ "key \ud83d": "\ud83d\ude00 \ud83d \\ud83d \\\\ud83d" });
  client.join("room \ud83d");
  client.leave("room \ud83d");
  socket.says({ t: "message", id: 1, data: 0 });
  await settled();
  assert.doesNotMatch(socket.sent.join(""), /(^|[^\\])(\\\\)*\\ud/);
  const [message, join, leave, reply] = socket.take();
  assert.deepEqual(message.data, { "key \ufffd": "\ud83d\ude00 \ufffd \\ud83d \\\\ud83d" });
  assert.deepEqual([join.room, leave.room, reply.data], ["room \ufffd", "room \ufffd", "reply \ufffd"]);
  socket.says({ t: "joined", id: 2, room: "room \ufffd" });
  assert.deepEqual(client.rooms, ["room \ufffd"]);
});

test("D27: data that is too deep for the server is refused, alone", async () => {
  const { client, socket } = await open();
  const good = fate(client.send(nested(31)));
  const bad = fate(client.send(nested(32)));
  const text = fate(client.send("[".repeat(100)));
  assert.equal(client.post(nested(32)), false);
  await settled();
  assert.deepEqual([good.state, bad.code, text.state], ["pending", "too_deep", "pending"]);
  assert.equal(socket.take().length, 2);
});

test("C26: a message longer than the server takes is refused at once, counting UTF-8 bytes with the frame", async () => {
  const world = await open({}, { message_bytes_max: 100 });
  const { client, socket } = world;
  const frame = (text) => Buffer.byteLength(JSON.stringify({ t: "message", id: 1, data: text }));
  const fits = "ż".repeat(20);
  const text = fits + "x".repeat(100 - frame(fits));
  const good = fate(client.send(text));
  const bad = fate(client.send(`${text}x`));
  const bytes = fate(client.sendBinary(new Uint8Array(90)));
  const manyBytes = fate(client.sendBinary(new Uint8Array(91)));
  const name = fate(client.join("r".repeat(100)));
  assert.equal(client.post("x".repeat(100)), false);
  await settled();
  assert.deepEqual([good, bad, bytes, manyBytes, name].map(({ state, code }) => code ?? state), ["pending", "too_long", "pending", "too_long", "too_long"]);
  assert.equal(socket.take().length, 2);
  socket.ends();
  const offline = fate(client.send("x".repeat(100)));
  await settled();
  assert.equal(offline.code, "too_long", "the limit is known from before");
});

test("C26: what was queued before the limit was known is refused when it would be sent", async () => {
  const world = new World();
  const client = world.connect();
  const [long, short] = [client.send("x".repeat(200)), client.send("x")].map(fate);
  const socket = await world.welcome({ message_bytes_max: 100 });
  assert.deepEqual([long.code, short.state], ["too_long", "pending"]);
  assert.deepEqual(socket.take().map(({ data }) => data), ["x"]);
});

test("C26: after 1009 of a server without a limit, the longest message is rejected, and the client comes back", async () => {
  const world = await open();
  const { client, socket } = world;
  const [small, long, waits] = [client.send("small"), client.send("long".repeat(100)), client.send("b")].map(fate);
  socket.ends(1009);
  const offline = fate(client.send("later"));
  await settled();
  assert.deepEqual([small.state, long.code, waits.state, world.client.state], ["pending", "too_long", "pending", "reconnecting"]);
  await world.clock.pass(1000);
  const next = await world.welcome({ resumed: true, handled: 1 });
  assert.deepEqual(next.take().map(({ data }) => data), ["b", "later"]);
  assert.equal(offline.state, "pending");
});

test("A10: after 4429 the client comes back, some seconds later", async () => {
  const world = await open();
  world.random = 0;
  const message = fate(world.client.send(1));
  world.socket.ends(4429);
  world.network(true);
  await world.clock.pass(4_999);
  assert.equal(world.sockets.length, 1);
  await world.clock.pass(1);
  assert.equal(world.sockets.length, 2);
  await world.welcome({ resumed: true, handled: 0 });
  assert.equal(world.socket.take().length, 1);
  assert.equal(message.state, "pending");
});

for (const [code, ms] of [[1009, 0], [4429, 5000]]) {
  test(`A10, C26: ${code} heals though an older server's bye says that it is final`, async () => {
    const world = await open();
    world.socket.says({ t: "bye", code, reason: "", reconnect: false, retry_ms: 0 });
    world.socket.ends(code);
    assert.deepEqual([last(world)[0], last(world)[1].retryMs], ["reconnecting", ms]);
    assert.equal(world.of("bye")[0][0].reconnect, false, "the event tells what the server said");
  });
}

test("C26: a limit that is too low to tell errors in is none", () => quietly(async () => {
  const world = await open({}, { message_bytes_max: 5 });
  world.client.on("message", () => 1n);
  world.socket.says({ t: "message", id: 1, data: 0 });
  await settled();
  assert.equal(world.socket.take()[0].t, "error");
}));

// --- ends, malformed frames

for (const where of ["reconnecting", "open", "left", "error", "joined"]) {
  test(`D28: close() in a handler of ${where} is the end`, async () => {
    const world = await open({ token: () => "t" });
    const { client } = world;
    world.socket.says({ t: "joined", room: "r" });
    client.on("state", (state) => { if (state === where) client.close(); });
    for (const name of ["left", "error", "joined"]) client.on(name, () => { if (name === where) client.close(); });
    client.on("message", () => { throw new Error(); });
    world.socket.says({ t: "joined", room: "q" });
    if (where === "error") world.socket.says({ t: "error", code: "x" });
    world.socket.ends(4401); // which comes back at once
    await settled();
    if (where === "reconnecting") assert.equal(world.sockets.length, 1);
    for (let i = 0; i < 5; ++i) {
      await world.clock.pass(1000);
      if (client.state !== "closed") await world.welcome(fresh);
    }
    assert.equal(client.state, "closed");
    assert.equal(last(world)[0], "closed");
    const { length } = world.sockets;
    await world.clock.pass(60_000);
    assert.deepEqual([world.sockets.length, world.clock.timers], [length, 0]);
    assert.equal(client.post(1), false);
  });
}

test("D28: no frame of a server throws, and none pollutes a prototype", async () => {
  const world = await open();
  const { client, socket } = world;
  client.join("r");
  const frames = ["__proto__", "constructor", "toString", "hasOwnProperty"].map((t) => ({ t }));
  const odd = [null, 5, "x", [], [null], {}, { a: null }, { a: [null] }, { a: 5 }];
  for (const t of ["joined", "presence"]) {
    for (const people of odd) frames.push({ t, room: "r", presence: people, joins: people, leaves: people });
  }
  for (const t of ["welcome", "message", "ack", "error", "joined", "left", "presence", "pong", "bye"]) {
    frames.push({ t });
    for (const value of [...odd, -1, 1.5, 2 ** 60]) {
      for (const name of ["room", "id", "offset", "epoch", "code", "handled", "reconnect", "retry_ms"]) frames.push({ t, room: "q", [name]: value });
    }
  }
  frames.push('{"t":"joined","room":"__proto__","presence":{"__proto__":[{"device":"1","meta":{}}]}}', '{"__proto__":{"t":"welcome"}}', '{"t":["message"]}');
  for (const frame of frames) socket.says(frame);
  await settled();
  assert.deepEqual(Object.keys({}.__proto__), []);
  assert.equal({}.device, undefined);
  assert.ok(world.of("error").some(([{ code }]) => code === "bad_frame"));
  assert.equal(client.state, "open");
  assert.deepEqual(client.rooms.filter((room) => typeof room !== "string"), []);
  await world.clock.pass(1000);
  const { n } = socket.take().filter(({ t }) => t === "received").at(-1);
  assert.equal(n, frames.filter((frame) => !["welcome", "pong", "bye"].includes(frame.t)).length, "malformed frames are counted too");
});

test("D28: a malformed welcome is none", async () => {
  const world = new World();
  world.connect();
  await settled();
  world.socket.accept();
  world.socket.says({ t: "welcome", session: 5, secret: null });
  assert.equal(world.client.state, "connecting");
  await world.clock.pass(10_000);
  assert.equal(last(world)[0], "reconnecting");
});

test("D28: no server sends a client away for longer than a day, or back at once", async () => {
  for (const [asked, expected] of [[2 ** 32, 86_400_000], [-5, 0], ["x", 0], [7, 7]]) {
    const world = await open();
    world.socket.says({ t: "bye", code: 1012, reason: "", reconnect: true, retry_ms: asked });
    world.socket.ends(1012);
    assert.equal(last(world)[1].retryMs, expected);
    assert.equal(world.of("bye")[0][0].retryMs, expected);
  }
});

// --- tokens, addresses, reasons

test("D29: token() that hangs is asked again, never twice at once", async () => {
  const world = new World();
  const asked = [];
  world.connect({ token: () => new Promise((resolve) => asked.push(resolve)) });
  await world.clock.pass(29_999);
  assert.equal(asked.length, 1);
  world.client.refresh().catch(() => {});
  assert.equal(asked.length, 1, "whoever wants one waits for the same");
  await world.clock.pass(1);
  assert.match(last(world)[1].reason, /token\(\) failed/);
  assert.equal(last(world)[1].error.code, "no_token");
  await world.clock.pass(250);
  assert.equal(asked.length, 2);
  asked[0]("late");
  await settled();
  assert.equal(world.sockets.length, 0, "that answer is nobody's any more");
  asked[1]("good");
  await world.welcome();
  assert.equal(world.socket.token, "good");
  const hasty = new World();
  hasty.connect({ token: () => new Promise(() => {}), tokenTimeout: 100 });
  await hasty.clock.pass(100);
  assert.equal(last(hasty)[0], "reconnecting");
});

test("D29: a renewal and a new connection ask for one token together", async () => {
  const world = new World();
  const asked = [];
  let now = true;
  const fresh_ = () => jwt({ exp: world.clock.ms / 1000 + 100 });
  world.connect({ token: () => (now ? fresh_() : new Promise((resolve) => asked.push(resolve))) });
  await world.welcome({ ping_ms: 1e9 });
  now = false;
  await world.clock.pass(80_000);
  assert.equal(asked.length, 1, "the renewal");
  world.socket.ends(4401);
  await world.clock.pass(1000);
  assert.equal(asked.length, 1);
  asked[0](fresh_());
  await settled();
  assert.equal(world.sockets.length, 2);
});

test("D29: what is no token is a reason to ask again, not the end", async () => {
  for (const wrong of ["<html><title>502 Bad Gateway</title></html>", "no,token", "", undefined, null, "a b", "ż"]) {
    const world = new World();
    const tokens = [wrong, "go.od-token_1\r\n"];
    world.connect({ token: () => tokens.shift() });
    await settled();
    assert.equal(world.sockets.length, 0);
    const [state, { reason, error }] = last(world);
    assert.deepEqual([state, error.code], ["reconnecting", "no_token"]);
    assert.match(reason, /no token/);
    assert.doesNotMatch(reason, /html/);
    await world.clock.pass(250);
    await world.welcome();
    assert.equal(world.socket.token, "go.od-token_1", "without the newline");
  }
});

test("D29: a mistyped url is told at once", () => {
  for (const url of ["", "nowhere", "ftp://example.org", "ws://", "wss://example.org/#room", "example.org/ws", "ws//example.org", "wss://a b/"]) {
    assert.throws(() => connect(url, { WebSocket: FakeSocket }), { name: "ClientError", code: "bad_url" }, url);
  }
});

test("D29: the url of a page is good too", async () => {
  for (const [url, expected] of [[new URL("https://example.org/ws"), "wss://example.org/ws"], ["http://[::1]:8000/ws?x=1", "ws://[::1]:8000/ws?x=1"], ["/ws/chat", "wss://page.org/ws/chat"]]) {
    let got;
    globalThis.location = { origin: "https://page.org" };
    try {
      const client = connect(url, { WebSocket: class extends FakeSocket { constructor(...args) { super(...args); [got] = args; } } });
      await settled();
      client.close();
    } finally {
      delete globalThis.location;
    }
    assert.equal(got, expected);
  }
});

test("D29: a WebSocket that a policy forbids is a reason, and is tried again", async () => {
  const world = new World();
  let blocked = true;
  const sockets = world.sockets;
  class WebSocket extends FakeSocket {
    constructor(...args) {
      if (blocked) throw new DOMException("The operation is insecure.", "SecurityError");
      super(...args);
      sockets.push(this);
    }
  }
  world.connect({ WebSocket, token: () => "t" });
  await settled();
  const [state, { reason, error }] = last(world);
  assert.deepEqual([state, error.code], ["reconnecting", "blocked"]);
  assert.match(reason, /insecure/);
  blocked = false;
  await world.clock.pass(250);
  await world.welcome();
  assert.equal(world.client.state, "open");
});

test("D29: state says why, in words", async () => {
  const world = await open();
  world.socket.onerror({ message: "connect ECONNREFUSED" });
  world.socket.ends();
  assert.match(last(world)[1].reason, /1006 connect ECONNREFUSED/);
  await world.clock.pass(1000);
  await world.clock.pass(10_000);
  assert.match(last(world)[1].reason, /no welcome/);
  const silent = await open({}, { ping_ms: 1000 });
  await silent.clock.pass(11_000);
  assert.match(last(silent)[1].reason, /pong/);
});

test("D29: a 401 that the WebSocket tells of is a reason for another token", async () => {
  const world = new World();
  let asked = 0;
  world.connect({ token: () => `t${++asked}` });
  await settled();
  world.socket.onerror({ message: "Unexpected server response: 401" });
  world.socket.ends();
  await world.clock.pass(1000);
  assert.equal(asked, 2);
});

test("D29: debug tells every step, and no secret", async (t) => {
  const steps = [];
  const world = await open({ token: () => "top.secret.token", debug: (step) => steps.push(step) });
  world.client.send("private data that nobody may read");
  world.socket.says({ t: "ack", id: 1, data: "private" });
  world.socket.ends(1012, "restart");
  const told = steps.join("\n");
  for (const step of ["token()", "attempt 1", "in: welcome", "open", 'out: {"t":"message"', "in: ack 1", "1012 restart", "reconnecting"]) assert.ok(told.includes(step), `${step} in ${told}`);
  for (const secret of ["secret", "private"]) assert.ok(!told.includes(secret), secret);
  const console_ = t.mock.method(console, "debug", () => {});
  await open({ debug: true });
  assert.ok(console_.mock.callCount() >= 3);
});

// --- frameworks

test("D30: a window without addEventListener, as React Native has it", async () => {
  for (const globals of [{ window: {} }, { window: {}, document: {} }, { window: { addEventListener() {} } }]) {
    Object.assign(globalThis, globals);
    try {
      const sockets = [];
      const client = connect("ws://x/", { WebSocket: class extends FakeSocket { constructor(...args) { super(...args); sockets.push(this); } } });
      await settled();
      assert.equal(sockets.length, 1);
      client.close();
    } finally {
      delete globalThis.window;
      delete globalThis.document;
    }
  }
});

test("D30: what close() rejects need not be handled by anybody", () => quietly(async () => {
  for (const world of [await open({ token: () => "t" }), new World()]) {
    if (!world.client) world.connect();
    const { client } = world;
    const acts = () => [client.send(1), client.sendBinary(new Uint8Array(1)), client.join("r"), client.leave("q"), client.refresh(), client.send(2, { timeout: 5 })];
    const before = acts();
    client.close();
    const after = acts();
    await world.clock.pass(60_000);
    for (const promise of [...before, ...after]) await assert.rejects(promise, { code: "closed" });
  }
}));

test("D30: an error that nobody handles is still told", async () => {
  const program = 'import { connect } from "./dist/index.js"; connect("ws://127.0.0.1:1/", { WebSocket: class { close() {} }, queue: { messages: 0 } }).send(1);';
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { cwd: fileURLToPath(new URL("..", import.meta.url)), stdio: ["ignore", "ignore", "pipe"] });
  const [errors] = await Promise.all([text(child.stderr), once(child, "exit")]);
  assert.match(errors, /queue_full/);
});

test("D30: rooms and presence() are the same objects until something changes", async () => {
  const world = await open();
  const { client, socket } = world;
  assert.equal(client.rooms, client.rooms);
  client.join("r");
  socket.says({ t: "joined", id: 1, room: "r", presence: { alice: [device("1")] } });
  const { rooms } = client;
  const people = client.presence("r");
  socket.says({ t: "message", room: "r", data: 1 });
  socket.says({ t: "presence", room: "other", joins: {}, leaves: {} });
  assert.equal(client.rooms, rooms);
  assert.equal(client.presence("r"), people);
  socket.says({ t: "presence", room: "r", joins: { bob: [device("2")] }, leaves: {} });
  socket.says({ t: "joined", room: "q" });
  assert.notEqual(client.presence("r"), people);
  assert.deepEqual(people, { alice: [device("1")] }, "the former one is as it was");
  assert.deepEqual([rooms, client.rooms], [["r"], ["r", "q"]]);
});

// --- replies, bytes

test("D32: a reply that cannot be written is answered with an error", () => quietly(async () => {
  const world = await open({}, { message_bytes_max: 500 });
  const cycle = {};
  cycle.self = cycle;
  const replies = [1n, cycle, nested(32), "x".repeat(500), { toJSON() { throw new Error("no"); } }, { toJSON() { throw null; } }];
  const throws = [Object.create(null), null, undefined, Object.assign(new Error("long ".repeat(1000)), { code: 5 }), Symbol("s"), { message: Object.create(null) }];
  let n = 0;
  world.client.on("message", () => {
    n += 1;
    if (n > replies.length) throw throws[n - replies.length - 1];
    return replies[n - 1];
  });
  for (let id = 1; id <= replies.length + throws.length; ++id) {
    world.socket.says({ t: "message", id, data: 0 });
    await settled();
  }
  const answers = world.socket.take();
  assert.deepEqual(answers.map(({ t, id }) => [t, id]), answers.map((_, index) => ["error", index + 1]));
  assert.equal(answers.length, replies.length + throws.length);
  assert.deepEqual(answers.slice(0, 4).map(({ code }) => code), ["failed", "failed", "too_deep", "too_long"]);
}));

test("D32: whatever holds bytes is sent as it was when sendBinary() was called", async () => {
  const world = new World();
  const client = world.connect();
  const { buffer } = new Uint8Array([1, 2]);
  const given = [Buffer.from([1, 2]), buffer, new Uint8Array([0, 1, 2, 3]).subarray(1, 3), new DataView(new Uint8Array([1, 2]).buffer), new Uint16Array([0x0201])];
  for (const bytes of given) client.sendBinary(bytes);
  for (const bytes of given) new Uint8Array(bytes.buffer ?? bytes, bytes.byteOffset ?? 0, 2).fill(9);
  const refused = [undefined, null, "text", [1], new Blob(["x"])].map((wrong) => fate(client.sendBinary(wrong)));
  const socket = await world.welcome();
  assert.deepEqual(socket.take().map((hex) => hex.slice(-4)), Array(5).fill("0102"));
  assert.ok(refused.every(({ error }) => error instanceof TypeError));
  assert.equal(client.state, "open");
});

// --- users, clocks, limits, patience

test("D33: what alice queued is never sent as bob", async () => {
  const world = await open();
  const { client } = world;
  client.join("r");
  world.socket.says({ t: "joined", id: 1, room: "r" });
  const sent = fate(client.send("sent as alice"));
  world.socket.ends();
  const queued = [client.send("alice's"), client.join("q"), client.leave("r")].map(fate);
  await world.clock.pass(1000);
  const socket = await world.welcome({ session: "s2", user: "bob" });
  assert.deepEqual(socket.take(), []);
  assert.deepEqual([sent.code, ...queued.map(({ code }) => code)], ["session_lost", "user_changed", "user_changed", "user_changed"]);
  assert.deepEqual(client.rooms, []);
  assert.equal(world.of("error")[0][0].code, "user_changed");
  assert.equal(client.user, "bob");
  client.send("bob's");
  assert.deepEqual(socket.take(), [{ t: "message", id: 1, data: "bob's" }]);
});

test("D33: another user is not in alice's rooms, and is told so", async () => {
  const world = await open();
  world.client.join("r");
  world.socket.says({ t: "joined", id: 1, room: "r" });
  world.socket.ends();
  await world.clock.pass(1000);
  const socket = await world.welcome({ session: "s2", user: "bob" });
  assert.deepEqual(world.of("left"), [[{ room: "r", code: "user_changed" }]]);
  assert.deepEqual(socket.take(), []);
});

test("D33: after a new session, presence tells what has changed meanwhile", async () => {
  const world = await open();
  world.client.join("r");
  world.socket.says({ t: "joined", id: 1, room: "r", presence: { alice: [device("1")], bob: [device("2"), device("3")], dan: [device("5")] } });
  assert.deepEqual(world.of("presence"), [], "the first state is told by joined");
  const socket = await world.again(fresh);
  socket.says({ t: "joined", id: 1, room: "r", presence: { bob: [device("3")], carol: [device("4")], dan: [device("5", { status: "away" })] } });
  assert.deepEqual(world.of("presence"), [[{
    room: "r",
    joins: { carol: [device("4")], dan: [device("5", { status: "away" })] },
    leaves: { alice: [device("1")], bob: [device("2")], dan: [device("5")] },
  }]]);
});

test("D33: a wall clock that is set back hides no dead connection", async () => {
  const world = await open({}, { ping_ms: 20_000 });
  world.wallMs = -86_400_000;
  await world.clock.pass(30_000);
  assert.equal(world.client.state, "reconnecting");
});

test("D33: joins without a connection are merged, and limited", async () => {
  const world = new World();
  const client = world.connect();
  const same = Array.from({ length: 5 }, () => fate(client.join("r")));
  const leaves = Array.from({ length: 5 }, () => fate(client.leave("q")));
  const others = Array.from({ length: 3 }, () => fate(client.join("r", { last: 3 })));
  const many = Array.from({ length: 2000 }, (_, n) => fate(client.join(`room ${n}`)));
  await settled();
  assert.equal(many.filter(({ code }) => code === "queue_full").length, 2000 - 997);
  const socket = await world.welcome();
  assert.deepEqual(socket.take().slice(0, 3), [{ t: "join", id: 1, room: "r" }, { t: "leave", id: 2, room: "q" }, { t: "join", id: 3, room: "r", last: 3 }]);
  socket.says({ t: "joined", id: 1, room: "r" });
  socket.says({ t: "error", id: 2, code: "not_in_room" });
  socket.says({ t: "joined", id: 3, room: "r" });
  await settled();
  for (const { state } of [...same, ...leaves, ...others]) assert.equal(state, "kept");
});

test("D33: post() adds nothing to a socket that is full", async () => {
  const { client, socket } = await open();
  assert.equal(client.post(1), true);
  socket.bufferedAmount = 65_537;
  assert.equal(client.post(2), false);
  socket.bufferedAmount = 0;
  assert.equal(client.post(3), true);
});

test("D33: timeout and signal end the wait of send()", async () => {
  const world = await open();
  const { client, socket, clock } = world;
  const abort = new AbortController();
  const sent = fate(client.send("sent", { timeout: 1000 }));
  const aborted = fate(client.send("aborted", { signal: abort.signal }));
  const answered = fate(client.send("answered", { timeout: 1000, signal: abort.signal }));
  socket.says({ t: "ack", id: 3 });
  await clock.pass(999);
  assert.equal(sent.state, "pending");
  await clock.pass(1);
  abort.abort();
  await settled();
  assert.deepEqual([sent.code, aborted.code, answered.state], ["timeout", "aborted", "kept"]);
  socket.says({ t: "ack", id: 1 });
  socket.ends();
  const never = [client.send("a", { timeout: 100 }), client.sendBinary(new Uint8Array(1), { timeout: 100 }), client.send("b", { signal: abort.signal }), client.send("c", { signal: AbortSignal.abort() })].map(fate);
  client.send("d");
  await clock.pass(200);
  const next = await world.welcome({ resumed: true, handled: 0 }).catch(() => {}) ?? world.socket;
  await clock.pass(1000);
  assert.deepEqual(never.map(({ code }) => code), ["timeout", "timeout", "aborted", "aborted"]);
  void next;
});

test("D33: what was given up before it was sent is not sent, nor again after it was", async () => {
  const world = await open();
  const { client } = world;
  client.send("one", { timeout: 100 }).catch(() => {});
  world.socket.ends();
  client.send("two", { timeout: 100 }).catch(() => {});
  client.send("three").catch(() => {});
  await world.clock.pass(249);
  await world.clock.pass(1);
  const socket = await world.welcome({ resumed: true, handled: 0 });
  assert.deepEqual(socket.take(), [{ t: "message", id: 2, data: "three" }]);
});

test("D33: a join that was given up is taken back", async () => {
  const world = await open();
  const { client, socket, clock } = world;
  const late = fate(client.join("late", { timeout: 1000 }));
  const other = fate(client.join("other", { timeout: 1000 }));
  socket.says({ t: "joined", id: 2, room: "other" });
  await clock.pass(1000);
  assert.deepEqual([late.code, other.state], ["timeout", "kept"]);
  assert.deepEqual(socket.take().filter(({ t }) => t !== "received").map(({ t, room }) => [t, room]), [["join", "late"], ["join", "other"], ["leave", "late"]]);
  socket.says({ t: "joined", id: 1, room: "late" });
  socket.says({ t: "left", id: 3, room: "late" });
  assert.deepEqual(client.rooms, ["other"]);
  socket.ends();
  const offline = fate(client.join("offline", { timeout: 10 }));
  await clock.pass(1000);
  assert.equal(offline.code, "timeout");
  assert.deepEqual((await world.welcome(fresh)).take().map(({ t, room }) => [t, room]), [["join", "other"]]);
});

test("D33: one who gives up a join takes it from nobody else", async () => {
  const { client, socket, clock } = await open();
  const [patient, hasty] = [client.join("r"), client.join("r", { timeout: 10 })].map(fate);
  await clock.pass(10);
  assert.deepEqual([patient.state, hasty.code], ["pending", "timeout"]);
  assert.deepEqual(socket.take().map(({ t }) => t), ["join", "join"], "no leave");
  socket.says({ t: "joined", id: 1, room: "r" });
  await settled();
  assert.equal(patient.state, "kept");
});

test("D33: one component's leave does not silence another", async () => {
  const world = await open();
  const { client, socket } = world;
  client.join("r");
  client.join("r");
  assert.equal(socket.take().length, 1);
  socket.says({ t: "joined", id: 1, room: "r" });
  const first = fate(client.leave("r"));
  await settled();
  assert.equal(first.state, "kept");
  assert.deepEqual([socket.take(), client.rooms], [[], ["r"]]);
  const next = await world.again(fresh);
  assert.deepEqual(next.take(), [{ t: "join", id: 1, room: "r" }], "it is still wanted");
  next.says({ t: "joined", id: 1, room: "r" });
  client.leave("r");
  assert.deepEqual(next.take(), [{ t: "leave", id: 2, room: "r" }]);
  next.says({ t: "left", id: 2, room: "r" });
  client.join("r");
  client.join("r", { last: 5 });
  client.leave("r", { all: true });
  assert.deepEqual(next.take().map(({ t }) => t), ["join", "join", "leave"]);
});

test("D33: Node ends soon after close(), whatever the network does", async (t) => {
  // It accepts, and then is dead: it answers no Close.
  const server = createServer((socket) => {
    socket.once("data", (head) => {
      const key = /Sec-WebSocket-Key: (.*)\r\n/i.exec(head)[1];
      import("node:crypto").then(({ createHash }) => {
        const accept = createHash("sha1").update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
        socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: microframe.v1\r\n\r\n`);
        socket.on("error", () => {});
      });
    });
  }).listen(0, "127.0.0.1");
  t.after(() => server.close());
  await new Promise((resolve) => server.once("listening", resolve));
  const program = `
    import WebSocket from "ws";
    import { connect } from "./dist/index.js";
    const client = connect("ws://127.0.0.1:${server.address().port}/", { WebSocket });
    setTimeout(() => client.close(), 500);`;
  const start = Date.now();
  const child = spawn(process.execPath, ["--input-type=module", "-e", program], { cwd: fileURLToPath(new URL("..", import.meta.url)), stdio: "inherit" });
  const code = await new Promise((resolve) => child.once("exit", resolve));
  assert.equal(code, 0);
  assert.ok(Date.now() - start < 10_000, `${Date.now() - start} ms`);
});

// --- rooms

test("C22: the latest messages are shown, though the server has joined the client before", async () => {
  const world = new World();
  const client = world.connect();
  const join = fate(client.join("everyone", { last: 7 }));
  const socket = await world.welcome();
  const message = (offset) => ({ t: "message", room: "everyone", offset, data: offset });
  socket.says({ t: "joined", room: "everyone", epoch: "e", offset: 7 });
  socket.says(message(8)); // comes again
  socket.says({ t: "joined", id: 1, room: "everyone", epoch: "e", offset: 8 });
  for (let offset = 2; offset <= 8; ++offset) socket.says(message(offset));
  socket.says(message(9));
  await settled();
  assert.equal(join.state, "kept");
  assert.deepEqual(world.of("message").map(([data]) => data), [2, 3, 4, 5, 6, 7, 8, 9]);
  assert.deepEqual(world.of("joined"), [[{ room: "everyone" }]]);
});

test("C22: two joins of one room have each their wish, and nothing is told twice", async () => {
  const world = await open();
  const { client, socket } = world;
  client.join("r", { last: 2 });
  client.join("r", { last: 5 });
  const message = (offset) => ({ t: "message", room: "r", offset, data: offset });
  socket.says({ t: "joined", id: 1, room: "r", epoch: "e", offset: 5 });
  for (const offset of [4, 5]) socket.says(message(offset));
  socket.says(message(6)); // comes again
  socket.says({ t: "joined", id: 2, room: "r", epoch: "e", offset: 6 });
  for (const offset of [2, 3, 4, 5, 6, 7]) socket.says(message(offset));
  assert.deepEqual(world.of("message").map(([data]) => data), [4, 5, 2, 3, 6, 7]);
});

test("C22: what comes before the latest messages do is told behind them, and once", async () => {
  const world = await open();
  const { client, socket } = world;
  const message = (offset) => ({ t: "message", room: "everyone", offset, data: offset });
  socket.says({ t: "joined", room: "everyone", epoch: "e", offset: 3 });
  socket.says(message(4));
  client.join("everyone", { last: 2 });
  assert.deepEqual(socket.take(), [{ t: "join", id: 1, room: "everyone", last: 2, since: { epoch: "e", offset: 4, session: "s1" } }]);
  for (const offset of [5, 6, 7]) socket.says(message(offset)); // come again, although they are more than two
  socket.says({ t: "joined", id: 1, room: "everyone", epoch: "e", offset: 7, recovered: true });
  for (const offset of [5, 6, 7, 8]) socket.says(message(offset));
  client.join("everyone", { last: 20 });
  socket.says(message(9));
  socket.says({ t: "joined", id: 2, room: "everyone", epoch: "e", offset: 9, recovered: true });
  for (let offset = 1; offset <= 10; ++offset) socket.says(message(offset));
  assert.deepEqual(world.of("message").map(([data]) => data), [4, 5, 6, 7, 8, 1, 2, 3, 9, 10]);
});

test("C22: what was passed over for a join that is refused is told as a gap", async () => {
  const world = await open();
  const { client, socket } = world;
  const message = (offset) => ({ t: "message", room: "r", offset, data: offset });
  socket.says({ t: "joined", room: "r", epoch: "e", offset: 3 });
  client.join("r", { last: 2 }).catch(() => {});
  socket.says({ t: "error", id: 1, code: "forbidden", message: "no" });
  assert.deepEqual(world.of("joined"), [[{ room: "r" }]], "nothing was");
  client.join("r", { last: 2 }).catch(() => {});
  socket.says(message(4));
  socket.says({ t: "error", id: 2, code: "forbidden", message: "no" });
  socket.says(message(5));
  assert.deepEqual(world.of("joined").slice(1), [[{ room: "r", recovered: false }]]);
  assert.deepEqual(world.of("message").map(([data]) => data), [5]);
});
