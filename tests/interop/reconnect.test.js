// The chat page through lost connections, in the browser that MICROFRAME_BROWSER names.
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { after, afterEach, before, test } from "node:test";
import { close, fares, holds, join, launch, name, person, said, say, seen, state } from "./browser.js";
import { Cable } from "./cable.js";
import { Server } from "./server.js";

let server;
let browser;
const windows = [];
const artefacts = fileURLToPath(new URL("../artefacts/", import.meta.url));

before(async () => {
  server = await Server.start();
  browser = await launch(name);
});
afterEach(async () => { await Promise.all(windows.splice(0).map(close)); });
after(async () => {
  await browser?.close();
  assert.equal(await server?.stop(), 0);
});

async function someone(who, look) {
  const window = await person(browser, server, who, { awayIsFine: true, ...look });
  windows.push(window);
  return window;
}

const fine = (...people) => { for (const { complaints } of people) assert.deepEqual(complaints, []); };

test("after a restart of the server, waiting messages arrive, rooms and history stay", async () => {
  const [alice, bob] = [await someone("alice"), await someone("bob")];
  for (const { page } of [alice, bob]) await join(page, "kitchen");
  await say(alice.page, "Before");
  await fares(alice.page, "Before", "delivered");
  await seen(bob.page, "Before");
  const { port, secret } = server;
  assert.equal(await server.stop(), 0);
  await state(alice.page, "reconnecting");
  await say(alice.page, "After");
  await fares(alice.page, "After", "queued");
  await alice.page.screenshot({ path: `${artefacts}reconnecting-${name}.png` });
  server = await Server.start({ port, secret });
  for (const { page } of [alice, bob]) await state(page, "open");
  await fares(alice.page, "After", "delivered");
  assert.equal(await alice.page.textContent("#place"), "# kitchen");
  assert.deepEqual(await said(alice.page), ["Before", "After"]);
  // Users who were away must learn that they may have missed something: the new server knows nothing of the time before.
  await seen(alice.page, "messages may be missing");
  for (const { page } of [alice, bob]) await holds(page, "#members", "alice, bob");
  await say(bob.page, "Still here");
  await seen(alice.page, "Still here");
  fine(alice, bob);
});

// Alice's network goes, whichever way, while she and bob go on talking.
async function talksThrough(alice, bob, room, { goes, comes }) {
  for (const { page } of [alice, bob]) await join(page, room);
  await say(alice.page, "One");
  await seen(bob.page, "One");
  await goes();
  await state(alice.page, "reconnecting");
  await say(alice.page, "Two");
  await fares(alice.page, "Two", "queued");
  await say(bob.page, "Three");
  await say(bob.page, "Four");
  await comes();
  await state(alice.page, "open");
  await fares(alice.page, "Two", "delivered");
  await seen(alice.page, "Four");
  await seen(bob.page, "Two");
  await say(bob.page, "Five");
  await seen(alice.page, "Five");
  assert.deepEqual((await said(alice.page)).sort(), ["Five", "Four", "One", "Three", "Two"]);
  assert.deepEqual(await said(bob.page), ["One", "Three", "Four", "Two", "Five"]);
  for (const { page } of [alice, bob]) {
    assert.doesNotMatch(await page.textContent("#log"), /missing|offline|left/, "the session was never over");
  }
  fine(alice, bob);
}

// Firefox does not take its loopback from a page that WebDriver BiDi calls offline.
test("a browser that was offline misses nothing and repeats nothing", { skip: name === "firefox" }, async () => {
  const [alice, bob] = [await someone("alice"), await someone("bob")];
  const offline = (is) => alice.context.setOffline(is);
  await talksThrough(alice, bob, "garden", { goes: () => offline(true), comes: () => offline(false) });
});

test("a pulled cable causes no missed and no repeated message", async () => {
  const cable = await Cable.lay(server.port);
  try {
    const [alice, bob] = [await someone("alice", { port: cable.port }), await someone("bob")];
    await talksThrough(alice, bob, "cellar", { goes: () => cable.pull(), comes: () => cable.plug() });
  } finally {
    cable.remove();
  }
});

test("a silently dead connection is noticed when the network changes", async () => {
  const cable = await Cable.lay(server.port);
  try {
    const alice = await someone("alice", { port: cable.port });
    cable.swallow();
    await say(alice.page, "Hello?");
    await fares(alice.page, "Hello?", "sending");
    await alice.page.evaluate(() => dispatchEvent(new Event("offline")));
    await fares(alice.page, "Hello?", "delivered"); // 10 s later, over another connection
    assert.deepEqual((await said(alice.page)).filter((text) => text === "Hello?"), ["Hello?"]);
    fine(alice);
  } finally {
    cable.remove();
  }
});

test("a tab hidden for two minutes is connected when it is shown again", async () => {
  const alice = await someone("alice", { prepare: ({ page }) => page.clock.install() });
  const bob = await someone("bob");
  const shown = (state) => alice.page.evaluate((value) => {
    Object.defineProperty(document, "visibilityState", { value, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, state);
  await shown("hidden");
  await alice.page.clock.fastForward(120_000); // timers fire late, and only once, as in a page that sleeps
  await say(bob.page, "Are you there?");
  await seen(alice.page, "Are you there?");
  await shown("visible");
  await say(alice.page, "I am");
  await fares(alice.page, "I am", "delivered");
  await seen(bob.page, "I am");
  assert.doesNotMatch(await bob.page.textContent("#log"), /alice went offline/);
  fine(alice, bob);
});

test("a fresh token is sent before the old one expires, and the connection stays open", async () => {
  const { page } = await someone("alice");
  const tokens = [server.token("carol", "7s"), server.token("carol", "1h")];
  const [states, left] = await page.evaluate(async ([url, given]) => {
    const { connect } = await import("/microframe.js");
    const client = connect(url, { token: () => given.shift() });
    const states = [];
    client.on("state", (state) => states.push(state));
    await new Promise((resolve) => setTimeout(resolve, 9000)); // longer than the first token is valid
    await client.send({ type: "chat", text: "with the second" });
    client.close();
    return [states, given.length];
  }, [server.url("/ws/chat"), tokens]);
  assert.deepEqual(states, ["open", "closed"]);
  assert.equal(left, 0);
});

test("an expired token makes the page ask for another, and the messages stay", async () => {
  const alice = await someone("alice", { token: server.token("alice", "8s") });
  await say(alice.page, "While it was good");
  await fares(alice.page, "While it was good", "delivered");
  await alice.page.waitForSelector("#login:not([hidden])");
  await alice.page.fill("#token", server.token("alice"));
  await alice.page.click("#login button");
  await state(alice.page, "open");
  await seen(alice.page, "While it was good");
  fine(alice);
});

for (const [code, words] of [[4403, /may not be here/], [4409, /Another window/]]) {
  test(`the page stops reconnecting after ${code}, and says so`, async () => {
    let route;
    const alice = await someone("alice", {
      prepare: ({ page }) => page.routeWebSocket("**/ws/chat", (socket) => {
        route = socket;
        socket.connectToServer();
      }),
    });
    await route.close({ code, reason: "because" });
    await holds(alice.page, "#state", `closed (${code})`);
    const notice = await alice.page.textContent("#notice");
    assert.match(notice, words);
    assert.match(notice, /because/);
    await say(alice.page, "Not now");
    assert.equal(await alice.page.inputValue("#text"), "Not now", "what cannot be sent is kept");
    await alice.page.click("#reconnect");
    await state(alice.page, "open");
    fine(alice);
  });
}
