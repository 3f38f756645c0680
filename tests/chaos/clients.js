// The clients of clients/js in a run of the chaos program. The program starts this process and talks with it in lines of JSON: it
// says where the clients connect, when they talk, and where the room ends. This process says when they have talked, when every
// message is answered, and what each client has seen (chaos/node_side.cpp reads that).
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { isDeepStrictEqual } from "node:util";

const SPEED = 10; // the clients' clock runs this much faster: 10 s of a client take 1 s here
const RATE = { perSecond: 90 / SPEED, burst: 150 }; // the usual rate, because the server's clock runs as usual
const PATIENCE_MS = 10_000;

const { default: WebSocket } = await import(new URL("../../clients/js/node_modules/ws/wrapper.mjs", import.meta.url)).catch(() => {
  throw new Error("npm's ws is missing: run ./dev setup");
});
// The page's copy, which needs no build. Imported by its text, because nothing here tells node that the file is a module.
const source = readFileSync(new URL("../../page/microframe.js", import.meta.url));
const { connect } = await import(`data:text/javascript;base64,${source.toString("base64")}`);

const began = Date.now();
const clock = {
  now: () => began + (Date.now() - began) * SPEED,
  clock: () => performance.now() * SPEED,
  after: (ms, action) => {
    const timer = setTimeout(action, ms / SPEED);
    return () => clearTimeout(timer);
  },
};
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const say = (what) => new Promise((resolve) => process.stdout.write(`${JSON.stringify(what)}\n`, resolve));

async function until(holds) {
  for (const end = Date.now() + PATIENCE_MS; !holds() && Date.now() < end;) await pause(10);
}

class Member {
  acknowledged = [];
  unknown = [];
  refused = [];
  wrongAnswers = 0;
  events = [];
  opened = 0;
  resumed = 0;
  waiting = new Set();

  constructor({ name, port, token }, room) {
    this.name = name;
    this.room = room;
    this.client = connect(`ws://127.0.0.1:${port}/ws`, { WebSocket, token: () => token, rate: RATE, ...clock });
    this.client.on("message", ({ from, n }, { offset }) => this.events.push([`${from}:${n}`, offset ?? 0]));
    this.client.on("joined", ({ recovered }) => {
      this.events.push(["", this.position ?? 0, recovered === true, recovered !== undefined]);
    });
    this.client.on("state", (state, { resumed }) => {
      if (state !== "open") return;
      this.opened += 1;
      if (resumed) this.resumed += 1;
    });
    this.client.join(room).catch(() => {}); // the judge sees whether the client joined
  }

  get position() { return this.client.position(this.room)?.offset; }
  get presence() { return this.client.presence(this.room); }

  talk(n) {
    const message = { from: this.name, n };
    const named = `${this.name}:${n}`;
    this.waiting.add(named);
    this.client.send(message).then((answer) => {
      this.acknowledged.push(named);
      if (!isDeepStrictEqual(answer, message)) this.wrongAnswers += 1;
    }, ({ code }) => {
      if (code === "session_lost") this.unknown.push(named);
      else this.refused.push([named, String(code)]);
    }).finally(() => this.waiting.delete(named));
  }

  record() {
    const { name: member, acknowledged, unknown, wrongAnswers, events, resumed } = this;
    const refused = [...this.refused, ...[...this.waiting].map((named) => [named, "not answered"])];
    const anew = Math.max(0, this.opened - resumed - 1);
    const position = this.position ?? null;
    return { member, acknowledged, unknown, refused, wrongAnswers, events, position, presence: this.presence ?? null, resumed, anew };
  }
}

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const told = async () => JSON.parse((await lines.next()).value ?? "null");

const setup = await told();
const members = setup.clients.map((client) => new Member(client, setup.room));
await say({ here: true });
await told(); // the command to talk
for (let n = 1; n <= setup.messages; ++n) {
  for (const member of members) member.talk(n);
  await pause(Math.random() * 2 * setup.pauseMs);
}
await say({ said: true });
await until(() => members.every(({ waiting }) => waiting.size === 0));
await say({ settled: true });
for (let asked = await told(); asked.presence; asked = await told()) {
  const { end, presence } = asked;
  await say({ seen: members.every((member) => member.position === end && isDeepStrictEqual(member.presence, presence)) });
}
await say({ records: members.map((member) => member.record()) });
process.exit(0);
