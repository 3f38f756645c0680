// npm's ws over wss, and the chat page over https in Chromium.
import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { after, before, test } from "node:test";
import tls from "node:tls";
import { echo } from "./browser.js";
import { Server, needed, selfSigned } from "./server.js";

const { default: WebSocket } = await needed("ws");
const { chromium } = await needed("playwright-core");
const executablePath = "/usr/bin/chromium";
let pair;
let server;

before(async () => {
  pair = selfSigned();
  server = await Server.start({ options: ["--bench", "--tls-cert", pair.cert, "--tls-key", pair.key] });
});
after(async () => {
  assert.equal(await server?.stop(), 0);
  pair?.remove();
});

function open(options = { ca: pair.pem() }) {
  const socket = new WebSocket(server.url(`/ws/echo?token=${server.token("alice")}`), [], options);
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve(socket));
    socket.once("error", reject);
  });
}
const next = (socket) => new Promise((resolve) => socket.once("message", (data) => resolve(data)));
const closed = (socket) => new Promise((resolve) => socket.once("close", (code) => resolve(code)));

for (const version of ["TLSv1.2", "TLSv1.3"]) {
  test(`ws echoes over ${version}`, async () => {
    const socket = await open({ ca: pair.pem(), minVersion: version, maxVersion: version });
    for (const message of ["", "hello", "żółć 😀", "x".repeat(70_000), "y".repeat(1 << 20)]) {
      socket.send(message);
      assert.equal((await next(socket)).toString(), message);
    }
    socket.close(1000);
    assert.equal(await closed(socket), 1000);
  });
}

test("a client that does not trust the certificate does not connect", async () => {
  await assert.rejects(open({}), /self-signed certificate/);
  const socket = await open({ ca: pair.pem() }); // other clients are not affected
  socket.close();
  await closed(socket);
});

test("older versions and ciphers without forward secrecy are refused", async () => {
  for (const options of [{ minVersion: "TLSv1.1", maxVersion: "TLSv1.1" }, { maxVersion: "TLSv1.2", ciphers: "AES128-SHA:@SECLEVEL=0" },
    { maxVersion: "TLSv1.2", ciphers: "AES128-GCM-SHA256" }]) {
    const error = await new Promise((resolve) => {
      tls.connect({ port: server.port, host: "127.0.0.1", ca: pair.pem(), ...options }, () => resolve(null)).once("error", resolve);
    });
    assert.ok(error, JSON.stringify(options));
  }
});

test("the chat page uses wss if it was served over https", async () => {
  assert.ok(existsSync(executablePath), "there is no Chromium: run ./dev setup");
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"] });
  try {
    const context = await browser.newContext({ ignoreHTTPSErrors: true });
    const page = await context.newPage();
    const sockets = [];
    page.on("websocket", (socket) => sockets.push(socket.url()));
    await page.goto(`${server.page("/")}#token=${server.token("alice")}`);
    await page.waitForSelector("#state[data-state=open]");
    await page.fill("#text", "in the page");
    await page.click("#compose button");
    await page.waitForFunction(() => document.querySelector("#log").textContent.includes("in the page"));
    await page.click("#sign-out");
    for (const carrier of ["query", "cookie", "subprotocol"]) {
      const text = `by ${carrier}`;
      assert.equal(await echo({ page, context }, server, { carrier, token: server.token("alice"), text }), text);
    }
    assert.equal(sockets.length, 4);
    for (const url of sockets) assert.ok(url.startsWith(`wss://127.0.0.1:${server.port}/ws/chat`), url);
  } finally {
    await browser.close();
  }
});
