// Plain mode: any server's own messages; only the connection comes back.
import assert from "node:assert/strict";
import { test } from "node:test";
import { World, fate, settled } from "./fake.js";

async function open(options = {}) {
  const world = new World();
  world.connect({ plain: true, ...options });
  await settled();
  world.socket.accept();
  await settled();
  return world;
}

test("plain messages pass unchanged in both directions", async () => {
  const world = await open({ token: () => "t" });
  const { client, socket } = world;
  assert.deepEqual(socket.protocols, ["token.t"]);
  assert.equal(client.state, "open");
  const sent = fate(client.send({ type: "chat" }));
  client.sendBinary(new Uint8Array([1, 2]));
  assert.equal(client.post("x"), true);
  await settled();
  assert.deepEqual(socket.take(), [{ type: "chat" }, "0102", "x"]);
  assert.equal(sent.state, "kept");
  socket.says('{"t":"welcome"}');
  socket.says("no JSON");
  socket.bytes("ff");
  assert.deepEqual(world.of("message"), [[{ t: "welcome" }, {}], ["no JSON", {}]]);
  assert.deepEqual(world.of("binary"), [[new Uint8Array([255]), {}]]);
});

test("waiting messages are sent after a reconnect, and none is sent twice", async () => {
  const world = await open();
  world.client.send(1);
  world.socket.ends();
  const waits = fate(world.client.send(2));
  assert.equal(world.client.post(3), false);
  await world.clock.pass(250);
  world.socket.accept();
  await settled();
  assert.deepEqual(world.socket.take(), [2]);
  assert.equal(waits.state, "kept");
  assert.deepEqual(world.socket.protocols, []);
});

test("a plain client has no rooms, and does not watch for silence", async () => {
  const world = await open();
  const fates = [world.client.join("r"), world.client.leave("r"), world.client.refresh()].map(fate);
  await world.clock.pass(3_600_000);
  assert.deepEqual(fates.map(({ code }) => code), Array(3).fill("not_supported"));
  assert.deepEqual([world.client.rooms, world.client.presence("r"), world.client.position("r"), world.client.user], [[], undefined, undefined, undefined]);
  assert.equal(world.client.state, "open");
  assert.deepEqual(world.socket.take(), []);
});
