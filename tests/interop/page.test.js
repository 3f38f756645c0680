// The chat page in a headless browser, Chromium or Firefox: who signs in, what a reload keeps, what it refuses, and how it looks. The numbers are those
// of the list of faults that the tests keep mended.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { createServer, request } from "node:http";
import { fileURLToPath } from "node:url";
import { after, afterEach, before, test } from "node:test";
import { Cable } from "./cable.js";
import { close, fares, fits, holds, join, launch, name, open, paste, person, said, say, seen, socketsOf, state } from "./browser.js";
import { Server } from "./server.js";

const artefacts = fileURLToPath(new URL("../artefacts/", import.meta.url));
let server;
let browser;
const windows = [];

before(async () => {
  mkdirSync(artefacts, { recursive: true });
  server = await Server.start();
  browser = await launch(name);
});
afterEach(async () => { await Promise.all(windows.splice(0).map(close)); });
after(async () => {
  await browser?.close();
  assert.equal(await server?.stop(), 0);
});

async function window(look) {
  const made = await open(browser, look);
  windows.push(made);
  return made;
}
async function someone(who, look) {
  const made = await person(browser, server, who, look);
  windows.push(made);
  return made;
}
const fine = (...people) => { for (const { complaints } of people) assert.deepEqual(complaints, []); };
const link = (token) => `${server.page("/")}#token=${token}`;
const shown = (page, selector) => page.waitForSelector(`${selector}:not([hidden])`);
const is = (page, name) => holds(page, "#me", name);

// --- framing, and what a link may do ---

test("38: the page cannot be framed, and loads nothing from elsewhere", async () => {
  for (const path of ["/", "/style.css", "/account.js", "/chat.js", "/conversation.js", "/elements.js", "/microframe.js"]) {
    const { headers } = await fetch(server.page(path));
    const policy = headers.get("content-security-policy");
    for (const part of ["default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"]) {
      assert.ok(policy.split("; ").includes(part), `${path}: ${part}`);
    }
    assert.doesNotMatch(policy, /unsafe|\*/);
    assert.equal(headers.get("x-frame-options"), "DENY");
    assert.equal(headers.get("x-content-type-options"), "nosniff");
    assert.equal(headers.get("referrer-policy"), "no-referrer");
  }
  const thief = createServer((_, response) => response.setHeader("Content-Type", "text/html").end(`<iframe src="${server.page("/")}"></iframe>`));
  await new Promise((resolve) => thief.listen(0, "127.0.0.1", resolve));
  try {
    const { page, context } = await window();
    const asked = [];
    context.on("request", (request) => { asked.push(request.url()); });
    const own = `http://127.0.0.1:${thief.address().port}/`;
    await page.goto(own); // until the frame has loaded too, or was refused
    assert.deepEqual(asked.filter((url) => !url.endsWith("/favicon.ico")), [own, server.page("/")], "nothing of the page's is loaded");
    assert.equal(await page.frames()[1].locator("#login").count(), 0, "and none of it is there");
  } finally {
    thief.close();
  }
});

test("38: nothing is asked of any other host", async () => {
  const { page, context } = await window();
  const hosts = new Set();
  context.on("request", (request) => { if (!request.url().startsWith("data:")) hosts.add(new URL(request.url()).host); });
  const sockets = await socketsOf(context);
  await page.goto(link(server.token("alice")));
  await state(page, "open");
  await say(page, "Hello");
  await fares(page, "Hello", "delivered");
  assert.deepEqual([...hosts], [`127.0.0.1:${server.port}`]);
  assert.deepEqual(sockets, [server.url("/ws/chat")]);
});

test("38: the token leaves the address at once, a reload goes on, and another tab is not signed in", async () => {
  const { page, context, complaints } = await window();
  const token = server.token("alice");
  await page.goto(link(token));
  await state(page, "open");
  assert.equal(page.url(), server.page("/"));
  await page.reload();
  await state(page, "open");
  await is(page, "alice");
  const other = await context.newPage();
  await other.goto(server.page("/"));
  await shown(other, "#login");
  // Not even an address that is taken for nothing keeps its token.
  await other.goto(link("garbage"));
  await shown(other, "#token-error");
  assert.equal(other.url(), server.page("/"));
  await page.goto("about:blank");
  await page.goBack();
  await state(page, "open");
  assert.equal(page.url(), server.page("/"));
  assert.deepEqual(complaints, []);
});

