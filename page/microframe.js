// The client of clients/js in one file, made by its `npm run build`: change it there.

// src/emitter.ts
var Emitter = class {
  #handlers = /* @__PURE__ */ new Map();
  on(name, handler) {
    const wrapped = (...args) => handler(...args);
    const handlers = this.#of(name);
    handlers.add(wrapped);
    return () => void handlers.delete(wrapped);
  }
  /** Calls the handlers, and asks nothing of what they return. */
  emit(name, ...args) {
    if (name === "error" && !this.#of(name).size) return console.error(args[0]);
    const failed = (error) => name === "error" ? console.error(error) : this.emit("error", error);
    for (const result of this.#call(name, args)) result.catch(failed);
  }
  /** Waits for the handlers. Returns the first value that one of them returned. */
  async ask(name, ...args) {
    return (await Promise.all(this.#call(name, args))).find((value) => value !== void 0);
  }
  #call(name, args) {
    return [...this.#of(name)].map((handler) => {
      try {
        return Promise.resolve(handler(...args));
      } catch (error) {
        return Promise.reject(error);
      }
    });
  }
  #of(name) {
    const handlers = this.#handlers.get(name) ?? /* @__PURE__ */ new Set();
    this.#handlers.set(name, handlers);
    return handlers;
  }
};

// src/error.ts
var ClientError = class extends Error {
  code;
  /** Of the Close that ended the client, if one did. */
  closeCode;
  constructor(code, message, closeCode) {
    super(message);
    this.name = "ClientError";
    this.code = code;
    this.closeCode = closeCode;
  }
};

// src/environment.ts
function onNetwork(action) {
  if (typeof window === "undefined") return () => {
  };
  const back = () => action(true);
  const gone = () => action(false);
  const visible = () => {
    if (document.visibilityState === "visible") action(true);
  };
  window.addEventListener("online", back);
  window.addEventListener("offline", gone);
  document.addEventListener("visibilitychange", visible);
  return () => {
    window.removeEventListener("online", back);
    window.removeEventListener("offline", gone);
    document.removeEventListener("visibilitychange", visible);
  };
}
function environment(given) {
  const found = given.WebSocket ?? globalThis.WebSocket;
  if (!found) throw new ClientError("not_supported", "there is no WebSocket here: give connect() one, as npm's ws has it");
  return {
    now: () => Date.now(),
    random: () => Math.random(),
    after: (ms, action) => {
      const timer = setTimeout(action, ms);
      return () => clearTimeout(timer);
    },
    onNetwork,
    ...given,
    WebSocket: found
  };
}

// src/backoff.ts
var FIRST_MS = 500;
var MOST_MS = 3e4;
var Backoff = class {
  #attempt = 0;
  next(random) {
    return random * Math.min(MOST_MS, FIRST_MS * 2 ** this.#attempt++);
  }
  reset() {
    this.#attempt = 0;
  }
};

// src/connection.ts
var GIVEN_UP = 4e3;
var Connection = class {
  #socket;
  /** Throws what WebSocket's constructor throws: the url or a protocol cannot be one. */
  constructor(WebSocket, url, protocols, events) {
    const socket = this.#socket = new WebSocket(url, protocols);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => events.opened(socket.protocol);
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") events.text(data);
      else events.binary(new Uint8Array(data));
    };
    socket.onclose = ({ code, reason }) => events.ended(code, reason);
    socket.onerror = () => {
    };
  }
  send(frame) {
    this.#socket.send(frame);
  }
  /** Nothing more is heard of it. */
  drop(code = GIVEN_UP) {
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close(code);
  }
};

// src/fate.ts
var UNAUTHENTICATED = 4401;
var HEALING = /* @__PURE__ */ new Set([1001, 1006, 1011, 1012, 1013, 4408]);
var WORDS = /* @__PURE__ */ new Map([[UNAUTHENTICATED, "unauthorized"], [4403, "forbidden"], [4409, "replaced"]]);
function fateOf(code, advised) {
  if (code === UNAUTHENTICATED) return "token";
  return advised ?? HEALING.has(code) ? "again" : "end";
}
function endOf(code, reason) {
  return new ClientError(WORDS.get(code) ?? "closed", `the connection was closed: ${code} ${reason}`.trimEnd(), code);
}

// src/link.ts
var WELCOME_MS = 1e4;
var SETTLED_MS = 5e3;
var Link = class {
  #env;
  #url;
  #token;
  #events;
  #backoff = new Backoff();
  #unwatch;
  #talk;
  #state = "connecting";
  #connection;
  #attempt = 0;
  // its number, so that one that was overtaken notices
  #refusals = 0;
  // of tokens, in a row
  #welcomedAt;
  #advice;
  #cancel = () => {
  };
  // of the attempt's deadline, or of the wait for the next
  #mayHurry = false;
  constructor(env, url, token, events) {
    this.#env = env;
    this.#url = url;
    this.#token = token;
    this.#events = events;
    this.#unwatch = env.onNetwork((back) => this.#network(back));
  }
  get state() {
    return this.#state;
  }
  start(talk) {
    this.#talk = talk;
    void this.#open();
  }
  // --- by the talk
  welcomed(detail) {
    this.#cancel();
    this.#refusals = 0;
    this.#welcomedAt = this.#env.now();
    this.#change("open", detail);
  }
  /** The server has done what it was asked: it is well, and so is the way to it. */
  proved() {
    this.#backoff.reset();
  }
  advised(reconnect, retryMs) {
    this.#advice = { reconnect, retryMs };
  }
  /** The connection is given up. */
  lost() {
    this.#connection?.drop();
    this.#ended(1006, "");
  }
  end(error, closeCode) {
    if (this.#state === "closed") return;
    this.#finish(closeCode === void 0 ? { error } : { error, code: closeCode }, error);
  }
  // --- by the application
  close() {
    if (this.#state !== "closed") this.#finish({}, new ClientError("closed", "the client was closed"));
  }
  // --- attempts
  async #open() {
    const attempt = ++this.#attempt;
    this.#cancel();
    this.#mayHurry = false;
    let token;
    try {
      token = await this.#token.get();
    } catch (error) {
      if (attempt !== this.#attempt) return;
      this.#events.error(new ClientError("no_token", `token() failed: ${String(error)}`));
      return this.#wait(1006);
    }
    if (attempt !== this.#attempt) return;
    this.#connect(token);
  }
  #connect(token) {
    const protocols = this.#talk.protocols();
    if (token !== void 0) protocols.push(`token.${token}`);
    const { WebSocket } = this.#env;
    try {
      const connection = new Connection(WebSocket, this.#url, protocols, {
        opened: (protocol) => this.#talk.opened(connection, protocol),
        text: (text) => this.#talk.text(text),
        binary: (bytes) => this.#talk.binary(bytes),
        ended: (code, reason) => this.#ended(code, reason)
      });
      this.#connection = connection;
      this.#cancel = this.#env.after(WELCOME_MS, () => this.lost());
    } catch (error) {
      if (token === void 0) this.end(new ClientError("closed", String(error)));
      else this.#refused(String(error));
    }
  }
  #ended(code, reason) {
    this.#connection = void 0;
    this.#cancel();
    if (this.#welcomedAt === void 0) this.#token.forget();
    else if (this.#env.now() - this.#welcomedAt >= SETTLED_MS) this.#backoff.reset();
    this.#welcomedAt = void 0;
    const advice = this.#advice;
    this.#advice = void 0;
    this.#talk.lost();
    const fate = fateOf(code, advice?.reconnect);
    if (fate === "again") this.#wait(code, advice?.retryMs);
    else if (fate === "token") this.#refused(reason);
    else this.end(endOf(code, reason), code);
  }
  #refused(reason) {
    if (this.#refusals++ || !this.#token.renewable) return this.end(endOf(4401, reason), 4401);
    this.#token.forget();
    this.#change("reconnecting", { code: 4401, retryMs: 0 });
    void this.#open();
  }
  /** advisedMs: what a server said that sends many away at once; nothing shortens it. */
  #wait(code, advisedMs) {
    this.#mayHurry = advisedMs === void 0;
    const retryMs = advisedMs ?? this.#backoff.next(this.#env.random());
    this.#cancel = this.#env.after(retryMs, () => void this.#open());
    this.#change("reconnecting", { code, retryMs });
  }
  #network(back) {
    if (this.#welcomedAt !== void 0) return this.#talk.probe();
    if (!back || !this.#mayHurry) return;
    this.#backoff.reset();
    void this.#open();
  }
  #finish(detail, error) {
    this.#attempt += 1;
    this.#cancel();
    this.#unwatch();
    this.#welcomedAt = void 0;
    this.#mayHurry = false;
    this.#connection?.drop(1e3);
    this.#connection = void 0;
    this.#change("closed", detail);
    this.#talk.ended(error);
  }
  #change(state, detail) {
    this.#state = state;
    this.#events.state(state, detail);
  }
};

