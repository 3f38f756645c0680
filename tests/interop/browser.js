// Real browsers, and people at the chat page in them.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { needed } from "./server.js";

const playwright = await needed("playwright-core");
const programs = { chromium: "/usr/bin/chromium", firefox: "/usr/bin/firefox-esr" };

// Before it takes Firefox's picture, playwright puts this style into the page, which forbids that and says so by the style's hash.
const OF_SCREENSHOTS = createHash("sha256").update("body {}").digest("base64");

export function launch(name) {
  const executablePath = programs[name];
  assert.ok(existsSync(executablePath), `there is no ${executablePath}: run ./dev setup`);
  if (name === "firefox") return playwright.firefox.launch({ executablePath, channel: "moz-firefox" }); // the installed browser, by WebDriver BiDi
  return playwright.chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] });
}

// What a test's file runs in: MICROFRAME_BROWSER, or Chromium.
export const name = process.env.MICROFRAME_BROWSER ?? "chromium";

// A window of its own; anything the console complains of fails the test, but what the browser says of a server that is away if
// `awayIsFine`.
export async function open(browser, { width = 1100, height = 720, colorScheme = "light", awayIsFine = false } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  const page = await context.newPage();
  const complaints = [];
  const complain = (text) => { if (!text.includes(OF_SCREENSHOTS) && (!awayIsFine || !/ws:\/\//.test(text))) complaints.push(text); };
  page.on("console", (message) => { if (message.type() === "error") complain(message.text()); });
  page.on("pageerror", (error) => complain(String(error)));
  return { page, context, complaints, end: async () => { assert.deepEqual(complaints, []); await close({ context }); } };
}

// Its pages first: Firefox tells a page nothing of the end of a whole context, and its user would be waited for.
export async function close({ context }) {
  await Promise.all(context.pages().map((page) => page.close()));
  await context.close();
}

// A window with a user signed in. port: of what stands between it and the server; prepare: what the window needs before.
export async function person(browser, server, name, options = {}) {
  const { token = server.token(name), port = server.port, prepare = async () => {}, ...look } = options;
  const window = await open(browser, look);
  const { page } = window;
  await prepare(window);
  await page.goto(`http://127.0.0.1:${port}/#token=${token}`);
  await state(page, "open");
  assert.equal(await page.textContent("#me"), name);
  return window;
}

// Leaves a message at the browser's own WebSocket, and returns what the server sends back of it. carrier: how the token goes there.
export async function echo({ page, context }, server, { carrier, token, text }) {
  const origin = server.page("").replace(/\/$/, "");
  await page.goto(server.page("/")); // without a token, the page opens no connection of its own
  if (carrier === "cookie") await context.addCookies([{ name: "access_token", value: token, url: origin }]);
  return page.evaluate(([url, protocols, text]) => new Promise((resolve, reject) => {
    const socket = new WebSocket(url, protocols);
    socket.onopen = () => socket.send(JSON.stringify({ type: "chat", text }));
    socket.onmessage = ({ data }) => {
      if (JSON.parse(data).type !== "chat_message") return;
      resolve(JSON.parse(data).text);
      socket.close();
    };
    socket.onclose = ({ code }) => reject(new Error(`closed: ${code}`));
  }), [server.url(`/ws/chat${carrier === "query" ? `?token=${token}` : ""}`), carrier === "subprotocol" ? [`token.${token}`] : [], text]);
}

// Returns what tells the addresses that the window's pages open WebSockets to: Firefox tells WebDriver BiDi of none.
export async function socketsOf(context) {
  const urls = [];
  await context.exposeFunction("noteSocket", (url) => { urls.push(url); });
  await context.addInitScript(() => {
    globalThis.WebSocket = class extends WebSocket {
      constructor(...given) {
        super(...given);
        globalThis.noteSocket(this.url);
      }
    };
  });
  return urls;
}

export const state = (page, name) => page.waitForSelector(`#state[data-state=${name}]`);
export const seen = (page, text) => page.waitForFunction((t) => document.querySelector("#log").textContent.includes(t), text);
export const holds = (page, selector, text) =>
  page.waitForFunction(([s, t]) => document.querySelector(s).textContent === t, [selector, text]);
export const fits = (page) => page.evaluate(() => document.documentElement.scrollWidth <= innerWidth);
export async function join(page, room) {
  await page.fill("#room", room);
  await page.click("#join button");
  await holds(page, "#place", `# ${room}`);
}
// As a paste does: typing so much takes a driver a minute.
export const paste = (page, text) => page.locator("#text").evaluate((field, pasted) => {
  field.value = pasted;
  field.dispatchEvent(new Event("input", { bubbles: true }));
}, text);
export async function say(page, text) {
  await page.fill("#text", text);
  await page.click("#compose button");
}
// What the log shows of the messages that somebody said, in order.
export const said = (page) => page.locator("#log li:not(.event) > span:nth-child(2)").allTextContents();
// How a message of one's own fares: queued, sending, delivered, unknown, refused.
export const fares = (page, text, how) => page.waitForSelector(`#log li.mine[data-sending=${how}]:has-text("${text}")`);
