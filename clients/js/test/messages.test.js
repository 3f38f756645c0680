// Messages: answered, queued, resent, refused.
import assert from "node:assert/strict";
import { test } from "node:test";
import { World, fate, open, settled } from "./fake.js";

const frames = (socket) => socket.take().map(({ id, data }) => [id, data]);
const states = (world) => world.of("state").map(([state, detail]) => [state, detail]);

test("a reply resolves the promise, an error rejects it", async () => {
  const { client, socket } = await open();
  const [reply, nothing, error] = [client.send({ a: 1 }), client.send("x"), client.send(null)].map(fate);
  assert.deepEqual(socket.take(), [{ t: "message", id: 1, data: { a: 1 } }, { t: "message", id: 2, data: "x" }, { t: "message", id: 3, data: null }]);
  socket.says({ t: "error", id: 3, code: "bad_message", message: "no" });
  socket.says({ t: "ack", id: 2 });
  socket.says({ t: "ack", id: 1, data: [7] });
  socket.says({ t: "ack", id: 9 }); // an id that nobody waits for
  await settled();
  assert.deepEqual(reply, { state: "kept", value: [7] });
  assert.deepEqual(nothing, { state: "kept", value: undefined });
  assert.equal(error.code, "bad_message");
  assert.equal(error.error.message, "no");
});

test("a message is sent as it was when send() was called", async () => {
  const world = new World();
  const client = world.connect();
  const data = { n: 1 };
  const bytes = new Uint8Array([1]);
  client.send(data);
  client.sendBinary(bytes);
  data.n = bytes[0] = 2;
  const socket = await world.welcome();
  const [message, binary] = socket.take();
  assert.deepEqual(message.data, { n: 1 });
  assert.match(binary, /01$/);
});

test("values that JSON cannot hold are refused, undefined becomes null", async () => {
  const { client, socket } = await open();
  await assert.rejects(client.send(1n), TypeError);
  client.send(undefined);
  client.send(() => {});
  assert.deepEqual(frames(socket), [[1, null], [2, null]]);
});

test("messages sent before the welcome wait, in order", async () => {
  const world = new World();
  const client = world.connect();
  client.send("first");
  client.join("room");
  client.send("second");
  assert.equal(client.post("never"), false);
  await settled();
  world.socket.accept();
  assert.deepEqual(world.socket.take(), []);
  const socket = await world.welcome();
  assert.deepEqual(socket.take().map(({ t, id, data }) => [t, id, data]), [["message", 1, "first"], ["join", 2, undefined], ["message", 3, "second"]]);
  assert.equal(client.post("now"), true);
  assert.deepEqual(socket.take(), [{ t: "message", data: "now" }]);
});

test("a resumed session sends messages above `handled` again with their ids, then those that waited, and still gets answers to the rest", async () => {
  const world = await open();
  const { client } = world;
  const fates = ["one", "two", "three"].map((text) => fate(client.send(text)));
  assert.equal(world.socket.take().length, 3);
  world.socket.ends();
  fates.push(fate(client.send("waited")));
  await world.clock.pass(1000);
  const socket = await world.welcome({ resumed: true, handled: 1 });
  assert.deepEqual(frames(socket), [[2, "two"], [3, "three"], [4, "waited"]]);
  for (const id of [1, 2, 3, 4]) socket.says({ t: "ack", id, data: id });
  await settled();
  assert.deepEqual(fates.map(({ value }) => value), [1, 2, 3, 4]);
});

test("a new session fails the messages that were sent, and sends the waiting ones with new ids", async () => {
  const world = await open();
  const { client } = world;
  const lost = fate(client.send("lost"));
  const binary = fate(client.sendBinary(new Uint8Array(0)));
  world.socket.take();
  world.socket.ends();
  const waited = fate(client.send("waited"));
  await world.clock.pass(1000);
  const socket = await world.welcome({ session: "s2", resumed: false });
  assert.equal(lost.code, "session_lost");
  assert.equal(binary.code, "session_lost");
  assert.deepEqual(frames(socket), [[1, "waited"]]);
  socket.says({ t: "ack", id: 1 });
  await settled();
  assert.equal(waited.state, "kept");
});

