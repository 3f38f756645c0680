// The client's own tests, on the versions of Node that it must work with.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readdirSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";

const client = fileURLToPath(new URL("..", import.meta.url));
const skip = process.platform !== "linux" || process.arch !== "x64" ? "npm's packages of Node here are for Linux on x64" : false;

for (const major of ["20", "24"]) {
  test(`Node ${major}`, { skip }, () => {
    const node = fileURLToPath(new URL(`node_modules/node-${major}/bin/node`, import.meta.url));
    const run = (...args) => spawnSync(node, args, { cwd: client, encoding: "utf8", env: { ...process.env, NODE_TEST_CONTEXT: undefined } });
    assert.match(run("--version").stdout, new RegExp(`^v${major}\\.`));
    const { status, stdout } = run("--test", "--test-reporter=tap", ...readdirSync(`${client}test`).filter((name) => name.endsWith(".test.js")).map((name) => `test/${name}`));
    assert.equal(status, 0, stdout);
    assert.match(stdout, /^# pass [1-9]\d\d/m);
  });
}
