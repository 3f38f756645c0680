// A world of our own for the client: its clock moves when told to, and its sockets' other ends are the test's.
const { connect } = await import(process.env.MICROFRAME_CLIENT ?? "../dist/index.js");

export class Clock {
  ms = 1_700_000_000_000;
  #timers = [];

  after(ms, action) {
    const timer = { at: this.ms + ms, action };
    this.#timers.push(timer);
    return () => { this.#timers = this.#timers.filter((other) => other !== timer); };
  }

  get timers() { return this.#timers.length; }

  // Runs the timers that are due, in order, and whatever they lead to.
  async pass(ms) {
    const end = this.ms + ms;
    for (;;) {
      await settled();
      const next = this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((timer) => timer !== next);
      this.ms = Math.max(this.ms, next.at);
      next.action();
    }
    this.ms = end;
    await settled();
  }

  // Like a machine that sleeps: timers fire late.
  async sleep(ms) {
    this.ms += ms;
    await this.pass(0);
  }
}

// Until every promise that is ready has been followed.
export const settled = () => new Promise((resolve) => setImmediate(resolve));

// The server's end of a connection, as far as the client sees it.
export class FakeSocket {
  binaryType = "blob";
  protocol = "";
  onopen = null;
  onmessage = null;
  onclose = null;
  onerror = null;
  sent = []; // frames that were not yet taken: objects or bytes
  closed = undefined; // the code of the client's Close

  constructor(url, protocols) {
    if (!/^wss?:/.test(url) || protocols.some((protocol) => protocol.includes(","))) throw new SyntaxError("no such url or protocol");
    this.url = url;
    this.protocols = protocols;
  }

  // --- the client's side
  send(data) { this.sent.push(typeof data === "string" ? data : Buffer.from(data)); }
  close(code) { this.closed ??= code; }

  // --- the server's
  accept(protocol = this.protocols.find((name) => !/^(token|resume)\./.test(name)) ?? "") {
    this.protocol = protocol;
    this.onopen?.({});
  }
  says(frame) { this.onmessage?.({ data: typeof frame === "string" ? frame : JSON.stringify(frame) }); }
  bytes(hex) { this.onmessage?.({ data: new Uint8Array(Buffer.from(hex, "hex")).buffer }); }
  ends(code = 1006, reason = "") { this.onclose?.({ code, reason }); }

  // --- the test's
  take() { return this.sent.splice(0).map((frame) => (typeof frame === "string" ? JSON.parse(frame) : frame.toString("hex"))); }
  get resume() { return this.protocols.find((name) => name.startsWith("resume.")); }
  get token() { return this.protocols.find((name) => name.startsWith("token."))?.slice(6); }
}

// Everything a test needs of a world in which one client lives.
export class World {
  clock = new Clock();
  sockets = [];
  wallMs = 0; // how far somebody has set the wall clock
  random = 0.5;
  events = []; // [name, ...arguments] of every event, in order
  network = undefined; // the client's listener

  connect(options = {}) {
    const world = this;
    class WebSocket extends FakeSocket {
      constructor(...args) {
        super(...args);
        world.sockets.push(this);
      }
    }
    this.client = connect("ws://server/ws", {
      WebSocket,
      now: () => this.clock.ms + this.wallMs,
      clock: () => this.clock.ms,
      random: () => this.random,
      after: (ms, action) => this.clock.after(ms, action),
      onNetwork: (action) => {
        this.network = action;
        return () => { this.network = undefined; };
      },
      ...options,
    });
    for (const name of ["message", "binary", "state", "joined", "left", "presence", "bye", "error"]) {
      this.client.on(name, (...args) => { this.events.push([name, ...args]); });
    }
    return this.client;
  }

  get socket() { return this.sockets.at(-1); }
  of(name) { return this.events.filter(([event]) => event === name).map(([, ...args]) => args); }

  // Makes a connection that the server accepts and welcomes.
  async welcome({ session = "s1", resumed = false, handled = 0, ping_ms = 25_000, user = "alice", ...others } = {}) {
    await settled();
    this.socket.accept();
    this.socket.says({ t: "welcome", session, secret: `${session}-secret`, user, resumed, handled, ttl_ms: 120_000, ping_ms, ...others });
    await settled();
    return this.socket;
  }

  // Loses the connection, and connects the client again.
  async again(welcome = { resumed: true }) {
    const before = this.sockets.length;
    this.socket.ends();
    for (let i = 0; this.sockets.length === before; ++i) {
      if (i === 100) throw new Error("the client does not come back");
      await this.clock.pass(1000);
    }
    return this.welcome(welcome);
  }
}

// A client that is connected.
export async function open(options, welcome) {
  const world = new World();
  world.connect(options);
  await world.welcome(welcome);
  return world;
}

export function jwt(claims) {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none" })}.${part(claims)}.signature`;
}

// What became of a promise so far.
export function fate(promise) {
  const result = { state: "pending" };
  promise.then((value) => Object.assign(result, { state: "kept", value }), (error) => Object.assign(result, { state: "broken", code: error.code, error }));
  return result;
}