// src/plain.ts
var unsupported = () => Promise.reject(new ClientError("not_supported", "plain mode has no such thing"));
var Plain = class {
  #link;
  #requests;
  #events;
  #connection;
  user = void 0;
  constructor(link, requests, events) {
    this.#link = link;
    this.#requests = requests;
    this.#events = events;
  }
  protocols() {
    return [];
  }
  opened(connection) {
    this.#connection = connection;
    this.#link.welcomed({ resumed: false });
    this.#requests.restart([], (frame, id) => {
      connection.send(frame);
      this.#requests.settle(id, void 0);
    });
  }
  text(text) {
    let data = text;
    try {
      data = JSON.parse(text);
    } catch {
    }
    this.#events.emit("message", data, {});
  }
  binary(bytes) {
    this.#events.emit("binary", bytes, {});
  }
  probe() {
  }
  lost() {
    this.#connection = void 0;
    this.#requests.pause();
  }
  ended(error) {
    this.#requests.end(error);
  }
  send(json) {
    return this.#requests.add({ frame: () => json, bytes: json.length });
  }
  post(json) {
    if (!this.#requests.mayPost()) return false;
    this.#connection?.send(json);
    return true;
  }
  sendBinary(bytes) {
    const copy = bytes.slice();
    return this.#requests.add({ frame: () => copy, bytes: bytes.length || 1 });
  }
  join = unsupported;
  leave = unsupported;
  refresh = unsupported;
  rooms = () => [];
  people = () => void 0;
  position = () => void 0;
};

