// The chat page in headless Chromium: all three carriers a browser has, and two people at it. Pictures are kept in
// tests/artefacts.
import assert from "node:assert/strict";
import { existsSync, mkdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { after, before, test } from "node:test";
import { chromium } from "playwright-core";
import { Server } from "./server.js";

const executablePath = "/usr/bin/chromium";
const artefacts = fileURLToPath(new URL("../artefacts/", import.meta.url));
let server;
let browser;

before(async () => {
  assert.ok(existsSync(executablePath), "there is no Chromium: run ./dev setup");
  mkdirSync(artefacts, { recursive: true });
  server = await Server.start();
  browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] });
});
after(async () => {
  await browser?.close();
  assert.equal(await server?.stop(), 0);
});

// A person with a browser of their own; anything the console complains of fails the test.
async function person(name, { carrier = "subprotocol", width = 1100, height = 720 } = {}) {
  const context = await browser.newContext({ viewport: { width, height } });
  const page = await context.newPage();
  const complaints = [];
  page.on("console", (message) => { if (message.type() === "error") complaints.push(message.text()); });
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(`${server.page("/")}?carrier=${carrier}#token=${server.token(name)}`);
  await page.waitForSelector("#state[data-state=open]");
  assert.equal(await page.textContent("#me"), name);
  return { page, complaints, end: async () => { assert.deepEqual(complaints, []); await context.close(); } };
}

const seen = (page, text) => page.waitForFunction((t) => document.querySelector("#log").textContent.includes(t), text);
async function say(page, text) {
  await page.fill("#text", text);
  await page.click("#compose button");
}

for (const carrier of ["query", "cookie", "subprotocol"]) {
  test(`connects with the token in the ${carrier}`, async () => {
    const one = await person("alice", { carrier });
    await say(one.page, `by ${carrier}`);
    await seen(one.page, `by ${carrier}`);
    await one.end();
  });
}

test("two people chat, meet in a room, and write in private", async () => {
  const alice = await person("alice");
  const bob = await person("bob", { width: 390, height: 780 });
  await alice.page.waitForFunction(() => document.querySelector("#users").textContent.includes("bob"));
  await say(alice.page, "Good morning, everyone");
  await seen(bob.page, "Good morning, everyone");
  await bob.page.fill("#text", "Good mor");
  await alice.page.waitForFunction(() => document.querySelector("#typing").textContent.includes("bob is typing"));
  await say(bob.page, "Good morning! <b>not bold</b>");
  await seen(alice.page, "Good morning! <b>not bold</b>");

  for (const { page } of [alice, bob]) {
    await page.fill("#room", "kitchen");
    await page.click("#join button");
    await page.waitForFunction(() => document.querySelector("#place").textContent === "# kitchen");
  }
  await alice.page.waitForFunction(() => document.querySelector("#members").textContent === "alice, bob");
  await say(alice.page, "Who made the coffee?");
  await seen(bob.page, "Who made the coffee?");
  await say(bob.page, "I did. It is strong.");
  await seen(alice.page, "I did. It is strong.");
  await alice.page.screenshot({ path: `${artefacts}chat-wide.png` });
  await bob.page.screenshot({ path: `${artefacts}chat-narrow.png` });

  await alice.page.click("#users button:has-text('bob')");
  await say(alice.page, "Just between us");
  await bob.page.waitForSelector("#users .unread");
  await bob.page.click("#users button:has-text('alice')");
  await seen(bob.page, "Just between us");
  await bob.end();
  await alice.page.click("#rooms button:has-text('Everyone')");
  await seen(alice.page, "bob went offline");
  await alice.end();
});

test("asks for another token when this one is refused", async () => {
  const page = await browser.newPage();
  await page.goto(`${server.page("/")}#token=garbage`);
  await page.waitForSelector("#login:not([hidden])");
  await page.fill("#token", server.token("carol"));
  await page.click("#login button");
  await page.waitForSelector("#state[data-state=open]");
  await page.close();
});