test("38: a link does not decide where the token goes", async () => {
  for (const carrier of ["query", "cookie"]) {
    const { page, context, complaints } = await window();
    const sockets = await socketsOf(context);
    await page.goto(`${server.page("/")}?carrier=${carrier}#token=${server.token("alice")}`);
    await state(page, "open");
    assert.deepEqual(sockets, [server.url("/ws/chat")]);
    assert.deepEqual(await context.cookies(), []);
    assert.deepEqual(complaints, []);
  }
});

test("38: a link says as whom it signs in, and signing out forgets the token", async () => {
  const { page, complaints } = await window();
  await page.goto(link(server.token("mallory")));
  await state(page, "open");
  await shown(page, "#linked");
  assert.match(await page.textContent("#linked"), /signed you in as mallory/);
  await page.click("#sign-out");
  await shown(page, "#login");
  await page.reload();
  await shown(page, "#login");
  await page.fill("#token", server.token("alice"));
  await page.click("#login button");
  await is(page, "alice");
  assert.ok(await page.isHidden("#linked"));
  assert.deepEqual(complaints, []);
});

test("38: a link switches to another user only after a question", async () => {
  const alice = await someone("alice");
  const { page } = alice;
  for (const arrive of [
    (token) => page.goto(link(token)), // in the page as it is
    async (token) => { await page.goto("about:blank"); await page.goto(link(token)); },
  ]) {
    await arrive(server.token("mallory"));
    await page.waitForSelector("#switch[open]");
    assert.match(await page.textContent("#switch"), /You are alice here.*as mallory/);
    await page.click("#switch-no");
    await state(page, "open");
    await is(page, "alice");
  }
  await page.goto(link(server.token("mallory")));
  await page.waitForSelector("#switch[open]");
  await page.screenshot({ path: `${artefacts}${name}-switch-wide.png` });
  await page.keyboard.press("Escape");
  await is(page, "alice");
  await page.goto(link(server.token("mallory")));
  await page.click("#switch-yes");
  await is(page, "mallory");
  await page.reload();
  await is(page, "mallory");
  fine(alice);
});

test("38: a link whose token lies about its user does not get past the question", async () => {
  const now = Math.floor(Date.now() / 1000);
  const alice = await someone("alice");
  const { page } = alice;
  // Refused by the server: alice goes on.
  await page.goto(link(server.sign({ sub: "alice", type: "access", iat: now, exp: now + 60 }, "another secret of at least 32 bytes")));
  await shown(page, "#notice");
  assert.match(await page.textContent("#notice"), /you are still alice/);
  await state(page, "open");
  await is(page, "alice");
  await say(page, "Still me");
  await fares(page, "Still me", "delivered");
  fine(alice);
});

test("38: without a token there is a card that says how to get one", async () => {
  const { page, complaints } = await window({ width: 1200, height: 800 });
  await page.goto(server.page("/"));
  await shown(page, "#login");
  assert.match(await page.textContent("#login"), /microframe token --sub/);
  assert.ok(await page.evaluate(() => document.activeElement.id === "token"));
  await page.screenshot({ path: `${artefacts}${name}-sign-in-wide.png` });
  await page.fill("#token", "garbage");
  await page.click("#login button");
  await shown(page, "#token-error");
  await page.fill("#token", link(server.token("carol"))); // the whole address, as ./dev run prints it
  await page.click("#login button");
  await is(page, "carol");
  await state(page, "open");
  assert.deepEqual(complaints, []);
});

// --- a demonstration ---

// As fetch(), which may not say which host it means.
const ask = (host, { port }, body) => new Promise((resolve, reject) => {
  const question = request({ host: "127.0.0.1", port, path: "/demo/login", method: "POST", headers: { Host: host, "Content-Type": "application/json" } });
  question.once("response", (answer) => { answer.resume(); resolve(answer.statusCode); }).once("error", reject).end(body);
});

