// The connection: when it comes back, when it does not, and what it does to stay.
import assert from "node:assert/strict";
import { test } from "node:test";
import { World, fate, jwt, open, settled } from "./fake.js";

const last = (world) => world.of("state").at(-1);
const seconds = (world) => world.clock.ms / 1000;

test("connect() returns a client at once, which reports when it is open", async () => {
  const world = new World();
  const client = world.connect({ token: async () => "t.o.ken" });
  assert.equal(client.state, "connecting");
  assert.equal(client.user, undefined);
  await world.welcome();
  assert.deepEqual(world.socket.protocols, ["microframe.v1", "token.t.o.ken"]);
  assert.equal(client.state, "open");
  assert.equal(client.user, "alice");
  assert.deepEqual(world.of("state"), [["open", { resumed: false }]]);
});

test("without the token option, no token is sent", async () => {
  const { socket } = await open();
  assert.deepEqual(socket.protocols, ["microframe.v1"]);
});

for (const code of [0, 1001, 1005, 1006, 1009, 1011, 1012, 1013, 1014, 4408]) {
  test(`reconnects after ${code}`, async () => {
    const world = await open();
    world.socket.ends(code, "why");
    assert.deepEqual(last(world), ["reconnecting", { code, reason: `closed: ${code} why`, retryMs: 250, error: undefined }]);
    await world.clock.pass(249);
    assert.equal(world.sockets.length, 1);
    await world.clock.pass(1);
    assert.equal(world.sockets.length, 2);
  });
}

for (const [code, word] of [[1000, "closed"], [1002, "closed"], [1008, "closed"], [4403, "forbidden"], [4409, "replaced"], [4000, "closed"]]) {
  test(`does not reconnect after ${code}`, async () => {
    const world = await open({ token: () => "t" });
    const message = fate(world.client.send(1));
    world.socket.ends(code, "why");
    await world.clock.pass(3_600_000);
    assert.equal(world.sockets.length, 1);
    const [state, detail] = last(world);
    assert.deepEqual([state, detail.code, detail.error.code, detail.error.closeCode], ["closed", code, word, code]);
    assert.equal(detail.reason, detail.error.message);
    assert.match(detail.error.message, /why/);
    assert.equal(message.code, word);
    assert.equal(world.clock.timers, 0);
  });
}

test("waits a random time that grows to 30 s, and never gives up", async () => {
  const world = new World();
  world.random = 0.999999;
  world.connect();
  const waits = [];
  for (let i = 0; i < 12; ++i) {
    await settled();
    world.socket.ends();
    waits.push(Math.round(last(world)[1].retryMs));
    await world.clock.pass(waits.at(-1));
  }
  assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000, 30_000, 30_000, 30_000]);
  world.random = 0;
  await settled();
  world.socket.ends();
  assert.equal(last(world)[1].retryMs, 0);
});

test("the backoff starts again after a connection that lasted or answered, but not after one that only opened", async () => {
  const world = await open();
  await world.again();
  await world.again();
  world.socket.ends();
  assert.equal(last(world)[1].retryMs, 1000);
  await world.clock.pass(1000);
  await world.welcome({ resumed: true });
  await world.clock.pass(5000);
  world.socket.ends();
  assert.equal(last(world)[1].retryMs, 250);
  await world.clock.pass(1000);
  await world.welcome({ resumed: true });
  world.socket.ends();
  assert.equal(last(world)[1].retryMs, 500);
  world.client.send(1).catch(() => {});
  await world.clock.pass(1000);
  await world.welcome({ resumed: true });
  world.socket.says({ t: "ack", id: 1 });
  world.socket.ends();
  assert.equal(last(world)[1].retryMs, 250);
});

test("follows the server's bye", async () => {
  const world = await open();
  world.socket.says({ t: "bye", code: 1012, reason: "restart", reconnect: true, retry_ms: 7000 });
  assert.deepEqual(world.of("bye"), [[{ code: 1012, reason: "restart", reconnect: true, retryMs: 7000 }]]);
  world.socket.ends(1012);
  await world.clock.pass(6999);
  world.network(true);
  await settled();
  assert.equal(world.sockets.length, 1, "nothing shortens it");
  await world.clock.pass(1);
  assert.equal(world.sockets.length, 2);
  await world.welcome();
  world.socket.says({ t: "bye", code: 1012, reason: "for good", reconnect: false, retry_ms: 0 });
  world.socket.ends(1012, "for good");
  assert.equal(world.client.state, "closed");
  const other = await open();
  other.socket.says({ t: "bye", code: 4000, reason: "", reconnect: true, retry_ms: 10 });
  other.socket.ends(4000);
  assert.deepEqual([last(other)[0], last(other)[1].retryMs], ["reconnecting", 10]);
});

