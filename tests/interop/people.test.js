// The chat page in a headless browser, Chromium or Firefox: all three carriers a browser has, and two people at it. Pictures are
// kept in tests/artefacts.
import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";
import { echo, fits, holds, join, launch, name, open, person, say, seen } from "./browser.js";
import { Server, needed } from "./server.js";

const { default: WebSocket } = await needed("ws");
const artefacts = fileURLToPath(new URL("../artefacts/", import.meta.url));
let server;
let browser;

before(async () => {
  mkdirSync(artefacts, { recursive: true });
  server = await Server.start();
  browser = await launch(name);
});
after(async () => {
  await browser?.close();
  assert.equal(await server?.stop(), 0);
});

const window = (look) => open(browser, look);
const someone = (name, look) => person(browser, server, name, look);

for (const carrier of ["query", "cookie", "subprotocol"]) {
  test(`connects with the token in the ${carrier}`, async () => {
    const one = await window();
    const text = `by ${carrier}`;
    assert.equal(await echo(one, server, { carrier, token: server.token("alice"), text }), text);
    await one.end();
  });
}

test("the server and the browser agree on compression", async () => {
  const one = await window();
  // As the browser reports it: the browser offers permessage-deflate, and says what was chosen.
  const chosen = await one.page.evaluate((url) => new Promise((resolve, reject) => {
    const socket = new WebSocket(url);
    socket.onopen = () => { resolve(socket.extensions); socket.close(); };
    socket.onerror = () => reject(new Error("no connection"));
  }), server.url(`/ws/chat?token=${server.token("alice")}`));
  // Firefox names the extension alone.
  assert.equal(chosen, name === "firefox" ? "permessage-deflate" : "permessage-deflate; server_no_context_takeover; client_no_context_takeover");
  await one.end();
});

test("a long message goes to a browser and back", async () => {
  const alice = await someone("alice");
  const words = "A long story, told twice. ".repeat(30).trim();
  await say(alice.page, words);
  await seen(alice.page, words);
  await alice.end();
});

test("two users chat, share a room, and write in private", async () => {
  const alice = await someone("alice");
  const bob = await someone("bob", { width: 390, height: 780 });
  await alice.page.waitForFunction(() => document.querySelector("#users").textContent.includes("bob"));
  await say(alice.page, "Good morning, everyone");
  await seen(bob.page, "Good morning, everyone");
  await bob.page.fill("#text", "Good mor");
  await holds(alice.page, "#typing", "bob is typing…");
  await bob.page.fill("#text", "");
  await holds(alice.page, "#typing", "");
  await say(bob.page, "Good morning! <b>not bold</b>");
  await seen(alice.page, "Good morning! <b>not bold</b>");

  for (const { page } of [alice, bob]) await join(page, "kitchen");
  await holds(alice.page, "#members", "alice, bob");
  await say(alice.page, "Who made the coffee?");
  await seen(bob.page, "Who made the coffee?");
  await say(bob.page, "I did. It is strong.");
  await seen(alice.page, "I did. It is strong.");
  for (const { page } of [alice, bob]) assert.ok(await fits(page), "nothing sticks out sideways");
  await alice.page.screenshot({ path: `${artefacts}${name}-chat-wide.png` });
  await bob.page.screenshot({ path: `${artefacts}${name}-chat-narrow.png` });

  await alice.page.click("#users button:has-text('bob')");
  await say(alice.page, "Just between us");
  await bob.page.waitForSelector("#users .unread");
  await bob.page.click("#users button:has-text('alice')");
  await seen(bob.page, "Just between us");
  await bob.page.click("#rooms button:has-text('kitchen')");
  await bob.page.click("#leave");
  await holds(bob.page, "#place", "Everyone");
  assert.equal(await bob.page.locator("#rooms li").count(), 1);
  await bob.end();
  await alice.page.click("#rooms button:has-text('Everyone')");
  await seen(alice.page, "bob went offline");
  await alice.end();
});

test("the page asks for another token when this one is refused", async () => {
  const { page, end } = await window({ width: 390, height: 780 });
  for (const bad of ["garbage", "no,token"]) {
    await page.goto("about:blank");
    await page.goto(`${server.page("/")}#token=${bad}`);
    await page.waitForSelector("#login:not([hidden])");
    await page.waitForSelector("#token-error:not([hidden])");
  }
  await page.screenshot({ path: `${artefacts}${name}-login-narrow.png` });
  await page.fill("#token", server.token("carol"));
  await page.click("#login button");
  await page.waitForSelector("#state[data-state=open]");
  await end();
});

test("the page keeps the keyboard focus while others come and go", async () => {
  const alice = await someone("alice", { colorScheme: "dark" });
  await alice.page.focus("#rooms button");
  const bob = await someone("bob");
  await say(bob.page, "Look at me");
  await seen(alice.page, "Look at me");
  assert.ok(await alice.page.evaluate(() => document.activeElement === document.querySelector("#rooms button")));
  await alice.page.screenshot({ path: `${artefacts}${name}-chat-dark.png` });
  await Promise.all([alice.end(), bob.end()]);
});

test("a window replaced by newer ones says so, and comes back on request", async () => {
  const alice = await someone("alice");
  const token = server.token("alice");
  const devices = Array.from({ length: 16 }, () => new WebSocket(server.url(`/ws/chat?token=${token}`)));
  await holds(alice.page, "#state", "closed (4409)");
  assert.match(await alice.page.textContent("#notice"), /another|took this one/i); // the page does not say that it tries again
  for (const device of devices) device.close();
  await alice.page.click("#reconnect");
  await alice.page.waitForSelector("#state[data-state=open]");
  await alice.end();
});
