// The chat page over three nodes and a Redis, in a browser whose way leads to another node when one stops or is killed.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import net from "node:net";
import { tmpdir } from "node:os";
import { join as pathOf } from "node:path";
import { fileURLToPath } from "node:url";
import { once } from "node:events";
import { after, afterEach, before, test } from "node:test";
import { close, fares, holds, join, launch, name, person, said, say, seen, state } from "./browser.js";
import { Cable } from "./cable.js";
import { Server } from "./server.js";

const artefacts = fileURLToPath(new URL("../artefacts/", import.meta.url));
const folder = mkdtempSync(pathOf(tmpdir(), "microframe-nodes-"));
const windows = [];
const nodes = [];
let browser;
let redis;
let redisPort;

async function freePort() {
  const probe = net.createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

async function until(what, holds) {
  for (let i = 0; i < 200; ++i) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what}: run ./dev setup if it is missing`);
}

const accepts = (port) => new Promise((resolve) => {
  const socket = net.connect(port, "127.0.0.1");
  socket.on("connect", () => { socket.destroy(); resolve(true); });
  socket.on("error", () => resolve(false));
});

// Each has a name of its own: one of a killed node's is refused while the lease of that one lasts.
let started = 0;
async function startNode(more = {}) {
  const called = `node${++started}`;
  const node = await Server.start({ options: ["--admin", "public", "--broker", `redis://127.0.0.1:${redisPort}`, "--node", called], ...more });
  await until(`${called} does not get ready`, () => fetch(node.page("/readyz")).then(({ status }) => status === 200, () => false));
  return node;
}

before(async () => {
  redisPort = await freePort();
  redis = spawn("redis-server", ["--bind", "127.0.0.1", "--port", String(redisPort), "--dir", folder, "--save", "", "--appendonly", "yes",
    "--logfile", pathOf(folder, "redis.log")], { stdio: "ignore" });
  redis.on("error", () => {});
  await until("redis-server does not start", () => accepts(redisPort));
  nodes.push(await startNode());
  for (let i = 0; i < 2; ++i) nodes.push(await startNode({ secret: nodes[0].secret }));
  browser = await launch(name);
});
afterEach(async () => { await Promise.all(windows.splice(0).map(close)); });
after(async () => {
  await browser?.close();
  for (const node of nodes) await node.stop();
  redis?.kill();
  rmSync(folder, { recursive: true, force: true });
});

async function someone(who, port) {
  const window = await person(browser, nodes[0], who, { awayIsFine: true, port });
  windows.push(window);
  return window;
}

// Two people on two nodes talk; then alice's node goes, and her way leads to the third.
async function talksOn(room, ends) {
  const cable = await Cable.lay(nodes[0].port);
  try {
    const [alice, bob] = [await someone("alice", cable.port), await someone("bob", nodes[1].port)];
    for (const { page } of [alice, bob]) await join(page, room);
    for (const { page } of [alice, bob]) await holds(page, "#members", "alice, bob");
    await say(alice.page, "One");
    await seen(bob.page, "One");
    cable.lead(nodes[2].port);
    ends(nodes[0]);
    await say(bob.page, "Two");
    await say(alice.page, "Three");
    await fares(alice.page, "Three", "delivered");
    await state(alice.page, "open");
    await seen(alice.page, "Two");
    await seen(bob.page, "Three");
    await nodes[0].ended;
    await state(alice.page, "open");
    await say(alice.page, "Four");
    await fares(alice.page, "Four", "delivered");
    await seen(bob.page, "Four");
    for (const { page } of [alice, bob]) await holds(page, "#members", "alice, bob");
    await bob.page.screenshot({ path: `${artefacts}nodes-${room}-${name}.png` });
    assert.deepEqual((await said(alice.page)).sort(), ["Four", "One", "Three", "Two"]);
    assert.deepEqual((await said(bob.page)).sort(), ["Four", "One", "Three", "Two"]);
    for (const { page, complaints } of [alice, bob]) {
      assert.doesNotMatch(await page.textContent("#log"), /missing/, "every message came");
      assert.deepEqual(complaints, []);
    }
    return [alice, bob];
  } finally {
    cable.remove();
    nodes[0] = await startNode({ secret: nodes[1].secret });
  }
}

test("a node that stops hands its sessions over: nobody sees anything", async () => {
  const [, bob] = await talksOn("kitchen", (node) => { node.process.kill("SIGTERM"); });
  assert.doesNotMatch(await bob.page.textContent("#log"), /alice (went offline|left|joined)/);
});

test("a node that is killed costs no message, and none comes twice", async () => {
  await talksOn("cellar", (node) => { node.process.kill("SIGKILL"); });
});
