// Rooms: joined, left, joined again, what was missed, who is there.
import assert from "node:assert/strict";
import { test } from "node:test";
import { fate, open, settled } from "./fake.js";

const epoch = "e1";
const message = (room, offset) => ({ t: "message", room, offset, data: offset });
const offsets = (world) => world.of("message").map(([data]) => data);

// A client in a room that keeps its messages, having read up to offset 5.
async function inRoom(room = "r") {
  const world = await open();
  world.client.join(room);
  world.socket.take();
  world.socket.says({ t: "joined", id: 1, room, epoch, offset: 4 });
  world.socket.says(message(room, 5));
  await settled();
  world.events = [];
  return world;
}
const fresh = { session: "s2", resumed: false };

test("a client joins and leaves a room", async () => {
  const world = await open();
  const { client, socket } = world;
  const join = fate(client.join("r"));
  assert.deepEqual(socket.take(), [{ t: "join", id: 1, room: "r" }]);
  assert.deepEqual(client.rooms, []);
  socket.says({ t: "joined", id: 1, room: "r" });
  await settled();
  assert.deepEqual(join.value, { room: "r" });
  assert.deepEqual(client.rooms, ["r"]);
  assert.equal(client.position("r"), undefined);
  const leave = fate(client.leave("r"));
  assert.deepEqual(socket.take(), [{ t: "leave", id: 2, room: "r" }]);
  socket.says({ t: "left", id: 2, room: "r" });
  await settled();
  assert.equal(leave.state, "kept");
  assert.deepEqual(client.rooms, []);
  assert.deepEqual(world.of("joined"), [[{ room: "r" }]]);
  assert.deepEqual(world.of("left"), [[{ room: "r" }]]);
});

test("a refused join rejects its promise, and is not tried again", async () => {
  const world = await open();
  const join = fate(world.client.join("r"));
  world.socket.says({ t: "error", id: 1, code: "forbidden", message: "no" });
  await settled();
  assert.equal(join.code, "forbidden");
  const socket = await world.again(fresh);
  assert.deepEqual(socket.take(), []);
});

test("leaving a room that the client is not in succeeds", async () => {
  const { client, socket } = await open();
  const leave = fate(client.leave("r"));
  socket.says({ t: "error", id: 1, code: "not_in_room", message: "you are not" });
  await settled();
  assert.equal(leave.state, "kept");
});

test("a resumed session keeps its rooms", async () => {
  const world = await inRoom();
  const socket = await world.again({ resumed: true, handled: 1 });
  assert.deepEqual(socket.take(), []);
  assert.deepEqual(world.client.rooms, ["r"]);
  socket.says(message("r", 6));
  assert.deepEqual(offsets(world), [6]);
});

test("a new session joins its rooms first, and gets the missed messages", async () => {
  const world = await inRoom();
  world.socket.ends();
  world.client.send("waited");
  await world.clock.pass(1000);
  const socket = await world.welcome(fresh);
  assert.deepEqual(socket.take(), [{ t: "join", id: 1, room: "r", since: { epoch, offset: 5, session: "s1" } }, { t: "message", id: 2, data: "waited" }]);
  socket.says({ t: "joined", id: 1, room: "r", epoch, offset: 7, recovered: true });
  for (const offset of [6, 7, 8]) socket.says(message("r", offset));
  assert.deepEqual(world.of("joined"), [[{ room: "r", recovered: true }]]);
  assert.deepEqual(offsets(world), [6, 7, 8]);
  assert.deepEqual(world.client.position("r"), { epoch, offset: 8, session: "s2" });
});

test("missed messages are asked for again until they have come", async () => {
  const world = await inRoom();
  const second = await world.again(fresh);
  second.says({ t: "joined", id: 1, room: "r", epoch, offset: 7, recovered: true });
  second.says(message("r", 6));
  second.take();
  const third = await world.again({ session: "s3", resumed: false });
  assert.deepEqual(third.take()[0].since, { epoch, offset: 6, session: "s2" });
});

test("messages that are no longer there are reported, and reading begins behind them", async () => {
  const world = await inRoom();
  const socket = await world.again(fresh);
  socket.says({ t: "joined", id: 1, room: "r", epoch: "e2", offset: 2, recovered: false });
  socket.says(message("r", 3));
  assert.deepEqual(world.of("joined"), [[{ room: "r", recovered: false }]]);
  assert.deepEqual(offsets(world), [3]);
  assert.deepEqual(world.client.position("r"), { epoch: "e2", offset: 3, session: "s2" });
});