test("a full queue of messages refuses newer ones", async () => {
  const world = new World();
  const client = world.connect({ queue: { messages: 3 } });
  const fates = [1, 2, 3, 4].map((n) => fate(client.send(n)));
  const join = fate(client.join("room")); // a join is not a message
  await settled();
  assert.deepEqual(fates.map(({ state, code }) => code ?? state), ["pending", "pending", "pending", "queue_full"]);
  assert.equal(join.state, "pending");
  const socket = await world.welcome();
  socket.says({ t: "ack", id: 1 });
  await settled();
  const next = fate(client.send(5));
  await settled();
  assert.equal(next.state, "pending", "an answer makes room");
});

test("a full queue of bytes refuses newer messages", async () => {
  const world = new World();
  const client = world.connect({ queue: { bytes: 10 } });
  const fates = ["1234", new Uint8Array(4), "x"].map((data) => fate(typeof data === "string" ? client.send(data) : client.sendBinary(data)));
  const refused = fate(client.send("not this"));
  await settled();
  assert.deepEqual(fates.map(({ state, code }) => code ?? state), ["pending", "pending", "queue_full"]);
  assert.equal(refused.code, "queue_full");
});

test("sends no faster than the rate option", async () => {
  const world = await open({ rate: { perSecond: 10, burst: 3 } });
  const { client, socket, clock } = world;
  for (let n = 1; n <= 5; ++n) client.send(n);
  assert.deepEqual(frames(socket).map(([id]) => id), [1, 2, 3]);
  assert.equal(client.post("typing"), false, "others wait already");
  await clock.pass(99);
  assert.deepEqual(frames(socket), []);
  await clock.pass(1);
  assert.deepEqual(frames(socket).map(([id]) => id), [4]);
  await clock.pass(1000);
  assert.deepEqual(frames(socket).map(([id]) => id), [5]);
  assert.equal(client.post("typing"), true);
});

test("the default rate stays under the server's default limits", async () => {
  const { client, socket, clock } = await open({ queue: { messages: 10_000 } });
  for (let n = 0; n < 1000; ++n) client.send(n);
  let sent = socket.take().length;
  for (let second = 1; second <= 5; ++second) {
    await clock.pass(1000);
    sent += socket.take().length;
    assert.ok(sent <= 200 + 100 * second, `${sent} after ${second} s`);
  }
  assert.ok(sent >= 500);
});

test("the client reports what has arrived after one second or 64 frames", async () => {
  const world = await open();
  const { socket, clock } = world;
  const hear = (count) => { for (let i = 0; i < count; ++i) socket.says({ t: "message", data: i }); };
  hear(3);
  await clock.pass(999);
  assert.deepEqual(socket.take(), []);
  await clock.pass(1);
  assert.deepEqual(socket.take(), [{ t: "received", n: 3 }]);
  await clock.pass(5000);
  assert.deepEqual(socket.take(), [], "nothing new");
  hear(64);
  assert.deepEqual(socket.take(), [{ t: "received", n: 67 }]);
  socket.bytes("010000000000000000006869");
  socket.says({ t: "pong" });
  socket.says({ t: "unknown" });
  await clock.pass(1000);
  assert.deepEqual(socket.take(), [{ t: "received", n: 69 }], "bytes and unknown types are counted, a pong is not");
  hear(10);
  const next = await world.again({ resumed: true });
  assert.equal(next.resume, "resume.s1.s1-secret.79.1");
  for (let i = 0; i < 63; ++i) next.says({ t: "message", data: i });
  assert.deepEqual(next.take(), [], "the handshake told the count");
});

test("a resume offers the count of frames, which a new session resets", async () => {
  const world = await open();
  world.socket.says({ t: "message", data: 1 });
  world.socket.says({ t: "bye", code: 1012, reason: "", reconnect: true, retry_ms: 0 });
  const second = await world.again({ session: "s1", resumed: true });
  assert.equal(second.resume, "resume.s1.s1-secret.1.1");
  second.says({ t: "message", data: 2 });
  assert.equal((await world.again({ session: "s2", resumed: false })).resume, "resume.s1.s1-secret.2.2");
  assert.equal((await world.again({ session: "s2" })).resume, "resume.s2.s2-secret.0.1", "the counts have begun anew");
  assert.deepEqual(states(world).filter(([state]) => state === "open").map(([, { resumed }]) => resumed), [false, true, false, false]);
});

