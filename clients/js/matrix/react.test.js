// React 19 in StrictMode, which mounts everything twice, with the client behind useSyncExternalStore.
import assert from "node:assert/strict";
import { test } from "node:test";
import { JSDOM } from "jsdom";
import { connect } from "@microframe/client";

const dom = new JSDOM("<!doctype html><div id=root></div>", { url: "https://page.org/" });
Object.assign(globalThis, { window: dom.window, document: dom.window.document, location: dom.window.location, IS_REACT_ACT_ENVIRONMENT: true });
globalThis.navigator ??= dom.window.navigator; // which Node 20 has not
const { StrictMode, act, createElement, useEffect, useState, useSyncExternalStore } = await import("react");
const { createRoot } = await import("react-dom/client");

const sockets = [];
class WebSocket {
  sent = [];
  constructor(url, protocols) {
    Object.assign(this, { url, protocol: protocols[0] });
    sockets.push(this);
  }
  send(data) { this.sent.push(JSON.parse(data)); }
  close(code) { this.closed = code; }
  says(frame) { this.onmessage({ data: JSON.stringify(frame) }); }
  welcome() {
    this.onopen({});
    this.says({ t: "welcome", session: "s", secret: "x", user: "alice", resumed: false, handled: 0, ping_ms: 25_000 });
  }
}

let renders = 0;
function Room({ client }) {
  renders += 1;
  const subscribe = (changed) => {
    const ends = ["state", "joined", "left", "presence"].map((name) => client.on(name, changed));
    return () => ends.forEach((end) => end());
  };
  const state = useSyncExternalStore(subscribe, () => client.state);
  const rooms = useSyncExternalStore(subscribe, () => client.rooms);
  const people = useSyncExternalStore(subscribe, () => client.presence("r"));
  useEffect(() => {
    client.join("r");
    return () => { client.leave("r"); };
  }, [client]);
  return createElement("p", null, `${state} ${rooms} ${Object.keys(people ?? {})}`);
}

function App() {
  const [client, setClient] = useState();
  useEffect(() => {
    const made = connect("/ws/chat", { WebSocket });
    setClient(made);
    made.send({ hello: 1 });
    return () => made.close();
  }, []);
  return client ? createElement(Room, { client }) : null;
}

test("StrictMode mounts twice, and nothing is unhandled or rendered for ever", async () => {
  const complaints = [];
  process.on("unhandledRejection", (error) => complaints.push(error));
  const { error: log } = console;
  console.error = (...args) => complaints.push(args);
  const root = createRoot(document.getElementById("root"));
  const settle = () => act(() => new Promise((resolve) => setTimeout(resolve, 20)));
  try {
    await act(() => root.render(createElement(StrictMode, null, createElement(App))));
    await settle();
    const socket = sockets.at(-1);
    assert.equal(socket.url, "wss://page.org/ws/chat");
    await act(() => socket.welcome());
    const { id } = socket.sent.findLast(({ t }) => t === "join");
    await act(() => socket.says({ t: "joined", id, room: "r", presence: { alice: [{ device: "1", meta: {} }] } }));
    assert.equal(document.querySelector("p").textContent, "open r alice");
    await act(() => socket.says({ t: "presence", room: "r", joins: { bob: [{ device: "2", meta: {} }] }, leaves: {} }));
    assert.equal(document.querySelector("p").textContent, "open r alice,bob");
    const before = renders;
    await act(() => socket.says({ t: "message", data: 1 }));
    assert.equal(renders, before, "a message changes no snapshot");
    await act(() => root.unmount());
    await settle();
    assert.equal(socket.closed, 1000);
    assert.ok(renders < 50, `${renders} renders`);
    assert.deepEqual(complaints, []);
  } finally {
    console.error = log;
  }
});