test("a bye applies to one Close only", async () => {
  const world = await open();
  world.socket.says({ t: "bye", code: 1012, reason: "", reconnect: true, retry_ms: 0 });
  await world.again();
  world.socket.ends(4403);
  assert.equal(world.client.state, "closed");
});

test("a token is used again while it is valid and accepted", async () => {
  const world = new World();
  let asked = 0;
  const token = () => jwt({ exp: world.clock.ms / 1000 + 600, n: ++asked });
  world.connect({ token });
  await world.welcome();
  await world.again();
  assert.equal(asked, 1);
  world.socket.ends();
  for (let failures = 0; failures < 3; ++failures) { // for whatever reason: a 401, perhaps, which a browser does not tell
    await world.clock.pass(5000);
    assert.equal(asked, 1, `after ${failures}`);
    world.socket.ends();
  }
  await world.clock.pass(5000);
  assert.equal(asked, 2);
});

test("a token that expires soon is replaced before it is used", async () => {
  const world = new World();
  const given = [];
  world.connect({ token: () => given[given.push(jwt({ exp: seconds(world) + 40 })) - 1] });
  await world.welcome();
  await world.clock.pass(11_000);
  await world.again();
  assert.equal(given.length, 2);
  assert.equal(world.socket.token, given[1]);
});

test("a refused token is replaced once, at once; a second refusal in a row closes the client", async () => {
  const world = new World();
  let n = 0;
  world.connect({ token: () => `token-${++n}` });
  await settled();
  world.socket.accept();
  world.socket.says({ error: "unauthorized" });
  world.socket.ends(4401);
  await settled();
  assert.equal(world.sockets.length, 2);
  assert.equal(world.socket.token, "token-2");
  await world.welcome();
  world.socket.ends(4401); // the token expired while connected; not in a row
  await settled();
  assert.equal(world.socket.token, "token-3");
  assert.equal(world.socket.resume, "resume.s1.s1-secret.0.1");
  world.socket.ends(4401);
  await world.clock.pass(60_000);
  assert.equal(world.sockets.length, 3);
  const [state, { error }] = last(world);
  assert.deepEqual([state, error.code, error.closeCode], ["closed", "unauthorized", 4401]);
});

test("4401 closes a client that has no token function", async () => {
  const { client, socket } = await open();
  socket.ends(4401);
  assert.equal(client.state, "closed");
});

test("a failing token() is called again, with the same backoff", async () => {
  const world = new World();
  let broken = true;
  world.connect({ token: async () => { if (broken) throw new Error("no network"); return "t"; } });
  await settled();
  assert.equal(world.of("error")[0][0].code, "no_token");
  assert.equal(last(world)[0], "reconnecting");
  await world.clock.pass(250);
  assert.equal(world.of("error").length, 2);
  broken = false;
  await world.clock.pass(500);
  assert.equal(world.sockets.length, 1);
});

test("sends a fresh token before the old one expires", async () => {
  const world = new World();
  let n = 0;
  const token = () => jwt({ exp: seconds(world) + 100, n: ++n });
  const client = world.connect({ token });
  const socket = await world.welcome({ ping_ms: 1e9 });
  await world.clock.pass(79_999);
  assert.deepEqual(socket.take(), []);
  await world.clock.pass(1);
  const [refresh] = socket.take();
  assert.deepEqual(refresh, { t: "refresh", id: 1, token: refresh.token });
  assert.notEqual(refresh.token, socket.token);
  socket.says({ t: "ack", id: 1 });
  await world.clock.pass(80_000);
  assert.equal(socket.take().filter(({ t }) => t === "refresh").length, 1, "and again");
  socket.says({ t: "error", id: 2, code: "bad_token", message: "no" });
  await settled();
  assert.equal(world.of("error")[0][0].code, "bad_token");
  const wish = fate(client.refresh());
  await settled();
  const wished = socket.take();
  assert.equal(wished[0].t, "refresh");
  socket.says({ t: "ack", id: wished[0].id });
  await settled();
  assert.equal(wish.state, "kept");
});

test("a token that never expires, has expired, or is not a JWT, is not renewed", async () => {
  const { clock } = new World();
  for (const token of [jwt({}), "opaque", "a.b.c", jwt({ exp: "soon" }), jwt({ exp: clock.ms / 1000 - 5 }), jwt({ exp: 1e12 })]) {
    const world = new World();
    world.connect({ token: () => token });
    const socket = await world.welcome({ ping_ms: 1e9 });
    await world.clock.pass(86_400_000);
    assert.deepEqual(socket.take(), [], token);
  }
});