test("unknown frames do no harm", async () => {
  const world = await open();
  for (const text of ["", "nonsense", "null", "[]", "7", "{}", '{"t":"toString"}', '{"t":"ack","id":1}', '{"t":"presence","room":"x","joins":{},"leaves":{}}']) {
    world.socket.says(text);
  }
  world.socket.bytes("");
  world.socket.bytes("02000000000000000000");
  assert.equal(world.client.state, "open");
  assert.deepEqual(world.of("message"), []);
  assert.deepEqual(world.of("binary"), []);
});

test("messages and bytes come with their room and offset", async () => {
  const world = await open();
  world.socket.says({ t: "message", data: { x: 1 } });
  world.socket.says({ t: "message", data: 2, room: "r", offset: 5 });
  world.socket.bytes("01000000000000000007" + "c58263" + "ff");
  world.socket.bytes("01" + "0000000000000009" + "03" + "c58263" + "ff00");
  assert.deepEqual(world.of("message"), [[{ x: 1 }, {}], [2, { room: "r", offset: 5 }]]);
  assert.deepEqual(world.of("binary"), [[new Uint8Array([0xff, 0]), { room: "łc", offset: 9 }]]);
});

test("an error without an id goes to the listeners of error", async () => {
  const world = await open();
  world.socket.says({ t: "error", code: "bad_frame", message: "what?" });
  const [[error]] = world.of("error");
  assert.equal(error.code, "bad_frame");
});

test("the server's request waits for all handlers, and is answered once", async () => {
  const world = await open();
  const { client, socket } = world;
  let finish;
  client.on("message", () => new Promise((resolve) => { finish = resolve; }));
  client.on("message", () => "second");
  socket.says({ t: "message", id: 5, data: "?" });
  await settled();
  assert.deepEqual(socket.take(), []);
  finish();
  await settled();
  assert.deepEqual(socket.take(), [{ t: "ack", id: 5, data: "second" }]);
});

test("a failing handler answers with its error's code, and does not affect the others", async () => {
  const world = await open();
  const { client, socket } = world;
  const end = client.on("message", (data) => { throw Object.assign(new Error("not now"), data.code && { code: data.code }); });
  socket.says({ t: "message", id: 1, data: {} });
  socket.says({ t: "message", id: 2, data: { code: "busy" } });
  socket.says({ t: "message", data: {} });
  await settled();
  assert.deepEqual(socket.take(), [{ t: "error", id: 1, code: "failed", message: "not now" }, { t: "error", id: 2, code: "busy", message: "not now" }]);
  assert.equal(world.of("message").length, 3);
  assert.equal(world.of("error")[0][0].message, "not now");
  end();
  socket.says({ t: "message", id: 3, data: {} });
  await settled();
  assert.deepEqual(socket.take(), [{ t: "ack", id: 3 }]);
});

test("answers over a lost connection are sent again, unless they are known to have arrived", async () => {
  const world = await open();
  const { client, socket } = world;
  socket.says({ t: "message", id: 1, data: 0 });
  await settled();
  client.send("later");
  socket.says({ t: "message", id: 2, data: 0 });
  await settled();
  socket.says({ t: "ack", id: 1 }); // so the answer before it has arrived too
  socket.take();
  const next = await world.again({ resumed: true, handled: 1 });
  assert.deepEqual(next.take(), [{ t: "ack", id: 2 }]);
  const other = await world.again({ session: "s2", resumed: false });
  assert.deepEqual(other.take(), [], "another session asked nothing");
  assert.deepEqual((await world.again({ session: "s2", resumed: true })).take(), [], "nor does it later");
});