test("a demonstration asks for a name, and gives no other site a token", async () => {
  const demo = await Server.start({ options: ["--demo"] });
  try {
    const looks = [{ width: 1200, height: 800 }, { width: 390, height: 780, colorScheme: "dark" }];
    const people = [];
    for (const [index, who] of ["Ana", "Bo Čapek"].entries()) {
      const made = await window(looks[index]);
      people.push(made);
      const { page } = made;
      await page.goto(demo.page("/"));
      await shown(page, "#choose");
      assert.ok(await page.evaluate(() => document.activeElement.id === "name"));
      assert.ok(await fits(page));
      await page.screenshot({ path: `${artefacts}${name}-demo-${index ? "narrow-dark" : "wide"}.png` });
      await page.fill("#name", who);
      await page.click("#choose button");
      await is(page, who);
      await state(page, "open");
    }
    await say(people[0].page, "Hello from Ana");
    await seen(people[1].page, "Hello from Ana");
    await people[1].page.reload();
    await is(people[1].page, "Bo Čapek");
    await people[1].page.click("#sign-out");
    await shown(people[1].page, "#choose");
    fine(...people);
    const here = `127.0.0.1:${demo.port}`;
    assert.equal(await ask(here, demo, '{"name":"eve"}'), 200);
    assert.equal(await ask(`localhost:${demo.port}`, demo, '{"name":"eve"}'), 200);
    assert.equal(await ask("evil.example", demo, '{"name":"eve"}'), 403);
    assert.equal(await ask("localhost.evil.example", demo, '{"name":"eve"}'), 403);
    for (const body of ["{}", '{"name":7}', '{"name":""}', `{"name":"${"a".repeat(65)}"}`, "no JSON"]) {
      assert.equal(await ask(here, demo, body), 400, body);
    }
    const open = spawnSync(process.env.MICROFRAME_BIN, ["serve", "--demo", "--listen", "0.0.0.0:0"], { encoding: "utf8" });
    assert.notEqual(open.status, 0);
    assert.match(open.stderr, /on loopback alone/);
    assert.equal((await fetch(server.page("/demo/login"), { method: "POST", body: '{"name":"eve"}' })).status, 404);
  } finally {
    assert.equal(await demo.stop(), 0);
  }
});

// --- who is there ---

test("38: users with the names of an object's properties come and go", async () => {
  const alice = await someone("alice");
  for (const name of ["constructor", "__proto__", "toString", "hasOwnProperty"]) {
    const other = await someone(name);
    await seen(alice.page, `${name} is online`);
    await say(other.page, `I am ${name}`);
    await seen(alice.page, `I am ${name}`);
    await other.page.click("#users button:has-text('alice')");
    await say(other.page, `${name} whispers`);
    await alice.page.waitForSelector("#users .unread:not([hidden])");
    await alice.page.click(`#users button:has-text("${name}")`);
    await seen(alice.page, `${name} whispers`);
    await alice.page.click("#rooms button");
    await other.page.click("#sign-out");
    await seen(alice.page, `${name} went offline`);
    await alice.page.waitForSelector(`#users button.away:has-text("${name}")`);
    fine(other);
  }
  fine(alice);
});

// --- what a reload and a restart keep ---

test("38: rooms, and what was said in them, survive a reload", async () => {
  const [alice, bob] = [await someone("alice"), await someone("bob")];
  await say(bob.page, "To everyone");
  await seen(alice.page, "To everyone");
  for (const room of ["attic", "kitchen"]) for (const { page } of [alice, bob]) await join(page, room);
  await say(bob.page, "In the kitchen");
  await seen(alice.page, "In the kitchen");
  await say(alice.page, "Mine");
  await fares(alice.page, "Mine", "delivered");
  await alice.page.reload();
  await state(alice.page, "open");
  await holds(alice.page, "#place", "# kitchen");
  await seen(alice.page, "Mine");
  assert.deepEqual(await said(alice.page), ["In the kitchen", "Mine"]);
  await alice.page.waitForFunction(() => document.querySelector("#members").textContent === "alice, bob");
  assert.deepEqual(await alice.page.locator("#rooms button > span:first-child").allTextContents(), ["Everyone", "# attic", "# kitchen"]);
  assert.equal(await alice.page.locator(".unread:not([hidden])").count(), 0, "what was read stays read");
  await alice.page.click("#rooms button:has-text('Everyone')");
  await seen(alice.page, "To everyone");
  await alice.page.click("#rooms button:has-text('kitchen')");
  await alice.page.click("#leave");
  await holds(alice.page, "#place", "Everyone");
  await alice.page.reload();
  await state(alice.page, "open");
  await alice.page.waitForSelector("#rooms button:has-text('attic')");
  assert.equal(await alice.page.locator("#rooms li").count(), 2, "a room that was left stays left");
  // Another user of the same tab has no part in it.
  await alice.page.click("#sign-out");
  await alice.page.fill("#token", server.token("carol"));
  await alice.page.click("#login button");
  await is(alice.page, "carol");
  assert.equal(await alice.page.locator("#rooms li").count(), 1);
  fine(alice, bob);
});

