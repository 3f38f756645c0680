// Plays the server's part of tests/vectors/*.json against the client (tests/vectors/README.md).
import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { World, settled } from "./fake.js";

const folder = new URL("../../../tests/vectors/", import.meta.url);
const STEP_MS = 100;
const WAIT_MS = 60_000; // longer than any timer of the client

// The bytes, in hex, of a message that another session was sent first.
function inherited({ id, of, content }) {
  return `01${id.toString(16).padStart(16, "0")}${of.length.toString(16).padStart(2, "0")}${Buffer.from(of).toString("hex")}${content}`;
}

class Player {
  world = new World();
  names = new Map([["$fresh_token", "fresh.token.of-alice"]]);
  token = "first.token.of-alice";
  told = []; // what the application must have heard

  async start() {
    const client = this.world.connect({ token: () => this.token });
    client.on("message", (data) => {
      if (data?.op === "fail") throw new Error("as asked");
      return data?.op === "reply" ? data.value : undefined;
    });
    this.client = client;
    await settled();
  }

  // Returns a value for a name in a server's frame, and the same value each time.
  named(name) {
    if (!this.names.has(name)) this.names.set(name, /_(ms|id)$/.test(name) ? 1000 + this.names.size : `value-${this.names.size}`);
    return this.names.get(name);
  }
  filled(value) {
    if (typeof value === "string") {
      const [, name, rest] = /^(\$\w+)(\..+)?$/.exec(value) ?? [];
      return name ? rest ? this.named(name) + rest : this.named(name) : value;
    }
    if (Array.isArray(value)) return value.map((item) => this.filled(item));
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, this.filled(member)]));
  }

  // Lets time pass until `found()` finds something.
  async until(found, what) {
    for (let ms = 0; ms < WAIT_MS; ms += STEP_MS) {
      await settled();
      const result = found();
      if (result) return result;
      await this.world.clock.pass(STEP_MS);
    }
    assert.fail(`${what} did not come`);
  }
  async sent(expected) {
    const sent = await this.until(() => this.world.socket.sent.shift(), JSON.stringify(expected));
    if (typeof expected === "string") assert.equal(sent.toString("hex"), expected);
    else assert.deepEqual(JSON.parse(sent), this.filled(expected));
  }

  steps = {
    open: async ({ resume }) => {
      const count = this.opened ?? 0;
      await this.until(() => this.world.sockets.length > count, "a connection");
      this.opened = this.world.sockets.length;
      const { socket } = this.world;
      assert.equal(socket.protocols[0], "microframe.v1");
      assert.equal(socket.token, this.token);
      assert.equal(socket.resume, resume === undefined ? undefined : `resume.${this.session}.${this.secret}.${resume}.${++this.attempts}`);
      socket.accept();
    },
    server: (frame) => {
      const filled = this.filled(frame);
      this.world.socket.says(filled);
      if (filled.t !== "welcome") return;
      if (filled.session !== this.session) this.attempts = 0;
      Object.assign(this, filled);
    },
    server_binary: (hex) => this.world.socket.bytes(hex),
    server_lost: () => {},
    client: (frame) => this.sent(frame),
    client_lost: (frame) => this.sent(frame),
    client_binary: (frame) => this.sent(typeof frame === "string" ? frame : inherited(this.filled(frame))),
    client_close: (code) => assert.equal(this.world.socket.closed, code),
    server_close: (code) => this.world.socket.ends(code),
    lose: () => this.world.socket.ends(),
    kill: () => this.world.socket.ends(),
    expire: () => {},
    do: async (asked) => {
      const [[what, value]] = Object.entries(asked);
      const { client } = this;
      const asks = {
        send: () => client.send(value),
        post: () => assert.ok(client.post(value)),
        send_binary: () => client.sendBinary(Buffer.from(value, "hex")),
        join: () => client.join(value, asked.last === undefined ? {} : { last: asked.last }),
        leave: () => client.leave(value),
        refresh: () => {
          this.token = this.filled(value);
          return client.refresh();
        },
        close: () => client.close(),
      };
      Promise.resolve(asks[what]()).catch(() => {}); // the result is tested elsewhere
      await settled();
    },
  };

  async play(step) {
    if (step.peer) return;
    const [[kind, value]] = Object.entries(step);
    if (value.t === "message" && kind === "server" && !step.untold) this.told.push(this.filled(value.data));
    assert.ok(this.steps[kind], `there is no step ${kind}`);
    await this.steps[kind](value);
    await settled();
  }

  // A second later nothing more has come, except the count of received frames.
  async end() {
    await settled();
    const late = this.world.socket.take().filter(({ t }) => t !== "received");
    assert.deepEqual(late, []);
    assert.deepEqual(this.world.of("message").map(([data]) => data), this.told);
    this.client.close();
    assert.equal(this.world.clock.timers, 0);
  }
}

let played = 0;
for (const file of readdirSync(folder).filter((name) => name.endsWith(".json")).sort()) {
  const { name, of, steps } = JSON.parse(readFileSync(new URL(file, folder)));
  if (of === "server") continue;
  played += 1;
  test(`${file}: ${name}`, async () => {
    const player = new Player();
    await player.start();
    for (const [index, step] of steps.entries()) {
      try {
        await player.play(step);
      } catch (error) {
        error.message = `step ${index + 1}, ${JSON.stringify(step)}: ${error.message}`;
        throw error;
      }
    }
    await player.end();
  });
}

test("at least 20 vectors were played", () => assert.ok(played >= 20, String(played)));
