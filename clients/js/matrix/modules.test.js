// require() and import in Node, in Jest 29, and through bundlers.
import assert from "node:assert/strict";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { inProject } from "./project.js";

const modules = fileURLToPath(new URL("node_modules", import.meta.url));

// Connects with a WebSocket that only counts, and prints what there was.
const BODY = `
  const sockets = [];
  const WebSocket = class { constructor(...args) { sockets.push(args); } close() {} };
  const client = connect("wss://example.org/ws", { WebSocket, token: () => "t" });
  client.on("state", (state) => console.log(state, JSON.stringify(sockets), new ClientError("a", "b").code));
  setTimeout(() => client.close(), 20);
`;
const PRINTED = 'closed [["wss://example.org/ws",["microframe.v1","token.t"]]] a\n';
const IMPORT = `import { connect, ClientError } from "@microframe/client";${BODY}`;
const REQUIRE = `const { connect, ClientError } = require("@microframe/client");${BODY}`;

for (const [name, text] of [["import.mjs", IMPORT], ["require.cjs", REQUIRE], ["min.mjs", IMPORT.replace("client\"", "client/min\"")]]) {
  test(`Node: ${name}`, () => inProject({ [name]: text }, (project) => assert.equal(project.run(process.execPath, [name]), PRINTED)));
}

test("Node: a window without addEventListener", () => inProject({ "main.mjs": `globalThis.window = {}; globalThis.document = {};${IMPORT}` }, (project) => {
  assert.equal(project.run(process.execPath, ["main.mjs"]), PRINTED);
}));

for (const environment of ["node", "jsdom"]) {
  test(`Jest 29, ${environment}`, () => inProject({
    "package.json": JSON.stringify({ jest: { testEnvironment: environment, transform: {} } }),
    "client.test.js": `
      const { connect } = require("@microframe/client");
      test("sends bytes", async () => {
        const sent = [];
        let socket;
        const WebSocket = class { constructor() { socket = this; } send(data) { sent.push(data); } close() {} };
        const client = connect("ws://x/", { WebSocket });
        client.sendBinary(new Uint8Array([1, 2]).buffer);
        await new Promise((resolve) => setTimeout(resolve, 10));
        socket.protocol = "microframe.v1";
        socket.onopen({});
        socket.onmessage({ data: JSON.stringify({ t: "welcome", session: "s", secret: "x", user: "alice", resumed: false, handled: 0, ping_ms: 25000 }) });
        expect(client.state).toBe("open");
        expect([...sent[0]].slice(-2)).toEqual([1, 2]);
        socket.onmessage({ data: JSON.stringify({ t: "joined", room: "r", presence: { a: [{ device: "1", meta: {} }] } }) });
        expect(client.presence("r")).toEqual({ a: [{ device: "1", meta: {} }] });
        client.close();
      });`,
  }, (project) => project.tool("jest/bin/jest.js", ["--ci", "--rootDir", project.folder])));
}

test("esbuild", () => inProject({ "main.js": IMPORT }, async (project) => {
  const { build } = await import("esbuild");
  await build({ entryPoints: [project.path("main.js")], bundle: true, outfile: project.path("out.cjs"), format: "cjs", logLevel: "silent" });
  assert.equal(project.run(process.execPath, ["out.cjs"]), PRINTED);
}));

test("vite", () => inProject({ "main.js": IMPORT }, async (project) => {
  const { build } = await import("vite");
  await build({ root: project.folder, configFile: false, logLevel: "silent", build: { lib: { entry: "main.js", formats: ["es"], fileName: () => "out.mjs" }, outDir: "." , emptyOutDir: false } });
  assert.equal(project.run(process.execPath, ["out.mjs"]), PRINTED);
}));

for (const version of ["webpack", "webpack-4"]) {
  for (const [kind, text] of [["import", IMPORT], ["require", REQUIRE]]) {
    test(`${version}, ${kind}`, () => inProject({
      "main.js": text,
      "build.cjs": `
        const webpack = require(${JSON.stringify(join(modules, version))});
        webpack({ mode: "production", target: "node", context: __dirname, entry: "./main.js", output: { path: __dirname, filename: "out.cjs", hashFunction: "sha256" } }, (error, stats) => {
          if (error || stats.hasErrors()) { console.error(error || stats.toString()); process.exit(1); }
        });`,
    }, (project) => {
      project.run(process.execPath, ["build.cjs"], { NODE_OPTIONS: version === "webpack-4" ? "--openssl-legacy-provider" : "" });
      assert.equal(project.run(process.execPath, ["out.cjs"]), PRINTED);
    }));
  }
}
