// npm's ws against the real server: messages, carriers, refusals, closing, the chat.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { after, before, test } from "node:test";
import { Server, needed } from "./server.js";

const { default: WebSocket } = await needed("ws");
let server;
before(async () => { server = await Server.start({ options: ["--bench"] }); });
after(async () => { assert.equal(await server.stop(), 0); });

// A promise that fails, rather than hangs, when nothing comes.
function within(promise, what) {
  const late = new Promise((resolve, reject) => setTimeout(() => reject(new Error(`no ${what} within 10 s`)), 10_000).unref());
  return Promise.race([promise, late]);
}

// A client whose messages are awaited one by one.
class Client {
  constructor(path, protocols = [], options = {}, of = server) {
    this.messages = [];
    this.waiting = [];
    this.heard = []; // everything that until() has received
    this.socket = new WebSocket(of.url(path), protocols, options);
    this.socket.on("message", (data, binary) => {
      const message = binary ? data : data.toString();
      const next = this.waiting.shift();
      if (next) next(message); else this.messages.push(message);
    });
    this.opened = new Promise((resolve, reject) => { this.socket.once("open", resolve); this.socket.once("error", reject); });
    this.closed = new Promise((resolve) => this.socket.once("close", (code, reason) => resolve([code, reason.toString()])));
    this.opened.catch(() => {}); // a test that cares awaits it
  }
  next() {
    if (this.messages.length) return Promise.resolve(this.messages.shift());
    return within(new Promise((resolve) => this.waiting.push(resolve)), "message");
  }
  async until(type) {
    for (;;) {
      const message = JSON.parse(await this.next());
      this.heard.push(message);
      if (message.type === type) return message;
    }
  }
  // Waits until a message of that type about that user has come.
  async hears(type, user) {
    while (!this.heard.some((message) => message.type === type && message.user_id === user)) {
      this.heard.push(JSON.parse(await this.next()));
    }
  }
  send(message) { this.socket.send(typeof message === "object" && !Buffer.isBuffer(message) ? JSON.stringify(message) : message); }
  ended() { return within(this.closed, "close"); }
  end() { this.socket.close(); return this.ended(); }
}

// A device of `user` in the chat, past its welcome.
async function chat(user) {
  const client = new Client(`/ws/chat?token=${server.token(user)}`);
  client.welcome = await client.until("welcome");
  return client;
}

async function echo() {
  const client = new Client(`/ws/echo?token=${server.token("alice")}`);
  await client.opened;
  return client;
}

test("echoes text, binary, empty and large messages", async () => {
  const client = await echo();
  for (const text of ["", "hello", "żółć 😀", "x".repeat(125), "x".repeat(126), "x".repeat(65536), "x".repeat(1 << 20)]) {
    client.send(text);
    assert.equal(await client.next(), text);
  }
  for (const size of [0, 1, 125, 126, 65535, 65536, 1 << 20]) {
    const bytes = Buffer.alloc(size, 0xfe);
    client.send(bytes);
    assert.deepEqual(await client.next(), bytes);
  }
  await client.end();
});

test("gathers fragments, with a ping between them", async () => {
  const client = await echo();
  const pong = new Promise((resolve) => client.socket.once("pong", (data) => resolve(data.toString())));
  client.socket.send("one ", { fin: false });
  client.socket.ping("between");
  client.socket.send("two ", { fin: false });
  client.socket.send("three", { fin: true });
  assert.equal(await pong, "between");
  assert.equal(await client.next(), "one two three");
  await client.end();
});

// What compresses, what does not, what is too short, and one message like the one before.
const mixed = () => ["", "hello", "x".repeat(63), "x".repeat(64), "żółć 😀 ".repeat(50), JSON.stringify({ some: "json ".repeat(100) }),
  JSON.stringify({ some: "json ".repeat(100) }), randomBytes(3000), Buffer.alloc(100_000, 7), "y".repeat(1 << 20)];

async function echoes(options, of = server) {
  const client = new Client(`/ws/echo?token=${of.token("alice")}`, [], options, of);
  await client.opened;
  for (const message of mixed()) {
    client.send(message);
    assert.deepEqual(await client.next(), message);
  }
  client.socket.send("one ".repeat(50), { fin: false });
  client.socket.ping();
  client.socket.send("two ".repeat(50), { fin: false });
  client.socket.send("", { fin: true });
  assert.equal(await client.next(), "one ".repeat(50) + "two ".repeat(50));
  await client.end();
}

test("compresses with every parameter that npm's ws can offer", async () => {
  for (const serverNoContextTakeover of [undefined, true]) {
    for (const clientNoContextTakeover of [undefined, true]) {
      for (const serverMaxWindowBits of [undefined, 9, 12, 15]) {
        for (const clientMaxWindowBits of [undefined, true, 9, 15]) {
          const wishes = { serverNoContextTakeover, clientNoContextTakeover, serverMaxWindowBits, clientMaxWindowBits, threshold: 0 };
          await echoes({ perMessageDeflate: wishes });
        }
      }
    }
  }
});

