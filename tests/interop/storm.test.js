// Clients of clients/js on cables that are pulled all the time: what is acknowledged was said once, to everyone, in order.
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { after, before, test } from "node:test";
import { Cable } from "./cable.js";
import { Server, needed } from "./server.js";

const { default: WebSocket } = await needed("ws");
// As the page has it, which needs no build. By its text, for nothing here tells node that it is a module.
const source = readFileSync(new URL("../../page/microframe.js", import.meta.url));
const { connect } = await import(`data:text/javascript;base64,${source.toString("base64")}`);

const CLIENTS = 8;
const MESSAGES = 60; // per member
const SEEDS = [1, 2, 3];
let server;
before(async () => { server = await Server.start(); });
after(async () => { assert.equal(await server.stop(), 0); });

// Numbers from 0 to 1 that a seed brings again (the minimal standard generator).
function numbers(seed) {
  let state = seed;
  return () => (state = (state * 48271) % 2147483647) / 2147483647;
}
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

class Member {
  heard = []; // what all members said in the room, in order
  offsets = [];
  gaps = 0;
  reconnects = 0;

  static async come(name, room, random) {
    const member = new Member();
    member.random = random;
    member.cable = await Cable.lay(server.port);
    const token = server.token(name);
    member.client = connect(`ws://127.0.0.1:${member.cable.port}/ws/chat`, { WebSocket, token: () => token, random: () => random() / 10 });
    member.client.on("message", (message, place) => {
      if (place.room !== room || message.type !== "room_message") return;
      member.heard.push(message.text);
      member.offsets.push(place.offset);
    });
    member.client.on("joined", ({ recovered }) => { if (recovered === false) ++member.gaps; });
    member.client.on("state", (state) => { if (state === "reconnecting") ++member.reconnects; });
    await member.client.join(room);
    return member;
  }

  async speak(name, room) {
    const sent = [];
    for (let n = 0; n < MESSAGES; ++n) {
      sent.push(this.client.send({ type: "room_message", room, text: `${name}:${n}` }));
      await pause(this.random() * 40);
    }
    await Promise.all(sent);
  }

  // Pulls the cable and plugs it in again, until stop().
  storm() {
    this.storms = true;
    this.stormed = (async () => {
      while (this.storms) {
        await pause(20 + this.random() * 300);
        this.cable.pull();
        await pause(this.random() * 60);
        this.cable.plug();
      }
    })();
  }
  async stop() {
    this.storms = false;
    await this.stormed;
  }

  leave() {
    this.client.close();
    this.cable.remove();
  }
}

for (const seed of SEEDS) {
  test(`messages are neither lost nor repeated, and in order (seed ${seed})`, async () => {
    const room = `storm${seed}`;
    const names = Array.from({ length: CLIENTS }, (_, index) => `member${index}`);
    const members = await Promise.all(names.map((name, index) => Member.come(name, room, numbers(1000 * seed + index + 1))));
    try {
      for (const member of members) member.storm();
      await Promise.all(members.map((member, index) => member.speak(names[index], room)));
      await Promise.all(members.map((member) => member.stop()));
      await Promise.all(members.map((member) => member.client.send({ type: "typing", typing: false }))); // this comes behind all missed messages
      for (const member of members) {
        assert.equal(member.gaps, 0);
        for (let i = 0; i < 100 && member.heard.length < CLIENTS * MESSAGES; ++i) await pause(50);
        assert.deepEqual(member.heard, members[0].heard, "all heard the same");
        assert.deepEqual(member.offsets, Array.from({ length: CLIENTS * MESSAGES }, (_, index) => index + 1));
        for (const name of names) {
          const said = member.heard.filter((text) => text.startsWith(`${name}:`));
          assert.deepEqual(said, Array.from({ length: MESSAGES }, (_, n) => `${name}:${n}`), "once, and in the order it was sent");
        }
        const there = member.client.presence(room);
        assert.deepEqual(Object.keys(there).sort(), names);
        for (const devices of Object.values(there)) assert.equal(devices.length, 1);
      }
      const reconnects = members.reduce((sum, member) => sum + member.reconnects, 0);
      assert.ok(reconnects > 2 * CLIENTS, `the cables were pulled ${reconnects} times`);
    } finally {
      for (const member of members) member.leave();
    }
  });
}