// src/pace.ts
var Pace = class {
  #rate;
  #permits;
  #filledAt;
  constructor(rate, now) {
    this.#rate = rate;
    this.#permits = rate.burst;
    this.#filledAt = now;
  }
  /** Takes a permit. Returns 0, or in how many milliseconds there will be one. */
  take(now) {
    const { perSecond, burst } = this.#rate;
    this.#permits = Math.min(burst, this.#permits + Math.max(0, now - this.#filledAt) * perSecond / 1e3);
    this.#filledAt = now;
    if (this.#permits < 1) return Math.ceil((1 - this.#permits) * 1e3 / perSecond);
    this.#permits -= 1;
    return 0;
  }
};

// src/requests.ts
var Requests = class {
  #env;
  #limits;
  #pace;
  #entries = [];
  #messages = 0;
  #bytes = 0;
  #sent = 0;
  // entries, over this connection or with no need to
  #lastId = 0;
  #write;
  #cancel;
  constructor(env, limits, rate) {
    this.#env = env;
    this.#limits = limits;
    this.#pace = new Pace(rate, env.now());
  }
  get lastId() {
    return this.#lastId;
  }
  add(request) {
    const { messages, bytes } = this.#limits;
    if (request.bytes && (this.#messages >= messages || this.#bytes + request.bytes > bytes)) {
      return Promise.reject(new ClientError("queue_full", `${this.#messages} messages are unanswered`));
    }
    this.#count(request, 1);
    return new Promise((resolve, reject) => {
      this.#entries.push({ ...request, id: 0, resolve, reject });
      this.#flush();
    });
  }
  /** Whether a join of the room is among them. */
  joins(room) {
    return this.#entries.some((entry) => entry.room === room);
  }
  /** For what has no id and is never sent again. Returns whether it may be sent now. */
  mayPost() {
    return this.#write !== void 0 && this.#pace.take(this.#env.now()) === 0;
  }
  /** A connection is there, and the server has begun to handle all ids up to `handled`. */
  resume(handled, write) {
    const unhandled = this.#entries.findIndex((entry) => entry.id === 0 || entry.id > handled);
    this.#open(unhandled < 0 ? this.#entries.length : unhandled, write);
  }
  /** A connection is there, and ids begin anew. `first` go before all others; what was sent and is no such thing is lost. */
  restart(first, write) {
    const lost = this.#entries.filter((entry) => entry.id !== 0 && entry.bytes);
    const kept = this.#entries.filter((entry) => !lost.includes(entry));
    for (const entry of kept) entry.id = 0;
    const unheard = { id: 0, resolve: () => {
    }, reject: () => {
    } };
    this.#entries = [...first.map((request) => ({ ...request, ...unheard })), ...kept];
    this.#lastId = 0;
    for (const entry of lost) this.#fail(entry, new ClientError("session_lost", "it was sent, and nobody knows what came of it"));
    this.#open(0, write);
  }
  /** The connection is lost. */
  pause() {
    this.#write = void 0;
    this.#cancel?.();
    this.#cancel = void 0;
  }
  /** The answer to a request. Returns it; undefined if nobody waits for it any more. */
  settle(id, error, value) {
    const index = this.#entries.findIndex((entry2) => entry2.id === id);
    const entry = this.#entries[index];
    if (!entry) return void 0;
    this.#entries.splice(index, 1);
    if (index < this.#sent) this.#sent -= 1;
    if (error) {
      this.#fail(entry, error);
    } else {
      this.#count(entry, -1);
      entry.resolve(value);
    }
    return entry;
  }
  /** None will be answered. */
  end(error) {
    this.pause();
    for (const entry of this.#entries.splice(0)) this.#fail(entry, error);
  }
  #open(sent, write) {
    this.#sent = sent;
    this.#write = write;
    this.#flush();
  }
  #flush() {
    if (this.#cancel) return;
    for (let entry; this.#write && (entry = this.#entries[this.#sent]); ) {
      const wait = this.#pace.take(this.#env.now());
      if (wait) {
        this.#cancel = this.#env.after(wait, () => {
          this.#cancel = void 0;
          this.#flush();
        });
        return;
      }
      this.#sent += 1;
      entry.id ||= ++this.#lastId;
      this.#write(entry.frame(entry.id), entry.id);
    }
  }
  #fail(entry, error) {
    this.#count(entry, -1);
    entry.reject(error);
  }
  #count({ bytes }, by) {
    if (!bytes) return;
    this.#messages += by;
    this.#bytes += by * bytes;
  }
};

