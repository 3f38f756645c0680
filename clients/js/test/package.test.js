// What is shipped: its size, its files, the page's copy, its types and documentation.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { test } from "node:test";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { minified, page } from "../build.js";
import { settled } from "./fake.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const built = async (options) => (await build({ ...options, absWorkingDir: root, write: false })).outputFiles[0].contents;
const run = (program, args, options = {}) => execFileSync(program, args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"], ...options });
const BYTES_MAX = 7000;

test("the client is under 7 kB, minified and gzipped", async () => {
  const bytes = gzipSync(await minified(), { level: 9 }).length;
  assert.ok(bytes < BYTES_MAX, `${bytes} bytes`);
});

test("the page's copy is what the source builds to", async () => {
  const copy = readFileSync(new URL("../../../page/microframe.js", import.meta.url));
  assert.ok(Buffer.from(await built(page)).equals(copy), "npm run build, and commit page/microframe.js");
});

test("the package has no dependencies at run time", () => {
  const { dependencies, peerDependencies } = JSON.parse(readFileSync(join(root, "package.json")));
  assert.deepEqual([dependencies, peerDependencies], [undefined, undefined]);
});

test("D31: require() and import find a client each, of the name that is ours", async () => {
  const require = createRequire(import.meta.url);
  const { name } = require("../package.json");
  assert.equal(name, "@microframe/client");
  const [imported, required] = [await import(name), require(name)];
  assert.deepEqual([Object.keys(imported).sort(), Object.keys(required).sort()], [["ClientError", "connect"], ["ClientError", "connect"]]);
  const sockets = [];
  const client = required.connect("ws://x/", { WebSocket: class { constructor(...args) { sockets.push(args); } close() {} } });
  await settled();
  client.close();
  assert.deepEqual(sockets, [["ws://x/", ["microframe.v1"]]]);
});

test("D31: what require() finds is what bundlers of 2018 can parse", () => {
  const code = readFileSync(join(root, "dist/cjs/index.js"), "utf8");
  for (const [what, syntax] of [["optional chaining", /[\w)\]]\?\.[\w([]/], ["nullish values", /\?\?/], ["private members", /[.{;\s]#\w/]]) assert.doesNotMatch(code, syntax, what);
});

test("the package holds its modules, their types, a minified file and the documents", () => {
  const [{ files }] = JSON.parse(run("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"]));
  const modules = readdirSync(join(root, "src")).map((name) => name.replace(/\.ts$/, ""));
  const expected = ["README.md", "LICENSE", "package.json", "dist/microframe.min.js", "dist/cjs/index.js", "dist/cjs/package.json",
    ...modules.flatMap((name) => [`dist/${name}.js`, `dist/${name}.d.ts`, `dist/cjs/${name}.d.ts`])];
  assert.deepEqual(files.map(({ path }) => path).sort(), expected.sort());
});

test("the minified file is a client too", async () => {
  const { connect, ClientError } = await import("../dist/microframe.min.js");
  assert.equal(typeof connect, "function");
  assert.equal(new ClientError("code", "words").code, "code");
});

test("the minified file does what its modules do, though members have other names", () => {
  const tests = ["faults", "connection", "messages", "rooms", "plain", "vectors"].map((name) => `test/${name}.test.js`);
  const { NODE_TEST_CONTEXT, ...env } = process.env; // with it, node runs no tests in a test
  const told = run(process.execPath, ["--test", ...tests], { env: { ...env, MICROFRAME_CLIENT: "../dist/microframe.min.js" } });
  assert.match(told, /pass 1\d\d/);
});

// What a block of the README that is no whole program takes for granted.
const GIVEN = 'import { type Client, connect } from "@microframe/client";\ndeclare const client: Client;\ndeclare function show(...what: unknown[]): void;\n';

const PAGES = ["README.md", "../../docs/how-to/never-lose-a-message.md"];

test("the TypeScript of the README and of the guide compiles with a user's settings", () => {
  const blocks = PAGES.flatMap((page) => {
    const found = [...readFileSync(join(root, page), "utf8").matchAll(/```ts\n([^]*?)```/g)].map(([, code]) => code);
    assert.ok(found.length > 0, page);
    return found;
  });
  const folder = mkdtempSync(join(tmpdir(), "microframe-js-"));
  try {
    mkdirSync(join(folder, "node_modules/@microframe"), { recursive: true });
    symlinkSync(root, join(folder, "node_modules/@microframe/client"));
    writeFileSync(join(folder, "package.json"), '{"type": "module"}');
    writeFileSync(join(folder, "ws.d.ts"), 'declare module "ws" { const WebSocket: import("@microframe/client").WebSocketConstructor; export default WebSocket; }');
    const names = blocks.map((code, index) => {
      writeFileSync(join(folder, `block${index}.ts`), code.includes('from "@microframe/client"') ? code : GIVEN + code);
      return `block${index}.ts`;
    });
    const options = ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom"];
    run(join(root, "node_modules/.bin/tsc"), [...options, "ws.d.ts", ...names], { cwd: folder });
  } catch (error) {
    assert.fail(error.stdout || error.message);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test("everything public is documented", () => {
  const folder = mkdtempSync(join(tmpdir(), "microframe-docs-"));
  try {
    run("npm", ["run", "--silent", "docs", "--", "--out", folder]);
    assert.ok(readdirSync(folder).includes("index.html"));
  } catch (error) {
    assert.fail(error.stderr || error.message);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
