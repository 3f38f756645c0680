// The parts that need no connection; and the real world's environment.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Emitter } from "../dist/emitter.js";
import { environment } from "../dist/environment.js";
import { connect } from "../dist/index.js";
import { Pace } from "../dist/pace.js";
import { expiryOf } from "../dist/token.js";
import { readBinary, writeBinary } from "../dist/binary.js";
import { jwt } from "./fake.js";

test("a bucket fills with time, up to its size", () => {
  const pace = new Pace({ perSecond: 10, burst: 2 }, 0);
  assert.deepEqual([pace.take(0), pace.take(0), pace.take(0)], [0, 0, 100]);
  assert.equal(pace.take(50), 50);
  assert.deepEqual([pace.take(100), pace.take(100)], [0, 100]);
  assert.deepEqual([pace.take(1e6), pace.take(1e6), pace.take(1e6)], [0, 0, 100]);
  assert.equal(pace.take(0), 100, "a clock that is set back takes nothing away");
});

test("only the expiry of a token is read", () => {
  const names = "żółć?>~";
  assert.equal(expiryOf(jwt({ exp: 12, names })), 12_000);
  for (const none of ["", "a", "a.b.c", "..", jwt({ names }), jwt({ exp: "12" }), `a.${Buffer.from("7").toString("base64url")}.c`, `a.${Buffer.from("null").toString("base64url")}.c`]) {
    assert.equal(expiryOf(none), undefined, none);
  }
});

test("binary frames are read, and cut ones are refused", () => {
  assert.equal(Buffer.from(writeBinary(2 ** 53 - 1, new Uint8Array([7]))).toString("hex"), "01001fffffffffffff0007");
  const whole = Buffer.from("01" + "0000000000000102" + "04" + "f09f9980" + "aabb", "hex");
  assert.deepEqual(readBinary(new Uint8Array(whole)), { content: new Uint8Array([0xaa, 0xbb]), place: { offset: 258, room: "🙀" } });
  for (let size = 0; size < whole.length - 2; ++size) assert.equal(readBinary(new Uint8Array(whole.subarray(0, size))), undefined);
  assert.equal(readBinary(new Uint8Array([2, 0, 0, 0, 0, 0, 0, 0, 0, 0])), undefined);
});

test("connect() throws without a WebSocket", { skip: Boolean(globalThis.WebSocket) }, () => {
  assert.throws(() => connect("ws://x"), { code: "not_supported" });
});

test("a failing handler of error is reported on the console", async (t) => {
  const complaint = t.mock.method(console, "error", () => {});
  const events = new Emitter();
  events.emit("error", new Error("nobody listens"));
  events.on("error", () => { throw new Error("again"); });
  events.emit("error", new Error("first"));
  await new Promise(setImmediate);
  assert.deepEqual(complaint.mock.calls.map(({ arguments: [error] }) => error.message), ["nobody listens", "again"]);
});

test("a handler can be registered twice, and each registration ends separately", () => {
  const events = new Emitter();
  let calls = 0;
  const handler = () => { ++calls; };
  const [one, other] = [events.on("left", handler), events.on("left", handler)];
  events.emit("left", { room: "r" });
  one();
  one();
  events.emit("left", { room: "r" });
  other();
  events.emit("left", { room: "r" });
  assert.equal(calls, 3);
});

test("a page's network and visibility are watched until the client stops", () => {
  const ears = new Map();
  const target = { addEventListener: (name, ear) => ears.set(name, ear), removeEventListener: (name) => ears.delete(name) };
  Object.assign(globalThis, { window: target, document: { ...target, visibilityState: "hidden" } });
  try {
    const heard = [];
    const end = environment({ WebSocket: class {} }).onNetwork((back) => heard.push(back));
    ears.get("online")();
    ears.get("offline")();
    ears.get("visibilitychange")();
    globalThis.document.visibilityState = "visible";
    ears.get("visibilitychange")();
    assert.deepEqual(heard, [true, false, true]);
    end();
    assert.equal(ears.size, 0);
  } finally {
    delete globalThis.window;
    delete globalThis.document;
  }
});