test("takes context over in each direction when told to", async () => {
  const other = await Server.start({ options: ["--bench", "--context-takeover"] });
  for (const wishes of [{}, { serverNoContextTakeover: true }, { clientNoContextTakeover: true }, { serverMaxWindowBits: 9, clientMaxWindowBits: 9 }]) {
    await echoes({ perMessageDeflate: { ...wishes, threshold: 0 } }, other);
  }
  await other.stop();
});

test("reports what it has agreed to, or that it compresses nothing", async () => {
  const agreed = async (of, perMessageDeflate) => {
    const client = new Client(`/ws/echo?token=${of.token("alice")}`, [], { perMessageDeflate }, of);
    let said;
    client.socket.once("upgrade", (response) => { said = response.headers["sec-websocket-extensions"] ?? ""; });
    await client.opened;
    await client.end();
    return said;
  };
  const stateless = "permessage-deflate; server_no_context_takeover; client_no_context_takeover";
  const takeover = await Server.start({ options: ["--bench", "--context-takeover"] });
  const off = await Server.start({ options: ["--bench", "--no-compression"] });
  assert.equal(await agreed(server, true), stateless);
  assert.equal(await agreed(server, { serverMaxWindowBits: 10 }), `${stateless}; server_max_window_bits=10`);
  assert.equal(await agreed(server, { serverMaxWindowBits: 8 }), "");
  assert.equal(await agreed(server, false), "");
  assert.equal(await agreed(takeover, true), "permessage-deflate");
  assert.equal(await agreed(takeover, { serverNoContextTakeover: true }), "permessage-deflate; server_no_context_takeover");
  assert.equal(await agreed(off, true), "");
  await takeover.stop();
  await off.stop();
});

test("refuses a bomb with 1009", async () => {
  const small = await Server.start({ options: ["--bench", "--max-message", "1048576"] });
  const client = new Client(`/ws/echo?token=${small.token("alice")}`, [], { perMessageDeflate: { threshold: 0 } }, small);
  await client.opened;
  client.send("x".repeat((1 << 20) + 1)); // about a thousand bytes on the wire
  assert.equal((await client.ended())[0], 1009);
  await small.stop();
});

test("answers a Close with its code", async () => {
  for (const code of [1000, 1001, 3000, 4999]) {
    const client = await echo();
    client.socket.close(code, "bye");
    assert.equal((await client.ended())[0], code);
  }
});

test("refuses a message over the limit with 1009", async () => {
  const small = await Server.start({ options: ["--bench", "--max-message", "1048576"] });
  const client = new Client(`/ws/echo?token=${small.token("alice")}`, [], {}, small);
  await client.opened;
  client.send("x".repeat((1 << 20) + 1));
  assert.equal((await client.ended())[0], 1009);
  await small.stop();
});

for (const compressed of [false, true]) {
  test(`echoes messages of 16 MiB, and of 4 MiB in fragments of 64 bytes, ${compressed ? "compressed" : "plain"}`, async () => {
    const client = new Client(`/ws/echo?token=${server.token("alice")}`, [], { perMessageDeflate: compressed });
    await client.opened;
    const text = "*".repeat(16 << 20);
    client.send(text);
    assert.ok(await client.next() === text); // not assert.equal, which would print both
    const bytes = Buffer.alloc(16 << 20, 0xfe);
    client.send(bytes);
    assert.ok(bytes.equals(await client.next()));
    const piece = "x".repeat(64);
    for (let i = 0; i < 65536; ++i) client.socket.send(piece, { fin: i === 65535 });
    assert.ok(await client.next() === piece.repeat(65536));
    await client.end();
  });
}

// A client's frame, masked with zeros.
function frame(first, payload) {
  const head = Buffer.alloc(14);
  head[0] = first;
  head[1] = 0xff;
  head.writeBigUInt64BE(BigInt(payload.length), 2);
  return payload.length > 65535 ? Buffer.concat([head, payload]) : Buffer.concat([Buffer.from([first, 0x80 | payload.length, 0, 0, 0, 0]), payload]);
}

test("answers messages before a Close in the same write, and a ping behind them", async () => {
  const client = await echo();
  const text = Buffer.alloc(256 << 10, "y");
  client.socket._socket.write(Buffer.concat([frame(0x81, text), frame(0x88, Buffer.from([0x03, 0xe8])), frame(0x89, Buffer.from("ping"))]));
  assert.ok(await client.next() === text.toString());
  assert.equal((await client.ended())[0], 1000);
});

