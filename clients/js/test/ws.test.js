// The client in Node, with npm's ws for its WebSocket, against a small server of the same: what fake sockets cannot show.
import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import WebSocket, { WebSocketServer } from "ws";
import { connect } from "../dist/index.js";

const event = (client, name, wanted = () => true) => new Promise((resolve) => {
  const end = client.on(name, (...args) => {
    if (!wanted(...args)) return;
    end();
    resolve(args);
  });
});
const opened = (client) => event(client, "state", (state) => state === "open");

async function serve(t, port = 0) {
  const server = new WebSocketServer({ port, host: "127.0.0.1", handleProtocols: (offered) => [...offered][0] });
  server.seen = [];
  server.on("connection", (socket, request) => {
    server.seen.push(request.headers["sec-websocket-protocol"]);
    socket.send(JSON.stringify({ t: "welcome", session: "s", secret: "x", user: "alice", resumed: server.seen.length > 1, handled: 0, ttl_ms: 1000, ping_ms: 25_000 }));
    socket.on("message", (data, binary) => {
      if (binary) return socket.send(data);
      const { t: type, id, data: content } = JSON.parse(data);
      if (type === "message") socket.send(JSON.stringify({ t: "ack", id, data: content }));
    });
  });
  await once(server, "listening");
  t.after(() => server.close());
  return server;
}

test("a real server answers requests and bytes, and survives a lost connection", async (t) => {
  const server = await serve(t);
  const client = connect(`ws://127.0.0.1:${server.address().port}/`, { WebSocket, token: () => "t.o.ken", random: () => 0.01 });
  await opened(client);
  assert.deepEqual(await client.send({ hello: ["ż"] }), { hello: ["ż"] });
  const bytes = event(client, "binary");
  void client.sendBinary(new Uint8Array([1, 2, 3])).catch(() => {});
  const [content] = await bytes;
  assert.deepEqual([...content], [1, 2, 3]);
  for (const socket of server.clients) socket.terminate();
  const back = opened(client);
  const reply = client.send("meanwhile");
  assert.deepEqual(await back, ["open", { resumed: true }]);
  assert.equal(await reply, "meanwhile");
  assert.deepEqual(server.seen, ["microframe.v1,token.t.o.ken", "microframe.v1,resume.s.x.2.1,token.t.o.ken"]);
  const [socket] = server.clients;
  const closed = once(socket, "close");
  client.close();
  assert.equal((await closed)[0], 1000);
});

test("the client connects once the server is there", async (t) => {
  const first = await serve(t);
  const { port } = first.address();
  await new Promise((resolve) => first.close(resolve));
  const client = connect(`ws://127.0.0.1:${port}/`, { WebSocket, random: () => 0.01 });
  await event(client, "state", (state) => state === "reconnecting");
  await serve(t, port);
  await opened(client);
  client.close();
});

test("close() while the connection opens does no harm", async (t) => {
  const server = await serve(t);
  const client = connect(`ws://127.0.0.1:${server.address().port}/`, { WebSocket });
  await new Promise(setImmediate);
  client.close();
  assert.equal(client.state, "closed");
});