// src/binary.ts
var MESSAGE = 1;
var HEAD_BYTES = 10;
function writeBinary(id, content) {
  const frame = new Uint8Array(HEAD_BYTES + content.length);
  const view = new DataView(frame.buffer);
  view.setUint8(0, MESSAGE);
  view.setBigUint64(1, BigInt(id));
  frame.set(content, HEAD_BYTES);
  return frame;
}
function readBinary(frame) {
  const room = HEAD_BYTES + (frame[HEAD_BYTES - 1] ?? 0);
  if (frame.length < room || frame.length < HEAD_BYTES || frame[0] !== MESSAGE) return void 0;
  const place = {};
  const offset = Number(new DataView(frame.buffer, frame.byteOffset).getBigUint64(1));
  if (offset) place.offset = offset;
  if (room > HEAD_BYTES) place.room = new TextDecoder().decode(frame.subarray(HEAD_BYTES, room));
  return { content: frame.slice(room), place };
}

// src/liveness.ts
var ANSWER_MS = 1e4;
var SLEPT_MS = 2e3;
var Liveness = class {
  #env;
  #pingMs;
  #ping;
  #dead;
  #heardAt;
  #heard = false;
  // since the last ping
  #cancel = () => {
  };
  constructor(env, pingMs, ping, dead) {
    this.#env = env;
    this.#pingMs = pingMs;
    this.#ping = ping;
    this.#dead = dead;
    this.#heardAt = env.now();
    this.#listen();
  }
  heard() {
    this.#heard = true;
    this.#heardAt = this.#env.now();
  }
  /** Asks now, because there is reason to doubt. */
  probe() {
    this.#cancel();
    const asked = this.#env.now();
    this.#heard = false;
    this.#cancel = this.#env.after(ANSWER_MS, () => {
      if (this.#heard) this.#listen();
      else if (this.#env.now() - asked > ANSWER_MS + SLEPT_MS) this.probe();
      else this.#dead();
    });
    this.#ping();
  }
  stop() {
    this.#cancel();
  }
  #listen() {
    const silentMs = this.#env.now() - this.#heardAt;
    this.#cancel = this.#env.after(Math.max(0, this.#pingMs - silentMs), () => {
      if (this.#env.now() - this.#heardAt >= this.#pingMs) this.probe();
      else this.#listen();
    });
  }
};