test("an answer that is ready while disconnected is sent after the resume, and to no other session", async () => {
  const world = await open();
  const finish = [];
  world.client.on("message", () => new Promise((resolve) => finish.push(resolve)));
  world.socket.says({ t: "message", id: 1, data: 0 });
  world.socket.says({ t: "message", id: 2, data: 0 });
  world.socket.ends();
  finish[0]("late");
  await world.clock.pass(1000);
  const socket = await world.welcome({ resumed: true });
  assert.deepEqual(socket.take(), [{ t: "ack", id: 1, data: "late" }]);
  const other = await world.again({ session: "s2", resumed: false });
  finish[1]("too late");
  await settled();
  assert.deepEqual(other.take(), []);
});

test("the end rejects every promise, and all later ones", async () => {
  const { client, socket } = await open();
  const fates = [client.send(1), client.join("room"), client.sendBinary(new Uint8Array(1))].map(fate);
  client.close();
  assert.equal(socket.closed, 1000);
  fates.push(...[client.send(2), client.join("x"), client.leave("x"), client.refresh()].map(fate));
  await settled();
  assert.deepEqual(fates.map(({ code }) => code), Array(7).fill("closed"));
  assert.equal(client.post(1), false);
});

// Three messages are sent, the first is answered, and the server is killed.
async function killed(welcome) {
  const world = await open();
  const [first, second, third] = [1, 2, 3].map((n) => fate(world.client.send(n)));
  world.socket.says({ t: "ack", id: 1 });
  await settled();
  world.socket.take();
  await world.again({ session: "s2", inherits: true, ...welcome });
  return { world, first, second, third };
}

test("a new session inherits what was not answered, under its former name, and before what is new", async () => {
  const { world, second } = await killed();
  world.client.send("new");
  assert.deepEqual(world.socket.take(), [
    { t: "message", id: 1, of: "s1.2", data: 2 }, { t: "message", id: 2, of: "s1.3", data: 3 }, { t: "message", id: 3, data: "new" },
  ]);
  world.socket.says({ t: "ack", id: 1, data: "yes" });
  await settled();
  assert.deepEqual([second.state, second.value], ["kept", "yes"]);
});

test("what was sent in two sessions keeps the name that it had first", async () => {
  const { world } = await killed();
  world.client.send("new");
  await world.again({ session: "s3", inherits: true });
  assert.deepEqual(world.socket.take().map(({ id, of }) => [id, of]), [[1, "s1.2"], [2, "s1.3"], [3, "s2.3"]]);
});

test("what is inherited is lost where the next session does not inherit", async () => {
  const { world, second, third } = await killed();
  await world.again({ session: "s3" });
  assert.deepEqual([second.code, third.code], ["session_lost", "session_lost"]);
  assert.deepEqual(world.socket.take(), []);
});

test("what was not sent again before the next session began is lost there, too", async () => {
  const world = await open({ rate: { perSecond: 0.001, burst: 2 } });
  const [, late] = [1, 2].map((n) => fate(world.client.send(n)));
  world.socket.take();
  await world.again({ session: "s2", inherits: true });
  assert.deepEqual(world.socket.take(), [], "its turn has not come");
  await world.again({ session: "s3" });
  assert.equal(late.code, "session_lost");
});

test("what was sent first too long ago is not inherited, whatever clock stood still", async () => {
  const world = await open();
  const old = fate(world.client.send("old"));
  world.wallMs += 230_000;
  const young = fate(world.client.send("young"));
  world.socket.take();
  world.wallMs += 20_000;
  await world.again({ session: "s2", inherits: true });
  assert.deepEqual([old.code, young.state], ["session_lost", "pending"]);
  assert.deepEqual(world.socket.take().map(({ of }) => of), ["s1.2"]);
});

test("nothing is inherited from another user", async () => {
  const { world, second } = await killed({ user: "bob" });
  assert.equal(second.code, "session_lost");
  assert.deepEqual(world.socket.take(), []);
});

test("what is given up meanwhile is not inherited", async () => {
  const world = await open();
  const given = fate(world.client.send("x", { timeout: 10 }));
  world.socket.take();
  await world.again({ session: "s2", inherits: true });
  assert.deepEqual([given.code, world.socket.take()], ["timeout", []]);
});