test("38: a fresh page shows what the room for everyone has kept", async () => {
  const alice = await someone("alice");
  const texts = Array.from({ length: 7 }, (_, n) => `kept ${n}`);
  for (const text of texts) {
    await say(alice.page, text);
    await fares(alice.page, text, "delivered");
  }
  const bob = await someone("bob");
  await seen(bob.page, "kept 6");
  assert.deepEqual((await said(bob.page)).filter((text) => text.startsWith("kept")), texts);
  fine(alice, bob);
});

test("38: who comes back late after a restart sees what was said meanwhile, once and in order", async () => {
  const own = await Server.start();
  let second;
  const cable = await Cable.lay(own.port);
  try {
    const options = { awayIsFine: true };
    const alice = await person(browser, own, "alice", { ...options, port: cable.port });
    const bob = await person(browser, own, "bob", options);
    windows.push(alice, bob);
    for (const { page } of [alice, bob]) await join(page, "kitchen");
    await say(bob.page, "Before");
    await seen(alice.page, "Before");
    cable.pull();
    assert.equal(await own.stop(), 0);
    second = await Server.start({ port: own.port, secret: own.secret });
    await state(bob.page, "open");
    await holds(bob.page, "#members", "bob");
    for (const text of ["Meanwhile 1", "Meanwhile 2"]) {
      await say(bob.page, text);
      await fares(bob.page, text, "delivered");
    }
    await bob.page.click("#rooms button:has-text('Everyone')");
    await say(bob.page, "To everyone, meanwhile");
    await fares(bob.page, "To everyone, meanwhile", "delivered");
    cable.plug();
    await state(alice.page, "open");
    await seen(alice.page, "Meanwhile 2");
    await bob.page.click("#rooms button:has-text('kitchen')");
    await say(bob.page, "After");
    await seen(alice.page, "After");
    assert.deepEqual(await said(alice.page), ["Before", "Meanwhile 1", "Meanwhile 2", "After"]);
    await seen(alice.page, "messages may be missing");
    await alice.page.click("#rooms button:has-text('Everyone')");
    await seen(alice.page, "To everyone, meanwhile");
    assert.deepEqual(await said(alice.page), ["To everyone, meanwhile"]);
    fine(alice, bob);
  } finally {
    cable.remove();
    await (second ?? own).stop();
  }
});

// --- what is too long ---

test("38: a long paste is refused beside the field, in bytes, and ends nothing", async () => {
  const alice = await someone("alice", { width: 360, height: 740 });
  const { page } = alice;
  const long = "ż".repeat(8193); // two bytes each: one character more than fits
  await paste(page, long);
  await shown(page, "#too-long");
  assert.match(await page.textContent("#too-long"), /16,386 bytes.*16,384/);
  await page.screenshot({ path: `${artefacts}${name}-too-long-narrow.png` });
  await page.click("#compose button");
  assert.equal(await page.inputValue("#text"), long, "what cannot be sent is kept");
  assert.equal((await said(page)).length, (await said(page)).filter((text) => text !== long).length);
  await paste(page, long.slice(1));
  await page.click("#compose button");
  await fares(page, "żżż", "delivered");
  assert.ok(await page.isHidden("#too-long"));
  await paste(page, "x".repeat(2 * 1024 * 1024));
  await page.click("#compose button");
  await say(page, "Still here");
  await fares(page, "Still here", "delivered");
  fine(alice);
});

test("38: a message that is too long for this server does not end the session for good", async () => {
  const own = await Server.start({ options: ["--max-message", "2048"] });
  try {
    const alice = await person(browser, own, "alice");
    windows.push(alice);
    await join(alice.page, "kitchen");
    await say(alice.page, "x".repeat(4000));
    await alice.page.waitForSelector("#log li[data-sending=unknown], #log li[data-sending=refused]");
    await state(alice.page, "open");
    await say(alice.page, "Still here");
    await fares(alice.page, "Still here", "delivered");
    await holds(alice.page, "#place", "# kitchen");
    fine(alice);
  } finally {
    await own.stop();
  }
});

// --- how it looks ---

