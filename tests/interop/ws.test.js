// npm's ws against the real server: messages, carriers, refusals, closing, the chat.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import WebSocket from "ws";
import { Server } from "./server.js";

let server;
before(async () => { server = await Server.start("--bench"); });
after(async () => { assert.equal(await server.stop(), 0); });

// A client whose messages are awaited one by one.
class Client {
  constructor(path, protocols = [], options = {}) {
    this.messages = [];
    this.waiting = [];
    this.socket = new WebSocket(server.url(path), protocols, options);
    this.socket.on("message", (data, binary) => {
      const message = binary ? data : data.toString();
      const next = this.waiting.shift();
      if (next) next(message); else this.messages.push(message);
    });
    this.opened = new Promise((resolve, reject) => { this.socket.once("open", resolve); this.socket.once("error", reject); });
    this.closed = new Promise((resolve) => this.socket.once("close", (code, reason) => resolve([code, reason.toString()])));
    this.closed.catch(() => {});
  }
  next() {
    return this.messages.length ? Promise.resolve(this.messages.shift()) : new Promise((resolve) => this.waiting.push(resolve));
  }
  async until(type) {
    for (;;) {
      const message = JSON.parse(await this.next());
      if (message.type === type) return message;
    }
  }
  send(message) { this.socket.send(typeof message === "object" && !Buffer.isBuffer(message) ? JSON.stringify(message) : message); }
  async end() { this.socket.close(); return this.closed; }
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

test("answers a Close with its code", async () => {
  for (const code of [1000, 1001, 3000, 4999]) {
    const client = await echo();
    client.socket.close(code, "bye");
    assert.equal((await client.closed)[0], code);
  }
});

test("refuses a message over the limit with 1009", async () => {
  const client = await echo();
  client.send("x".repeat((1 << 20) + 1));
  assert.equal((await client.closed)[0], 1009);
});

test("takes the token from each carrier", async () => {
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

test("takes a token that another implementation signed", async () => {
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
    assert.equal((await client.closed)[0], 4401);
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