test("accepts the token from each carrier", async () => {
  const token = server.token("alice");
  const carriers = [
    [`/ws/chat?token=${token}`, [], {}, ""],
    ["/ws/chat", [], { headers: { Cookie: `access_token=${token}`, Origin: server.page("").replace(/\/$/, "") } }, ""],
    ["/ws/chat", [`token.${token}`], {}, `token.${token}`],
    ["/ws/chat", ["chat.v1", `token.${token}`], {}, "chat.v1"],
    ["/ws/chat", [], { headers: { Authorization: `Bearer ${token}` } }, ""],
  ];
  for (const [path, protocols, options, chosen] of carriers) {
    const client = new Client(path, protocols, options);
    await client.opened;
    assert.equal((await client.until("welcome")).user_id, "alice");
    assert.equal(client.socket.protocol, chosen);
    await client.end();
  }
});

test("accepts a token that another implementation signed", async () => {
  const now = Math.floor(Date.now() / 1000);
  const client = new Client(`/ws/chat?token=${server.sign({ sub: "node", type: "access", iat: now, exp: now + 60 })}`);
  await client.opened;
  assert.equal((await client.until("welcome")).user_id, "node");
  await client.end();
});

test("refuses bad tokens inside the connection, with 4401", async () => {
  const now = Math.floor(Date.now() / 1000);
  const bad = ["", "garbage", server.sign({ sub: "a", type: "access", exp: now - 1 }), server.sign({ sub: "a", type: "refresh", exp: now + 60 }),
    server.sign({ sub: "a", type: "access", exp: now + 60 }, "x".repeat(32))];
  for (const token of bad) {
    const client = new Client(`/ws/chat?token=${token}`);
    assert.deepEqual(JSON.parse(await client.next()), { error: "unauthorized" });
    assert.equal((await client.ended())[0], 4401);
  }
});

test("refuses a cookie of a foreign origin with 403", async () => {
  const client = new Client("/ws/chat", [], { headers: { Cookie: `access_token=${server.token("alice")}`, Origin: "https://evil.example" } });
  await assert.rejects(client.opened, /403/);
});

test("two users chat, share a room, and talk in private", async () => {
  const alice = new Client(`/ws/chat?token=${server.token("alice")}`);
  assert.deepEqual((await alice.until("welcome")).users, ["alice"]);
  const bob = new Client(`/ws/chat?token=${server.token("bob")}`);
  assert.deepEqual((await bob.until("welcome")).users, ["alice", "bob"]);
  assert.equal((await alice.until("user_joined")).user_id, "bob");

  alice.send({ type: "chat_message", text: "hello all" });
  for (const one of [alice, bob]) assert.equal((await one.until("chat_message")).text, "hello all");

  alice.send({ type: "join_room", room: "tea" });
  assert.deepEqual((await alice.until("joined_room")).members, ["alice"]);
  bob.send({ type: "join_room", room: "tea" });
  assert.deepEqual((await bob.until("joined_room")).members, ["alice", "bob"]);
  assert.equal((await alice.until("user_joined_room")).user_id, "bob");
  bob.send({ type: "room_message", room: "tea", text: "milk?" });
  assert.equal((await alice.until("room_message")).text, "milk?");

  alice.send({ type: "private_message", to: "bob", text: "psst" });
  assert.equal((await bob.until("private_message")).from, "alice");
  assert.equal((await alice.until("private_message_sent")).delivered, true);
  alice.send({ type: "private_message", to: "carol", text: "psst" });
  assert.equal((await alice.until("private_message_sent")).delivered, false);

  bob.send({ type: "typing", room: "tea", typing: true });
  assert.equal((await alice.until("user_typing")).room, "tea");
  bob.send({ type: "leave_room", room: "tea" });
  await bob.until("left_room");
  assert.equal((await alice.until("user_left_room")).user_id, "bob");
  await bob.end();
  assert.equal((await alice.until("user_left")).user_id, "bob");
  await alice.end();
});