test("38: an empty room says so", async () => {
  const alice = await someone("alice");
  const bob = await someone("bob");
  await join(alice.page, "silent");
  await shown(alice.page, "#empty");
  assert.match(await alice.page.textContent("#empty"), /Nobody has said anything here lately.*in silent/);
  await alice.page.screenshot({ path: `${artefacts}${name}-empty-wide.png` });
  await say(alice.page, "First");
  await seen(alice.page, "First");
  assert.ok(await alice.page.isHidden("#empty"));
  await alice.page.click("#users button:has-text('bob')");
  await shown(alice.page, "#empty");
  assert.match(await alice.page.textContent("#empty"), /Only you and bob/);
  fine(alice, bob);
});

for (const colorScheme of ["light", "dark"]) {
  test(`38: names have colours of their own, which can be read (${colorScheme})`, async () => {
    const alice = await someone("alice", { colorScheme });
    await say(alice.page, "In colour");
    await fares(alice.page, "In colour", "delivered");
    const { least, hues } = await alice.page.evaluate(() => {
      const pen = Object.assign(document.createElement("canvas"), { width: 1, height: 1 }).getContext("2d", { willReadFrequently: true });
      const luminance = (colour) => {
        pen.fillStyle = colour;
        pen.fillRect(0, 0, 1, 1);
        const [r, g, b] = [...pen.getImageData(0, 0, 1, 1).data].map((c) => (c / 255 <= 0.04045 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
      };
      const contrast = (a, b) => (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      const root = getComputedStyle(document.documentElement);
      const grounds = ["--card", "--mine"].map((name) => luminance(root.getPropertyValue(name)));
      const from = document.querySelector("#log .from");
      const own = from.style.getPropertyValue("--hue");
      let least = Infinity;
      for (let hue = 0; hue < 360; ++hue) {
        from.style.setProperty("--hue", String(hue));
        for (const ground of grounds) least = Math.min(least, contrast(luminance(getComputedStyle(from).color), ground));
      }
      return { least, hues: [own, document.querySelector("#users li").style.getPropertyValue("--hue")] };
    });
    assert.ok(least >= 4.5, `the least contrast is ${least}`);
    assert.equal(hues[0], hues[1], "a name has one colour everywhere");
    fine(alice);
  });
}

test("38: different names have different colours", async () => {
  const alice = await someone("alice");
  const names = ["alice", "bob", "carol", "dave", "erin"];
  for (const name of names.slice(1)) await someone(name);
  // Others may be there: Firefox closes a page's WebSocket before it tells the page that it goes, and its session waits for it.
  const hues = await Promise.all(names.map((name) => alice.page.locator(`#users li:has-text("${name}")`).evaluate((li) => li.style.getPropertyValue("--hue"))));
  assert.equal(new Set(hues).size, names.length);
  const apart = Math.abs(hues[0] - hues[1]);
  assert.ok(Math.min(apart, 360 - apart) > 60, "README's alice and bob are easily told apart");
});

test("38: every field and button has a name, and nothing sticks out at 320 pixels", async () => {
  const alice = await someone("alice", { width: 320, height: 640 });
  const { page } = alice;
  await join(page, "a-room-with-a-rather-long-name");
  await say(page, "w".repeat(200));
  await fares(page, "www", "delivered");
  assert.ok(await fits(page), "the chat fits");
  const nameless = () => page.evaluate(() => [...document.querySelectorAll("input, textarea, button")]
    .filter((item) => item.checkVisibility() && !item.labels?.length && !item.getAttribute("aria-label") && !item.textContent.trim())
    .map((item) => item.outerHTML));
  assert.deepEqual(await nameless(), []);
  assert.equal(await page.getAttribute("#talk", "role"), "log");
  assert.equal(await page.getAttribute("#talk", "aria-live"), "polite");
  assert.ok(await page.getByRole("log", { name: "Messages" }).isVisible());
  assert.ok(await page.getByLabel("Message", { exact: true }).isVisible());
  await page.screenshot({ path: `${artefacts}${name}-chat-320.png` });
  await page.goto(link(server.token("bob")));
  await page.waitForSelector("#switch[open]");
  assert.ok(await fits(page), "the question fits");
  await page.click("#switch-no");
  await page.click("#sign-out");
  await shown(page, "#login");
  assert.ok(await fits(page), "the card fits");
  assert.deepEqual(await nameless(), []);
  await page.screenshot({ path: `${artefacts}${name}-sign-in-320.png` });
  fine(alice);
});