test("a room without history has lost the messages in between", async () => {
  const world = await open();
  world.client.join("r");
  world.socket.says({ t: "joined", id: 1, room: "r" });
  const socket = await world.again(fresh);
  assert.deepEqual(socket.take(), [{ t: "join", id: 1, room: "r" }]);
  socket.says({ t: "joined", id: 1, room: "r" });
  assert.deepEqual(world.of("joined"), [[{ room: "r" }], [{ room: "r", recovered: false }]]);
  socket.says({ t: "message", room: "r", data: 1 });
  assert.deepEqual(offsets(world), [1]);
});

test("a repeated message is dropped", async () => {
  const world = await inRoom();
  for (const offset of [5, 4, 6, 6, 9, 8]) world.socket.says(message("r", offset));
  assert.deepEqual(offsets(world), [6, 9]);
});

test("a join can ask for the latest messages", async () => {
  const world = await open();
  world.client.join("r", { last: 2 });
  assert.deepEqual(world.socket.take(), [{ t: "join", id: 1, room: "r", last: 2 }]);
  world.socket.says({ t: "joined", id: 1, room: "r", epoch, offset: 9 });
  for (const offset of [8, 9, 10]) world.socket.says(message("r", offset));
  assert.deepEqual(offsets(world), [8, 9, 10]);
  assert.deepEqual(world.of("joined"), [[{ room: "r" }]]);
});

test("a join can continue at a saved position", async () => {
  const world = await open();
  const since = { epoch, offset: 3, session: "s0" };
  const join = fate(world.client.join("r", { since }));
  assert.deepEqual(world.socket.take(), [{ t: "join", id: 1, room: "r", since }]);
  world.socket.says({ t: "joined", id: 1, room: "r", epoch, offset: 4, recovered: true });
  world.socket.says(message("r", 4));
  await settled();
  assert.equal(join.value.recovered, true);
  assert.deepEqual(offsets(world), [4]);
});

test("messages before the answer to a join are passed over when the server joined the client first", async () => {
  const world = await inRoom();
  const socket = await world.again(fresh);
  socket.says({ t: "joined", room: "r", epoch, offset: 7 });
  socket.says(message("r", 8));
  assert.deepEqual(offsets(world), []);
  socket.says({ t: "joined", id: 1, room: "r", epoch, offset: 8, recovered: true });
  for (const offset of [6, 7, 8]) socket.says(message("r", offset));
  assert.deepEqual(offsets(world), [6, 7, 8]);
  assert.deepEqual(world.of("joined"), [[{ room: "r", recovered: true }]]);
});

test("a room joined by the server stays when the server refuses the missed messages", async () => {
  const world = await inRoom();
  const socket = await world.again(fresh);
  socket.says({ t: "joined", room: "r", epoch, offset: 7 });
  socket.says({ t: "error", id: 1, code: "forbidden", message: "no" });
  socket.says(message("r", 8));
  assert.deepEqual(world.of("joined"), [[{ room: "r", recovered: false }]]);
  assert.deepEqual(offsets(world), [8]);
  assert.deepEqual(world.client.rooms, ["r"]);
});

test("a room that refuses the client in a new session is left", async () => {
  const world = await inRoom();
  const socket = await world.again(fresh);
  socket.says({ t: "error", id: 1, code: "forbidden", message: "no" });
  assert.deepEqual(world.of("left"), [[{ room: "r", code: "forbidden" }]]);
  assert.deepEqual(world.client.rooms, []);
});

test("a room joined by the server ends with the session, or when the server says so", async () => {
  const world = await open();
  world.socket.says({ t: "joined", room: "r", epoch, offset: 1 });
  assert.deepEqual(world.client.rooms, ["r"]);
  const socket = await world.again(fresh);
  assert.deepEqual(socket.take(), []);
  assert.deepEqual(world.of("left"), [[{ room: "r", code: "session_lost" }]]);
  socket.says({ t: "joined", room: "r", epoch, offset: 3 });
  socket.says({ t: "left", room: "r" });
  assert.deepEqual(world.client.rooms, []);
});

test("a client removed from a room does not join it again by itself", async () => {
  const world = await inRoom();
  world.socket.says({ t: "left", room: "r" });
  const socket = await world.again(fresh);
  assert.deepEqual(socket.take(), []);
});