// src/renewal.ts
var SHARE = 0.8;
var LEAST_MS = 5e3;
var MOST_MS2 = 2 ** 31 - 1;
var Renewal = class {
  #env;
  #token;
  #bring;
  #failed;
  #cancel = () => {
  };
  constructor(env, token, bring, failed) {
    this.#env = env;
    this.#token = token;
    this.#bring = bring;
    this.#failed = failed;
  }
  /** From a token that the server has just taken. */
  start() {
    this.stop();
    const { left } = this.#token;
    if (left === void 0 || left < LEAST_MS || !this.#token.renewable) return;
    const wait = Math.max(LEAST_MS, left * SHARE);
    this.#cancel = this.#env.after(Math.min(wait, MOST_MS2), () => {
      if (wait > MOST_MS2) return this.start();
      this.#bring().catch(this.#failed).finally(() => this.start());
    });
  }
  stop() {
    this.#cancel();
    this.#cancel = () => {
    };
  }
};

// src/presence.ts
var Presence = class {
  #users = /* @__PURE__ */ new Map();
  constructor(people) {
    this.change(people, {});
  }
  /** docs/protocol.md: the leaves first, then the joins, in place of those with the same device. */
  change(joins, leaves) {
    for (const [user, devices] of Object.entries(leaves)) {
      const left = this.#users.get(user);
      for (const { device } of devices) left?.delete(device);
      if (!left?.size) this.#users.delete(user);
    }
    for (const [user, devices] of Object.entries(joins)) {
      const there = this.#users.get(user) ?? /* @__PURE__ */ new Map();
      for (const device of devices) there.set(device.device, device);
      this.#users.set(user, there);
    }
  }
  people() {
    return Object.fromEntries([...this.#users].map(([user, devices]) => [user, [...devices.values()]]));
  }
};

// src/rooms.ts
var Rooms = class {
  #rooms = /* @__PURE__ */ new Map();
  /** The session that offsets are read in. */
  session = "";
  names() {
    return [...this.#rooms.keys()].filter((name) => this.#rooms.get(name)?.here);
  }
  people(name) {
    return this.#rooms.get(name)?.presence?.people();
  }
  position(name) {
    const since = this.#rooms.get(name)?.since;
    return since && { ...since };
  }
  want(name, since) {
    const room = this.#room(name);
    room.wanted = true;
    if (since) room.since = since;
  }
  unwant(name) {
    const room = this.#rooms.get(name);
    if (room) room.wanted = false;
  }
  /** A join goes out. Where nothing else is wished, what was missed is. */
  wish(name, last) {
    const room = this.#room(name);
    return room.wish = last !== void 0 ? { last } : room.since ? { since: { ...room.since } } : {};
  }
  /** Another session begins, in no room. Returns those to be joined again; `left` is told of the others. */
  restart(session, left) {
    this.session = session;
    for (const [name, room] of this.#rooms) {
      const { here, wanted } = room;
      Object.assign(room, { here: false, again: here || room.again, wish: {}, early: void 0 });
      if (wanted) continue;
      this.#rooms.delete(name);
      if (here) left({ room: name, code: "session_lost" });
    }
    return [...this.#rooms.keys()];
  }
  /** Returns what to tell of it; undefined: the answer to a join under way will. */
  joined(frame) {
    const room = this.#room(frame.room);
    room.here = true;
    if (frame.presence) room.presence = new Presence(frame.presence);
    if (frame.id === void 0 && "since" in room.wish) {
      room.early = frame;
      return void 0;
    }
    if (!frame.recovered) this.#begin(room, frame);
    const joined = { room: frame.room };
    const recovered = frame.recovered ?? (room.again ? false : void 0);
    if (recovered !== void 0) joined.recovered = recovered;
    const people = room.presence?.people();
    if (people) joined.presence = people;
    Object.assign(room, { again: false, wish: {}, early: void 0 });
    return joined;
  }
  /** A join was answered with an error. Returns what to tell of it. */
  refused(name, code) {
    const room = this.#room(name);
    const { early, again } = room;
    Object.assign(room, { wanted: false, again: false, wish: {}, early: void 0 });
    if (early) return { joined: { ...this.joined(early), recovered: false } };
    if (room.here) return void 0;
    this.#rooms.delete(name);
    return again ? { left: { room: name, code } } : void 0;
  }
  /** joins: a join of ours is under way, and with it the wish, and what comes again behind its answer. */
  left(name, joins) {
    const room = this.#rooms.get(name);
    if (room && joins) Object.assign(room, { here: false, again: false, presence: void 0, early: void 0 });
    else this.#rooms.delete(name);
  }
  changed({ room, joins, leaves }) {
    this.#rooms.get(room)?.presence?.change(joins, leaves);
  }
  /** Whether the message must be shown: not, if it is a repeat, or comes again behind the answer to a join. */
  read({ room: name, offset }) {
    const room = name === void 0 ? void 0 : this.#rooms.get(name);
    if (!room || offset === void 0) return true;
    if ("since" in room.wish) return false;
    if (!room.since) return true;
    if (offset <= room.since.offset) return false;
    Object.assign(room.since, { offset, session: this.session });
    return true;
  }
  /** Offsets are read from the frame's on; from the first on, if old messages were asked for. */
  #begin(room, { epoch, offset = 0 }) {
    const read = "last" in room.wish ? 0 : offset;
    room.since = epoch === void 0 ? void 0 : { epoch, offset: read, session: this.session };
  }
  #room(name) {
    const room = this.#rooms.get(name) ?? { wanted: false, here: false, again: false, wish: {} };
    this.#rooms.set(name, room);
    return room;
  }
};

// src/session.ts
var PROTOCOL = "microframe.v1";
var REPORT_FRAMES = 64;
var REPORT_MS = 1e3;
var ANSWERS_MAX = 64;
var Session = class {
  #env;
  #link;
  #token;
  #requests;
  #events;
  #rooms = new Rooms();
  #renewal;
  #connection;
  #liveness;
  // from the welcome on
  #id = "";
  #secret = "";
  #attempts = 0;
  // to resume it
  #received = 0;
  #reported = 0;
  #cancelReport;
  #answers = [];
  // which may not have arrived
  user;
  constructor(env, link, token, requests, events) {
    this.#env = env;
    this.#link = link;
    this.#token = token;
    this.#requests = requests;
    this.#events = events;
    this.#renewal = new Renewal(env, token, () => this.refresh(), (error) => events.emit("error", error));
  }
  // --- the connection
  protocols() {
    return this.#id ? [PROTOCOL, `resume.${this.#id}.${this.#secret}.${this.#received}.${++this.#attempts}`] : [PROTOCOL];
  }
  opened(connection, protocol) {
    this.#connection = connection;
    if (protocol !== PROTOCOL) this.#link.end(new ClientError("not_supported", `the server does not speak ${PROTOCOL}`));
  }
  probe() {
    this.#liveness?.probe();
  }
  lost() {
    this.#connection = void 0;
    this.#liveness?.stop();
    this.#liveness = void 0;
    this.#renewal.stop();
    this.#cancelReport?.();
    this.#cancelReport = void 0;
    this.#requests.pause();
  }
  ended(error) {
    this.lost();
    this.#requests.end(error);
  }
  // --- in
  text(text) {
    this.#liveness?.heard();
    const frame = parse(text);
    if (frame["t"] === "welcome") return this.#welcome(frame);
    if (!this.#liveness || frame["t"] === "pong") return;
    if (frame["t"] === "bye") return this.#bye(frame);
    this.#count();
    this.#take[frame["t"]]?.(frame);
  }
  binary(bytes) {
    this.#liveness?.heard();
    if (!this.#liveness) return;
    this.#count();
    const read = readBinary(bytes);
    if (read && this.#rooms.read(read.place)) this.#events.emit("binary", read.content, read.place);
  }
  #take = {
    message: (frame) => this.#message(frame),
    ack: ({ id, data }) => this.#settle(id, void 0, data),
    error: ({ id, code, message }) => {
      const error = new ClientError(code, message);
      if (id === void 0) this.#events.emit("error", error);
      else this.#settle(id, error);
    },
    joined: (frame) => {
      const joined = this.#rooms.joined(frame);
      if (joined) this.#events.emit("joined", joined);
      if (frame["id"] !== void 0) this.#settle(frame["id"], void 0, joined);
    },
    left: ({ id, room }) => {
      this.#rooms.left(room, this.#requests.joins(room));
      this.#events.emit("left", { room });
      if (id !== void 0) this.#settle(id, void 0);
    },
    presence: ({ room, joins, leaves }) => {
      this.#rooms.changed({ room, joins, leaves });
      this.#events.emit("presence", { room, joins, leaves });
    }
  };
  #welcome(frame) {
    const resumed = frame["resumed"] === true;
    const connection = this.#connection;
    this.#liveness = new Liveness(this.#env, frame["ping_ms"], () => connection.send('{"t":"ping"}'), () => this.#link.lost());
    this.#id = frame["session"];
    this.#secret = frame["secret"];
    this.user = frame["user"];
    if (resumed) this.#resume(frame["handled"], connection);
    else this.#begin(connection);
    this.#renewal.start();
    this.#link.welcomed({ resumed });
  }
  #resume(handled, connection) {
    this.#reported = this.#received;
    for (const { frame } of this.#answers) connection.send(frame);
    this.#requests.resume(handled, (frame) => connection.send(frame));
  }
  #begin(connection) {
    this.#attempts = this.#received = this.#reported = 0;
    this.#answers = [];
    const rooms = this.#rooms.restart(this.#id, (left) => this.#events.emit("left", left));
    const joins = rooms.filter((room) => !this.#requests.joins(room)).map((room) => this.#joining(room, void 0));
    this.#requests.restart(joins, (frame) => connection.send(frame));
  }
  #bye({ code, reason, reconnect, retry_ms: retryMs }) {
    this.#link.advised(reconnect, retryMs);
    this.#events.emit("bye", { code, reason, reconnect, retryMs });
  }
  #message({ data, room, offset, id }) {
    const place = {};
    if (room !== void 0) place.room = room;
    if (offset !== void 0) place.offset = offset;
    if (!this.#rooms.read(place)) return;
    if (id === void 0) return this.#events.emit("message", data, place);
    const session = this.#id;
    this.#events.ask("message", data, place).then(
      (reply) => this.#answer(session, { t: "ack", id, data: reply }),
      (error) => this.#answer(session, { t: "error", id, code: wordOf(error), message: String(error?.message ?? error) })
    );
  }
  #answer(session, answer) {
    if (session !== this.#id) return;
    const frame = JSON.stringify(answer);
    this.#answers = [...this.#answers, { frame, lastId: this.#requests.lastId }].slice(-ANSWERS_MAX);
    if (this.#liveness) this.#connection?.send(frame);
  }
  #settle(id, error, value) {
    this.#link.proved();
    this.#answers = this.#answers.filter(({ lastId }) => lastId >= id);
    const room = this.#requests.settle(id, error, value)?.room;
    if (!error || room === void 0) return;
    const told = this.#rooms.refused(room, error.code);
    if (told && "joined" in told) this.#events.emit("joined", told.joined);
    else if (told) this.#events.emit("left", told.left);
  }
  // --- counting
  #count() {
    this.#received += 1;
    if (this.#received - this.#reported >= REPORT_FRAMES) this.#report();
    else this.#cancelReport ??= this.#env.after(REPORT_MS, () => this.#report());
  }
  #report() {
    this.#cancelReport?.();
    this.#cancelReport = void 0;
    this.#reported = this.#received;
    this.#connection?.send(`{"t":"received","n":${this.#received}}`);
  }
  // --- out
  send(json) {
    return this.#requests.add({ frame: (id) => `{"t":"message","id":${id},"data":${json}}`, bytes: json.length });
  }
  post(json) {
    if (!this.#requests.mayPost()) return false;
    this.#connection?.send(`{"t":"message","data":${json}}`);
    return true;
  }
  sendBinary(bytes) {
    const copy = bytes.slice();
    return this.#requests.add({ frame: (id) => writeBinary(id, copy), bytes: bytes.length || 1 });
  }
  join(room, { last, since }) {
    this.#rooms.want(room, since);
    return this.#requests.add(this.#joining(room, last));
  }
  async leave(room) {
    this.#rooms.unwant(room);
    const frame = (id) => JSON.stringify({ t: "leave", id, room });
    await this.#requests.add({ frame, bytes: 0 }).catch((error) => {
      if (error.code !== "not_in_room") throw error;
    });
  }
  async refresh() {
    const token = await this.#token.renew();
    await this.#requests.add({ frame: (id) => JSON.stringify({ t: "refresh", id, token }), bytes: 0 });
    this.#renewal.start();
  }
  #joining(room, last) {
    return { frame: (id) => JSON.stringify({ t: "join", id, room, ...this.#rooms.wish(room, last) }), bytes: 0, room };
  }
  rooms() {
    return this.#rooms.names();
  }
  people(room) {
    return this.#rooms.people(room);
  }
  position(room) {
    return this.#rooms.position(room);
  }
};
function parse(text) {
  try {
    return JSON.parse(text) ?? {};
  } catch {
    return {};
  }
}
function wordOf(error) {
  const code = error?.code;
  return typeof code === "string" ? code : "failed";
}

// src/token.ts
var SPARE_MS = 3e4;
function expiryOf(token) {
  try {
    const payload = (token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/");
    const { exp } = JSON.parse(atob(payload));
    return typeof exp === "number" ? exp * 1e3 : void 0;
  } catch {
    return void 0;
  }
}
var Token = class {
  #ask;
  #now;
  #token;
  constructor(ask, now) {
    this.#ask = ask;
    this.#now = now;
  }
  /** Whether there is anyone to ask. */
  get renewable() {
    return this.#ask !== void 0;
  }
  /** Milliseconds that it is still good for; undefined where it does not say. */
  get left() {
    const expiry = this.#token === void 0 ? void 0 : expiryOf(this.#token);
    return expiry === void 0 ? void 0 : expiry - this.#now();
  }
  async get() {
    if (this.#token === void 0 || (this.left ?? Infinity) < SPARE_MS) await this.renew();
    return this.#token;
  }
  async renew() {
    this.#token = await this.#ask?.();
    return this.#token;
  }
  /** It was refused, or nobody knows. */
  forget() {
    this.#token = void 0;
  }
};

// src/client.ts
var Client = class {
  #events = new Emitter();
  #link;
  #dialogue;
  /** @internal */
  constructor(url, options) {
    const env = environment(options);
    const token = new Token(options.token, env.now);
    const queue = { messages: 1e3, bytes: 2 ** 20, ...options.queue };
    const requests = new Requests(env, queue, { perSecond: 90, burst: 150, ...options.rate });
    this.#link = new Link(env, url, token, {
      state: (state, detail) => this.#events.emit("state", state, detail),
      error: (error) => this.#events.emit("error", error)
    });
    this.#dialogue = options.plain ? new Plain(this.#link, requests, this.#events) : new Session(env, this.#link, token, requests, this.#events);
    this.#link.start(this.#dialogue);
  }
  get state() {
    return this.#link.state;
  }
  /** Who the server says this is; undefined before the first welcome. */
  get user() {
    return this.#dialogue.user;
  }
  /** Calls `handler` at each such event. Returns a function that ends that. */
  on(name, handler) {
    return this.#events.on(name, handler);
  }
  /**
   * Sends a message, now or once there is a connection. The promise is kept when the server has handled it: with the reply, or
   * undefined; it is broken with a `ClientError`. In plain mode it is kept when the message was handed to a connection.
   */
  send(data) {
    return this.#take(() => this.#dialogue.send(textOf(data)));
  }
  /** The same, with bytes. */
  sendBinary(bytes) {
    return this.#take(() => this.#dialogue.sendBinary(bytes));
  }
  /** Sends what is worth nothing later, such as that somebody is typing. Returns whether it was sent: never if it had to wait. */
  post(data) {
    return this.#dialogue.post(textOf(data));
  }
  /** Enters a room, and again in every new session until `leave()`. What was missed in between follows, or `joined` tells. */
  join(room, options = {}) {
    return this.#take(() => this.#dialogue.join(room, options));
  }
  leave(room) {
    return this.#take(() => this.#dialogue.leave(room));
  }
  /** The rooms it is in, by its own wish or the server's. */
  get rooms() {
    return this.#dialogue.rooms();
  }
  /** Who is in a room; undefined where the application does not tell. */
  presence(room) {
    return this.#dialogue.people(room);
  }
  /** How far a room that keeps its messages was read: for a later `join(room, {since})`. */
  position(room) {
    return this.#dialogue.position(room);
  }
  /** Asks for a fresh token and gives it to the server. This happens by itself before the old one ends. */
  refresh() {
    return this.#take(() => this.#dialogue.refresh());
  }
  /** Ends it. What is unanswered is rejected with `closed`. */
  close() {
    this.#link.close();
  }
  async #take(ask) {
    if (this.state === "closed") throw new ClientError("closed", "the client is closed");
    return ask();
  }
};
function textOf(data) {
  return JSON.stringify(data ?? null) ?? "null";
}

// src/index.ts
function connect(url, options = {}) {
  return new Client(url, options);
}
export {
  ClientError,
  connect
};