test("a token valid longer than a timer can wait is not renewed early", async () => {
  const world = new World();
  world.connect({ token: () => jwt({ exp: seconds(world) + 40 * 86_400 }) });
  const socket = await world.welcome({ ping_ms: 1e12 });
  await world.clock.pass(30 * 86_400_000);
  assert.deepEqual(socket.take(), []);
  await world.clock.pass(8 * 86_400_000);
  assert.equal(socket.take().length, 1);
});

test("a connection without a welcome within 10 s is given up", async () => {
  const world = new World();
  world.connect();
  await settled();
  world.socket.accept();
  await world.clock.pass(9_999);
  assert.equal(world.client.state, "connecting");
  await world.clock.pass(1);
  assert.equal(world.client.state, "reconnecting");
  assert.equal(world.socket.closed, 4000);
  await world.clock.pass(250);
  assert.equal(world.sockets.length, 2);
});

test("a server of another protocol closes the client", async () => {
  const world = new World();
  world.connect();
  await settled();
  world.socket.accept("chat.v1");
  assert.equal(last(world)[1].error.code, "not_supported");
});

test("a silent server is pinged, and given up without an answer", async () => {
  const world = await open({}, { ping_ms: 20_000 });
  const { socket, clock } = world;
  await clock.pass(15_000);
  socket.says({ t: "message", data: 1 });
  await clock.pass(19_999);
  assert.deepEqual(socket.take().filter(({ t }) => t === "ping"), []);
  await clock.pass(1);
  assert.deepEqual(socket.take().filter(({ t }) => t === "ping").length, 1);
  await clock.pass(9_000);
  socket.says({ t: "pong" });
  await clock.pass(1_000); // the time for the answer is over: the answer came
  assert.equal(world.client.state, "open");
  await clock.pass(19_000);
  assert.deepEqual(socket.take(), [{ t: "ping" }]);
  await clock.pass(9_999);
  assert.equal(world.client.state, "open");
  await clock.pass(1);
  assert.equal(world.client.state, "reconnecting");
  assert.equal(socket.closed, 4000, "neither 1000 nor 1001: the session goes on");
  socket.says({ t: "message", data: "late" });
  assert.equal(world.of("message").length, 1, "nothing is heard of it any more");
  await clock.pass(250);
  await world.welcome({ resumed: true });
  socket.ends(4000);
  assert.equal(world.client.state, "open");
  assert.equal(world.socket.resume, "resume.s1.s1-secret.1.1");
});

test("after a sleep, the server is pinged again before it is given up", async () => {
  const world = await open({}, { ping_ms: 20_000 });
  const { socket, clock } = world;
  await clock.pass(20_000);
  await clock.sleep(3_600_000);
  assert.deepEqual(socket.take(), [{ t: "ping" }, { t: "ping" }]);
  assert.equal(world.client.state, "open");
  await clock.pass(10_000);
  assert.equal(world.client.state, "reconnecting");
});

test("when the page is online or visible again, a waiting client tries at once, and a connected one pings", async () => {
  const world = await open();
  world.random = 0.999999;
  world.network(true);
  world.network(false);
  assert.deepEqual(world.socket.take(), [{ t: "ping" }, { t: "ping" }]);
  await world.clock.pass(10_000);
  assert.equal(world.client.state, "reconnecting");
  world.network(false);
  assert.equal(world.sockets.length, 1);
  world.network(true);
  await settled();
  assert.equal(world.sockets.length, 2);
  world.network(true);
  await settled();
  assert.equal(world.sockets.length, 2, "it is trying already");
});

test("close() ends the client in every state", async () => {
  const waiting = await open();
  waiting.socket.ends();
  const asking = new World();
  asking.connect({ token: () => new Promise((resolve) => asking.resolve = resolve) });
  const trying = new World();
  trying.connect();
  await settled();
  const renewing = await open({ token: () => jwt({ exp: 1_700_000_600 }) });
  for (const world of [await open(), renewing, waiting, asking, trying]) {
    assert.ok(world.network);
    world.client.close();
    world.client.close();
    world.resolve?.("t");
    await world.clock.pass(60_000);
    assert.deepEqual(last(world), ["closed", {}]);
    assert.equal(world.clock.timers, 0);
    assert.equal(world.network, undefined, "nothing listens to the network");
    assert.ok(world.sockets.length < 2);
  }
  assert.equal(trying.socket.closed, 1000);
});