test("joins and leaves while disconnected are kept in order", async () => {
  const world = await inRoom();
  world.socket.ends();
  const fates = [world.client.leave("r"), world.client.join("r"), world.client.join("x"), world.client.leave("x")].map(fate);
  await world.clock.pass(1000);
  const socket = await world.welcome(fresh);
  assert.deepEqual(socket.take().map(({ t, id, room }) => [t, id, room]), [["leave", 1, "r"], ["join", 2, "r"], ["join", 3, "x"], ["leave", 4, "x"]]);
  socket.says({ t: "error", id: 1, code: "not_in_room", message: "" });
  socket.says({ t: "joined", id: 2, room: "r", epoch, offset: 5, recovered: true });
  socket.says({ t: "joined", id: 3, room: "x" });
  socket.says({ t: "left", id: 4, room: "x" });
  await settled();
  assert.deepEqual(fates.map(({ state }) => state), Array(4).fill("kept"));
  assert.deepEqual(world.client.rooms, ["r"]);
  const next = await world.again({ session: "s3", resumed: false });
  assert.deepEqual(next.take().map(({ room }) => room), ["r"]);
});

test("a leave and a join at once keep their order", async () => {
  const world = await inRoom();
  const { client, socket } = world;
  client.leave("r");
  const join = fate(client.join("r"));
  socket.take();
  socket.says({ t: "left", id: 2, room: "r" });
  socket.says({ t: "joined", id: 3, room: "r", epoch, offset: 6, recovered: true });
  socket.says(message("r", 6));
  socket.says(message("r", 6));
  await settled();
  assert.equal(join.state, "kept");
  assert.deepEqual(offsets(world), [6]);
  const next = await world.again(fresh);
  assert.deepEqual(next.take(), [{ t: "join", id: 1, room: "r", since: { epoch, offset: 6, session: "s1" } }], "it is still wanted");
});

test("a removal during a join does not cancel the join, and repeated messages are passed over", async () => {
  const world = await open();
  const join = fate(world.client.join("r", { since: { epoch, offset: 1 } }));
  world.socket.says({ t: "joined", room: "r", epoch, offset: 2 });
  world.socket.says({ t: "left", room: "r" });
  world.socket.says({ t: "joined", room: "r", epoch, offset: 2 });
  world.socket.says(message("r", 3));
  assert.deepEqual(offsets(world), []);
  world.socket.says({ t: "joined", id: 1, room: "r", epoch, offset: 3, recovered: true });
  for (const offset of [2, 3]) world.socket.says(message("r", offset));
  await settled();
  assert.equal(join.value.recovered, true);
  assert.deepEqual(offsets(world), [2, 3]);
  const socket = await world.again(fresh);
  assert.deepEqual(socket.take(), [{ t: "join", id: 1, room: "r", since: { epoch, offset: 3, session: "s1" } }], "it is wanted again");
});

test("a join that was pending in a lost session is sent again", async () => {
  const world = await open();
  world.client.send("lost").catch(() => {});
  const join = fate(world.client.join("r"));
  const socket = await world.again(fresh);
  assert.deepEqual(socket.take(), [{ t: "join", id: 1, room: "r" }]);
  socket.says({ t: "joined", id: 1, room: "r" });
  await settled();
  assert.equal(join.state, "kept");
});

test("presence is the state first, then differences", async () => {
  const world = await open();
  const { client, socket } = world;
  client.join("r");
  const device = (name, meta = {}) => ({ device: name, meta });
  socket.says({ t: "joined", id: 1, room: "r", presence: { alice: [device("1")] } });
  assert.deepEqual(client.presence("r"), { alice: [device("1")] });
  socket.says({ t: "presence", room: "r", joins: { bob: [device("2"), device("3")] }, leaves: {} });
  socket.says({ t: "presence", room: "r", joins: { bob: [device("2", { status: "away" })] }, leaves: { bob: [device("2")], alice: [device("1")] } });
  assert.deepEqual(client.presence("r"), { bob: [device("3"), device("2", { status: "away" })] });
  socket.says({ t: "presence", room: "r", joins: { bob: [device("3", 1)] }, leaves: {} });
  assert.deepEqual(client.presence("r"), { bob: [device("3", 1), device("2", { status: "away" })] });
  socket.says({ t: "presence", room: "r", joins: {}, leaves: { bob: [device("2"), device("3")] } });
  assert.deepEqual(client.presence("r"), {});
  assert.equal(client.presence("other"), undefined);
  assert.equal(world.of("presence").length, 4);
  assert.deepEqual(world.of("joined")[0][0].presence, { alice: [device("1")] });
  const next = await world.again(fresh);
  next.says({ t: "joined", id: 1, room: "r", presence: { carol: [device("9")] } });
  assert.deepEqual(client.presence("r"), { carol: [device("9")] });
});