test("a bad message is answered with an error, and the connection stays open", async () => {
  const client = await chat("alice");
  const bad = [
    ["{", "invalid_json"], ["[".repeat(5000), "invalid_json"], ["[]", "bad_message"], ["null", "bad_message"], ["{}", "bad_message"],
    [Buffer.from("{}"), "binary_not_supported"], [{ type: 7 }, "bad_message"], [{ type: "unheard_of" }, "bad_message"],
    [{ type: `${"x".repeat(63)}é` }, "bad_message"], // an answer cut inside the é would not be UTF-8
    [{ type: "chat_message" }, "bad_message"], [{ type: "chat_message", text: ["a"] }, "bad_message"],
    [{ type: "join_room", room: ["a"] }, "bad_message"], [{ type: "join_room", room: "" }, "room_name_invalid"],
    [{ type: "join_room", room: "r".repeat(256) }, "room_name_invalid"], [{ type: "leave_room", room: "never" }, "bad_message"],
    [{ type: "room_message", room: "never", text: "a" }, "bad_message"], [{ type: "private_message", to: {}, text: "a" }, "bad_message"],
    [{ type: "typing", typing: "yes" }, "bad_message"], [{ type: "typing", room: "never" }, "bad_message"],
    [{ type: "refresh_token", token: "garbage" }, "bad_message"],
  ];
  for (const [message, error] of bad) {
    client.send(message);
    const answer = JSON.parse(await client.next());
    assert.equal(answer.error, error, JSON.stringify(message));
    assert.equal(typeof answer.detail, "string");
  }
  client.send({ type: "join_room", room: "r".repeat(255) });
  assert.deepEqual((await client.until("joined_room")).members, ["alice"]);
  await client.end();
});

test("a user joins with the first device and leaves with the last", async () => {
  const observer = await chat("observer");
  const devices = await Promise.all([chat("dora"), chat("dora"), chat("dora")]);
  for (const device of devices) {
    device.send({ type: "join_room", room: "tea" });
    await device.until("joined_room");
  }
  observer.send({ type: "join_room", room: "tea" });
  assert.deepEqual((await observer.until("joined_room")).members, ["dora", "observer"]);
  const another = await chat("dora");
  assert.deepEqual(another.welcome.rooms, ["tea"]);
  observer.send({ type: "private_message", to: "dora", text: "all of you" });
  for (const device of [...devices, another]) assert.equal((await device.until("private_message")).text, "all of you");
  for (const device of [...devices, another]) await device.end();

  for (const type of ["user_left", "user_left_room"]) await observer.hears(type, "dora"); // they come from two loops, in any order
  const presence = observer.heard.filter((message) => message.user_id === "dora").map((message) => message.type);
  assert.deepEqual(presence.sort(), ["user_joined", "user_left", "user_left_room"]);
  await observer.end();
});

test("announces typing to everyone else, to a room, and in private", async () => {
  const [alice, bob] = [await chat("alice"), await chat("bob")];
  for (const one of [alice, bob]) {
    one.send({ type: "join_room", room: "tea" });
    await one.until("joined_room");
  }
  const typing = { type: "user_typing", user_id: "alice" };
  for (const [fields, seen] of [[{}, {}], [{ room: "tea" }, { room: "tea" }], [{ to: "bob" }, { private: true }]]) {
    for (const flag of [true, false]) {
      alice.send({ type: "typing", typing: flag, ...fields });
      assert.deepEqual(await bob.until("user_typing"), { ...typing, typing: flag, ...seen });
    }
  }
  alice.send({ type: "chat_message", text: "end" });
  await alice.until("chat_message");
  assert.ok(alice.heard.every((message) => message.type !== "user_typing"), "nobody hears of their own typing");
  await Promise.all([alice.end(), bob.end()]);
});

test("closes with 4401 when the token expires, unless a fresh one came", async () => {
  const exp = Math.floor(Date.now() / 1000) + 2;
  const short = server.sign({ sub: "alice", type: "access", exp });
  const [refreshed, left] = [new Client(`/ws/chat?token=${short}`), new Client(`/ws/chat?token=${short}`)];
  await refreshed.until("welcome");
  refreshed.send({ type: "refresh_token", token: server.token("bob") });
  assert.equal(JSON.parse(await refreshed.next()).error, "bad_message", "another user's token");
  refreshed.send({ type: "refresh_token", token: server.token("alice") });
  assert.ok(Date.parse((await refreshed.until("token_refreshed")).expires) > exp * 1000);
  assert.equal((await left.ended())[0], 4401);
  const late = Date.now() - exp * 1000;
  assert.ok(late >= 0 && late < 1500, `closed ${late} ms after its end`); // within a second, plus the delay of a busy machine
  refreshed.send({ type: "chat_message", text: "still here" });
  assert.equal((await refreshed.until("chat_message")).text, "still here");
  await refreshed.end();
});

test("a stopping server closes with 1012, and ends when the client has answered", async () => {
  const other = await Server.start();
  const client = new Client(`/ws/chat?token=${other.token("alice")}`, [], {}, other);
  await client.until("welcome");
  const code = other.stop();
  assert.equal((await client.ended())[0], 1012);
  assert.equal(await code, 0);
});

test("a signal right after the listening line ends the server cleanly", async () => {
  for (let i = 0; i < 10; ++i) assert.equal(await (await Server.start()).stop(), 0);
});

test("the line client prints messages that come after the end of its input", async () => {
  const said = await server.connect("/ws/echo", "first\nlast\n");
  assert.equal(said, "first\nlast\n");
});
