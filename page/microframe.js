// The client of clients/js in one file, made by its `npm run build`: change it there.

// src/error.ts
var ClientError = class extends Error {
  code;
  /** Of the Close that ended the client, if one did. */
  closeCode;
  constructor(code, message = code, closeCode) {
    super(message);
    this.name = "ClientError";
    this.code = code;
    this.closeCode = closeCode;
  }
};

// src/address.ts
function addressOf(url) {
  let address = String(url);
  try {
    if (/^\/\w/.test(address)) address = location.origin + address;
    address = address.replace(/^http/, "ws");
    new URL(address);
    if (/^wss?:[^#]+$/.test(address)) return address;
  } catch {
  }
  throw new ClientError("bad_url", `bad url: ${url}`);
}

// src/binary.ts
var MESSAGE = 1;
var HEAD_BYTES = 10;
function copyOf(data) {
  if (data.byteLength === void 0) throw new TypeError("bytes?");
  return (ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)).slice();
}
function writeBinary(id, content, of = "") {
  const frame = new Uint8Array(HEAD_BYTES + of.length + content.length);
  new DataView(frame.buffer).setBigUint64(1, BigInt(id));
  frame[0] = MESSAGE;
  frame[HEAD_BYTES - 1] = of.length;
  frame.set([...of].map((c) => c.charCodeAt(0)), HEAD_BYTES);
  frame.set(content, HEAD_BYTES + of.length);
  return frame;
}
function readBinary(frame) {
  const room = HEAD_BYTES + (frame[HEAD_BYTES - 1] ?? 0);
  if (frame.length < room || frame[0] !== MESSAGE) return void 0;
  const place = {};
  const offset = Number(new DataView(frame.buffer, frame.byteOffset).getBigUint64(1));
  if (offset) place.offset = offset;
  if (room > HEAD_BYTES) place.room = new TextDecoder().decode(frame.subarray(HEAD_BYTES, room));
  return { content: frame.slice(room), place };
}

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
    return [...this.#of(name)].map(async (handler) => handler(...args));
  }
  #of(name) {
    const handlers = this.#handlers.get(name) ?? /* @__PURE__ */ new Set();
    this.#handlers.set(name, handlers);
    return handlers;
  }
};

// src/environment.ts
var TIMER_MS_MAX = 2 ** 31 - 1;
function onNetwork(action) {
  const visible = () => {
    if (document.visibilityState === "visible") action(true);
  };
  const sources = [
    [globalThis.window, "online", () => action(true)],
    [globalThis.window, "offline", () => action(false)],
    [globalThis.document, "visibilitychange", visible]
  ];
  for (const [target, name, listener] of sources) target?.addEventListener?.(name, listener);
  return () => {
    for (const [target, name, listener] of sources) target?.removeEventListener?.(name, listener);
  };
}
function environment(given) {
  const { debug } = given;
  const found = given.WebSocket ?? globalThis.WebSocket;
  if (!found) throw new ClientError("not_supported", "no WebSocket");
  return {
    now: () => Date.now(),
    clock: () => performance.now(),
    random: Math.random,
    after: (ms, action) => {
      const timer = setTimeout(action, Math.min(ms, TIMER_MS_MAX));
      return () => clearTimeout(timer);
    },
    onNetwork,
    trace: typeof debug === "function" ? debug : debug ? console.debug : () => {
    },
    ...given,
    WebSocket: found
  };
}

// src/json.ts
function jsonOf(data) {
  return (JSON.stringify(data ?? null) ?? "null").replace(/\\(\\|ud[89a-f]..)/g, (match, what) => what[1] ? "�" : match);
}
function measure(json) {
  let bytes = json.length;
  let depth = 0;
  let level = 0;
  let quoted = false;
  for (let i = 0; i < json.length; ++i) {
    const unit = json.charCodeAt(i);
    if (unit > 127) bytes += unit > 2047 && (unit & 63488) !== 55296 ? 2 : 1;
    else if (unit === 34) quoted = !quoted;
    else if (quoted) i += +(unit === 92);
    else if (unit === 91 || unit === 123) depth = Math.max(depth, ++level);
    else if (unit === 93 || unit === 125) level -= 1;
  }
  return { bytes, depth };
}

// src/connection.ts
var GIVEN_UP = 4e3;
var CLOSE_MS = 1e3;
var CROWDED_BYTES = 2 ** 16;
var Connection = class {
  #socket;
  #env;
  /**
   * ended: the last of all, once; not after drop().
   *
   * errors: throws what WebSocket's constructor throws, where the page's policy forbids the address.
   */
  constructor(env, url, protocols, listener, ended) {
    let failure = "";
    this.#env = env;
    const socket = this.#socket = new env.WebSocket(url, protocols);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => listener.opened(this, socket.protocol);
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") listener.text(data);
      else listener.binary(new Uint8Array(data));
    };
    socket.onclose = ({ code, reason }) => ended(code, reason || failure);
    socket.onerror = (event) => {
      failure = event?.message ?? "";
    };
  }
  /** Whether so much waits to leave that what is worth nothing later is better not sent. */
  get crowded() {
    return (this.#socket.bufferedAmount ?? 0) > CROWDED_BYTES;
  }
  send(frame) {
    this.#env.trace(`out: ${frame.slice(0, 20)}.. (${frame.length})`);
    this.#socket.send(frame);
  }
  /** Nothing more is heard of it. */
  drop(code = GIVEN_UP) {
    const socket = this.#socket;
    socket.onopen = socket.onmessage = socket.onclose = null;
    if (socket.terminate) socket.onclose = this.#env.after(CLOSE_MS, () => socket.terminate());
    socket.close(code);
  }
};

// src/fate.ts
var TOO_BIG = 1009;
var UNAUTHENTICATED = 4401;
var TOO_MANY = 4429;
var HEALING = /^(0|10(0[1569]|1[1-4])|44(08|29))$/;
var WORDS = { [UNAUTHENTICATED]: "unauthorized", 4403: "forbidden", 4409: "replaced" };
function fateOf(code, advised) {
  if (code === UNAUTHENTICATED) return "token";
  return advised ?? HEALING.test(`${code}`) ? "again" : "end";
}
function endOf(code, reason) {
  return new ClientError(WORDS[code] ?? "closed", `closed: ${code} ${reason}`.trimEnd(), code);
}

// src/link.ts
var FIRST_MS = 500;
var MOST_MS = 3e4;
var WELCOME_MS = 1e4;
var SETTLED_MS = 5e3;
var ADVICE_MS_MAX = 864e5;
var TOO_MANY_MS = 5e3;
var DOUBTS_MAX = 3;
var Link = class {
  #env;
  #url;
  #token;
  #events;
  #unwatch;
  #talk;
  #state = "connecting";
  #connection;
  #attempt = 0;
  // its number, so that one that was overtaken notices
  #failures = 0;
  // in a row
  #refusals = 0;
  // of tokens, in a row
  #doubts = 0;
  // attempts without a welcome, since the last token
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
    this.#refusals = this.#doubts = 0;
    this.#welcomedAt = this.#env.clock();
    this.#change("open", detail);
  }
  /** The server has done what it was asked: it is well, and so is the way to it. */
  proved() {
    this.#failures = 0;
  }
  /** returns: how long to stay away. */
  advised(reconnect, retryMs) {
    const ms = typeof retryMs === "number" ? Math.min(Math.max(0, retryMs), ADVICE_MS_MAX) : 0;
    this.#advice = { reconnect, retryMs: ms };
    return ms;
  }
  /** The connection is given up. */
  lost(reason) {
    this.#connection?.drop();
    this.#ended(1006, reason);
  }
  end(error) {
    this.#finish(error, { code: error.closeCode, reason: error.message, error });
  }
  // --- by the application
  close() {
    this.#finish(new ClientError("closed"), {});
  }
  // --- attempts
  async #open() {
    if (this.#state === "closed") return;
    const attempt = ++this.#attempt;
    this.#cancel();
    this.#mayHurry = false;
    this.#env.trace(`attempt ${attempt}`);
    try {
      const token = await this.#token.read();
      if (attempt === this.#attempt) this.#connect(token);
    } catch (error) {
      const failure = error;
      if (attempt === this.#attempt) this.#events.emit("error", failure);
      if (attempt === this.#attempt) this.#wait(1006, failure.message, void 0, failure);
    }
  }
  #connect(token) {
    const protocols = this.#talk.protocols();
    if (token !== void 0) protocols.push(`token.${token}`);
    let connection;
    try {
      connection = new Connection(this.#env, this.#url, protocols, this.#talk, (code, reason) => this.#ended(code, reason));
    } catch (error) {
      throw new ClientError("blocked", `${error}`);
    }
    this.#connection = connection;
    this.#cancel = this.#env.after(WELCOME_MS, () => this.lost("no welcome"));
  }
  #ended(code, reason) {
    this.#connection = void 0;
    this.#cancel();
    if (this.#welcomedAt === void 0) {
      if (++this.#doubts % DOUBTS_MAX === 0 || /401/.test(reason)) this.#token.forget();
    } else if (this.#env.clock() - this.#welcomedAt >= SETTLED_MS) {
      this.#failures = 0;
    }
    this.#welcomedAt = void 0;
    const advice = this.#advice;
    this.#advice = void 0;
    this.#talk.lost(code);
    const end = endOf(code, reason);
    const fate = fateOf(code, advice?.reconnect);
    if (fate === "again") this.#wait(code, end.message, advice?.retryMs);
    else if (fate === "token" && this.#token.renewable && !this.#refusals++) this.#refused(code, end.message);
    else this.end(end);
  }
  /** Another token may do; at once. */
  #refused(code, reason) {
    this.#token.forget();
    this.#change("reconnecting", { code, reason, retryMs: 0 });
    void this.#open();
  }
  /** advisedMs: what a server said that sends many away at once; nothing shortens it. */
  #wait(code, reason, advisedMs, error) {
    this.#mayHurry = advisedMs === void 0 && code !== TOO_MANY;
    const retryMs = (advisedMs ?? this.#env.random() * Math.min(MOST_MS, FIRST_MS * 2 ** this.#failures++)) + (code === TOO_MANY ? TOO_MANY_MS : 0);
    this.#cancel = this.#env.after(retryMs, () => void this.#open());
    this.#change("reconnecting", { code, reason, retryMs, error });
  }
  #network(back) {
    if (this.#welcomedAt !== void 0) return this.#talk.probe();
    if (!back || !this.#mayHurry) return;
    this.#failures = 0;
    void this.#open();
  }
  #finish(error, detail) {
    if (this.#state === "closed") return;
    this.#attempt += 1;
    this.#cancel();
    this.#unwatch();
    this.#token.stop();
    this.#welcomedAt = void 0;
    this.#mayHurry = false;
    this.#connection?.drop(1e3);
    this.#connection = void 0;
    this.#change("closed", detail);
    this.#talk.ended(error);
  }
  #change(state, detail) {
    this.#state = state;
    this.#env.trace(`${state}: ${detail.reason}`);
    this.#events.emit("state", state, detail);
  }
};

// src/plain.ts
var unsupported = () => Promise.reject(new ClientError("not_supported"));
var Plain = class {
  #link;
  #requests;
  #events;
  user = void 0;
  constructor(link, requests, events) {
    this.#link = link;
    this.#requests = requests;
    requests.answered = false;
    this.#events = events;
  }
  protocols() {
    return [];
  }
  opened(connection) {
    this.#requests.restart([], connection);
    this.#link.welcomed({ resumed: false });
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
    this.#requests.pause();
  }
  ended(error) {
    this.#requests.end(error);
  }
  frame(content) {
    return content;
  }
  join = unsupported;
  leave = unsupported;
  refresh = unsupported;
};

// src/quiet.ts
function quiet(promise) {
  promise.catch(() => {
  });
  return promise;
}

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
var ROOM_REQUESTS_MAX = 1e3;
var INHERIT_MS = 24e4;
var Requests = class {
  #env;
  #limits;
  #pace;
  #entries = [];
  #sent = 0;
  // entries, over this connection or with no need to
  #lastId = 0;
  #connection;
  #cancel;
  #end;
  /** The longest and the deepest frame that the server takes, as far as is known. */
  bytesMax = Infinity;
  depthMax = Infinity;
  /** The session of before, if what was sent in it may be sent again in the next. */
  former;
  /** Whether the server answers. If not, a request is done when it was sent. */
  answered = true;
  constructor(env, limits, rate) {
    this.#env = env;
    this.#limits = limits;
    this.#pace = new Pace(rate, env.clock());
  }
  get lastId() {
    return this.#lastId;
  }
  /** errors: rejects with queue_full, too_long, too_deep, timeout, aborted, and what the answer or the end says. */
  add(request, { timeout, signal } = {}) {
    const patient = timeout === void 0 && !signal;
    const before = patient && this.about(request.room);
    if (before && before.asks === request.asks) return before.promise;
    const entry = entryOf(request);
    if (!patient) entry.asks += " ";
    const fault = this.#end ?? this.#full(request) ?? (request.cost && this.fault(request.frame(1)));
    this.#entries.push(entry);
    const withdraw = (code) => this.#fail(entry, fault || new ClientError(code));
    const abort = () => withdraw("aborted");
    const stop = timeout === void 0 ? void 0 : this.#env.after(timeout, () => withdraw("timeout"));
    signal?.addEventListener("abort", abort);
    entry.forget = () => {
      stop?.();
      signal?.removeEventListener("abort", abort);
    };
    if (fault || signal?.aborted) abort();
    this.#flush();
    return entry.promise;
  }
  /** returns: too_long or too_deep, if the server does not take it. */
  fault(frame) {
    const { bytes, depth } = typeof frame === "string" ? measure(frame) : { bytes: frame.length, depth: 0 };
    const code = bytes > this.bytesMax ? "too_long" : depth > this.depthMax ? "too_deep" : "";
    return code ? new ClientError(code, `${bytes} bytes`) : void 0;
  }
  /** The room's last request. */
  about(room) {
    return this.#entries.filter((entry) => room && entry.room === room).pop();
  }
  /** Whether a join of the room is among them. */
  joins(room) {
    return this.#entries.some((entry) => entry.room === room && entry.asks !== "leave");
  }
  /** For what has no id and is never sent again. returns: whether it was sent: not, if it had to wait. */
  post(frame) {
    const connection = this.#connection;
    if (!connection || connection.crowded || this.fault(frame) || this.#pace.take(this.#env.clock())) return false;
    connection.send(frame);
    return true;
  }
  /** A connection is there, and the server has begun to handle all ids up to `handled`. */
  resume(handled, connection) {
    this.#open(this.#entries.filter(({ id }) => id && id <= handled).length, connection);
  }
  /**
   * A connection is there, and ids begin anew. `first` go before all others; messages that were sent are lost.
   * strange: why none of what waits may be sent, if so.
   */
  restart(first, connection, strange) {
    for (const entry of [...this.#entries]) {
      if (entry.cost && entry.sentAt) {
        if (this.former && !strange && this.#env.now() - entry.sentAt < INHERIT_MS) entry.of ??= `${this.former}.${entry.id}`;
        else this.#fail(entry, new ClientError("session_lost"));
      }
      entry.id = 0;
      if (strange) this.#fail(entry, strange);
    }
    const before = first.map(entryOf);
    for (const { promise } of before) quiet(promise);
    this.#entries.unshift(...before);
    this.#lastId = 0;
    this.#open(0, connection);
  }
  /** The connection is lost. */
  pause() {
    this.#connection = void 0;
    this.#cancel?.();
    this.#cancel = void 0;
  }
  /** The answer to a request, if anybody still waits for it. */
  settle(id, error, value) {
    const entry = this.#entries.find((other) => id && other.id === id);
    if (!entry) return;
    if (error && error.code !== entry.forgives) return this.#fail(entry, error);
    this.#remove(entry);
    entry.resolve(value);
  }
  /** The server has closed because of the length of what was sent: the longest is the likeliest. */
  tooLong() {
    const [longest] = this.#entries.slice(0, this.#sent).sort((a, b) => b.cost - a.cost);
    if (longest?.cost) this.#fail(longest, new ClientError("too_long"));
  }
  /** None will be answered. */
  end(error) {
    this.pause();
    this.#end = error;
    for (const entry of this.#entries.splice(0)) {
      entry.forget();
      if (!error.closeCode) quiet(entry.promise);
      entry.reject(error);
    }
  }
  #open(sent, connection) {
    this.#sent = sent;
    this.#connection = connection;
    this.#flush();
  }
  #flush() {
    if (this.#cancel) return;
    for (let entry; this.#connection && (entry = this.#entries[this.#sent]); ) {
      const wait = this.#pace.take(this.#env.clock());
      if (wait) {
        this.#cancel = this.#env.after(wait, () => {
          this.#cancel = void 0;
          this.#flush();
        });
        return;
      }
      this.#sent += 1;
      entry.id ||= ++this.#lastId;
      entry.sentAt ??= this.#env.now();
      const frame = entry.frame(entry.id, entry.of);
      const fault = this.fault(frame);
      if (fault) {
        this.#fail(entry, fault);
      } else {
        this.#connection.send(frame);
        if (!this.answered) this.settle(entry.id);
      }
    }
  }
  #full({ cost, room }) {
    const messages = this.#entries.filter((entry) => entry.cost);
    const limits = this.#limits;
    const full = cost ? messages.length >= limits.messages || messages.reduce((sum, entry) => sum + entry.cost, cost) > limits.bytes : room && this.#entries.length >= messages.length + ROOM_REQUESTS_MAX;
    return full ? new ClientError("queue_full") : void 0;
  }
  #fail(entry, error) {
    if (!this.#remove(entry)) return;
    entry.reject(error);
    entry.failed?.(entry.id, error);
  }
  #remove(entry) {
    const index = this.#entries.indexOf(entry);
    if (index < 0) return false;
    this.#entries.splice(index, 1);
    if (index < this.#sent) this.#sent -= 1;
    entry.forget();
    return true;
  }
};
function entryOf(request) {
  const entry = { ...request, id: 0, forget: () => {
  } };
  entry.promise = new Promise((resolve, reject) => Object.assign(entry, { resolve, reject }));
  return entry;
}

// src/presence.ts
var Presence = class {
  #users = /* @__PURE__ */ new Map();
  #people;
  // the same until something changes
  constructor(people) {
    this.change(people, {});
  }
  /** docs/protocol.md: the leaves first, then the joins, in place of those with the same device. */
  change(joins, leaves) {
    this.#people = void 0;
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
    return this.#people ??= Object.fromEntries([...this.#users].map(([user, devices]) => [user, [...devices.values()]]));
  }
};
function without(people, others) {
  const known = JSON.stringify(others);
  const left = Object.entries(people).map(([user, devices]) => [user, devices.filter((device) => !known.includes(JSON.stringify(device)))]);
  return Object.fromEntries(left.filter(([, { length }]) => length));
}

// src/rooms.ts
var Rooms = class {
  #rooms = /* @__PURE__ */ new Map();
  #names = [];
  /** The session that offsets are read in. */
  session = "";
  /** returns: the same array until something changes. */
  names() {
    const names = [...this.#rooms.keys()].filter((name) => this.#rooms.get(name)?.here);
    if (JSON.stringify(names) !== JSON.stringify(this.#names)) this.#names = names;
    return this.#names;
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
    room.holders += 1;
    if (since) Object.assign(room, { since, oldest: since.offset + 1 });
  }
  /** A holder lets go, or all do. returns: whether none is left. */
  unwant(name, all = false) {
    const room = this.#rooms.get(name);
    if (room) room.holders = all ? 0 : Math.max(0, room.holders - 1);
    return !room?.holders;
  }
  /** The join `id` goes out. What was missed is wished for in any case. */
  wish(name, last, id) {
    const wish = { last, since: this.position(name) };
    if (last || wish.since) this.#room(name).wishes.set(id, last);
    return wish;
  }
  /** Another session begins, in no room. returns: those to be joined again; `left` is told of the others. */
  restart(session, left) {
    this.session = session;
    for (const [name, room] of this.#rooms) {
      const { here, holders } = room;
      Object.assign(room, { here: false, again: here || room.again, early: void 0 });
      room.wishes.clear();
      if (holders) continue;
      this.#rooms.delete(name);
      if (here) left({ room: name, code: "session_lost" });
    }
    return [...this.#rooms.keys()];
  }
  /** They were another user's. returns: those that it was in. */
  drop() {
    const names = this.names();
    this.#rooms.clear();
    return names;
  }
  /** returns: what to tell of it; undefined: the answer to a join under way will. */
  joined(frame) {
    const { id = 0, presence } = frame;
    const people = presence && new Presence(presence);
    const room = this.#room(frame.room);
    room.here = true;
    if (people) room.presence = people;
    const last = room.wishes.get(id);
    room.wishes.delete(id);
    room.joinedAt = frame.offset ?? 0;
    if (!id && room.wishes.size) {
      room.early = frame;
      return void 0;
    }
    this.#begin(room, frame, last);
    const joined = { room: frame.room };
    const recovered = frame.recovered ?? (room.again ? false : void 0);
    if (recovered !== void 0) joined.recovered = recovered;
    if (room.presence) joined.presence = room.presence.people();
    Object.assign(room, { again: false, early: void 0 });
    return joined;
  }
  /** A join was answered with an error. returns: what to tell of it. */
  refused(name, id, code) {
    const room = this.#room(name);
    const { early, again, here } = room;
    room.wishes.delete(id);
    this.unwant(name, !here);
    if (early && !room.wishes.size) return ["joined", { ...this.joined(early), recovered: false }];
    if (here) return void 0;
    this.#rooms.delete(name);
    return again ? ["left", { room: name, code }] : void 0;
  }
  /** A join was given up here. returns: whether the server may have put us in. */
  withdrawn(name, id) {
    const room = this.#room(name);
    room.wishes.delete(id);
    if (!this.unwant(name) || room.here) return false;
    return this.#rooms.delete(name);
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
    const room = this.#rooms.get(name);
    if (!room || !offset) return true;
    if (room.wishes.size && offset > room.joinedAt) {
      room.early ??= { room: name };
      return false;
    }
    const { since } = room;
    if (!since) return true;
    if (offset > since.offset) Object.assign(since, { offset, session: this.session });
    else if (offset >= room.older) return false;
    room.oldest = Math.min(room.oldest, offset);
    return true;
  }
  /** Reading goes on where it was, and what is older than all that was told is new too; or it begins anew. */
  #begin(room, { epoch, offset = 0, recovered }, last) {
    if (room.since?.epoch === epoch && (last || recovered)) room.older = room.oldest;
    else Object.assign(room, { oldest: offset + 1, older: 0, since: epoch && { epoch, offset: last ? 0 : offset, session: this.session } });
  }
  #room(name) {
    const room = this.#rooms.get(name) ?? { holders: 0, wishes: /* @__PURE__ */ new Map() };
    this.#rooms.set(name, room);
    return room;
  }
};

// src/frame.ts
var TEXTS = /^(session|secret|room|epoch)$/;
var COUNTS = /^(id|offset|handled)$/;
var ROOMS = /^(joined|left|presence)$/;
function readFrame(json) {
  try {
    return Object(JSON.parse(json));
  } catch {
    return {};
  }
}
function check(frame) {
  if (ROOMS.test(frame["t"])) frame["room"] ??= 0;
  for (const [name, value] of Object.entries(frame)) {
    if (TEXTS.test(name) ? typeof value !== "string" : COUNTS.test(name) && !Number.isSafeInteger(value)) throw name;
  }
}

// src/liveness.ts
var ANSWER_MS = 1e4;
var PING_MS = 25e3;
var PING_MS_MIN = 1e3;
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
    this.#pingMs = typeof pingMs === "number" ? Math.max(PING_MS_MIN, pingMs) : PING_MS;
    this.#ping = ping;
    this.#dead = dead;
    this.#heardAt = env.clock();
    this.#listen();
  }
  heard() {
    this.#heard = true;
    this.#heardAt = this.#env.clock();
  }
  /** Asks now, because there is reason to doubt. */
  probe() {
    this.#cancel();
    const asked = this.#env.clock();
    this.#heard = false;
    this.#cancel = this.#env.after(ANSWER_MS, () => {
      if (this.#heard) this.#listen();
      else if (this.#env.clock() - asked > ANSWER_MS + SLEPT_MS) this.probe();
      else this.#dead();
    });
    this.#ping();
  }
  stop() {
    this.#cancel();
  }
  #listen() {
    const silentMs = this.#env.clock() - this.#heardAt;
    this.#cancel = this.#env.after(Math.max(0, this.#pingMs - silentMs), () => {
      if (this.#env.clock() - this.#heardAt >= this.#pingMs) this.probe();
      else this.#listen();
    });
  }
};

// src/session.ts
var PROTOCOL = "microframe.v1";
var REPORT_FRAMES = 64;
var REPORT_MS = 1e3;
var ANSWERS_MAX = 64;
var LEAST_BYTES = 99;
var WITHDRAWN = /^(timeout|aborted|too_long)$/;
var DEPTH_MAX = 32;
var Session = class {
  #env;
  #link;
  #token;
  #requests;
  #events;
  #rooms;
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
  constructor(env, link, token, requests, rooms, events) {
    this.#env = env;
    this.#link = link;
    this.#token = token;
    this.#requests = requests;
    this.#rooms = rooms;
    requests.depthMax = DEPTH_MAX;
    this.#events = events;
  }
  // --- the connection
  protocols() {
    return this.#id ? [PROTOCOL, `resume.${this.#id}.${this.#secret}.${this.#received}.${++this.#attempts}`] : [PROTOCOL];
  }
  opened(connection, protocol) {
    this.#connection = connection;
    if (protocol !== PROTOCOL) this.#link.end(new ClientError("not_supported", `no ${PROTOCOL}`));
  }
  probe() {
    this.#liveness?.probe();
  }
  lost(code) {
    if (code === TOO_BIG) this.#requests.tooLong();
    this.#connection = void 0;
    this.#liveness?.stop();
    this.#liveness = void 0;
    this.#token.rest();
    this.#report();
    this.#requests.pause();
  }
  ended(error) {
    this.lost();
    this.#requests.end(error);
  }
  // --- in
  text(text) {
    this.#liveness?.heard();
    const frame = readFrame(text);
    const type = frame["t"];
    this.#env.trace(`in: ${type} ${frame["id"] ?? ""}`);
    if (type === "welcome" !== !this.#liveness || type === "pong") return;
    if (this.#liveness && type !== "bye") this.#count();
    try {
      check(frame);
      this.#take[type]?.(frame);
    } catch (error) {
      this.#events.emit("error", new ClientError("bad_frame", `${type}: ${error}`));
    }
  }
  binary(bytes) {
    this.#liveness?.heard();
    if (!this.#liveness) return;
    this.#count();
    const read = readBinary(bytes);
    if (read && this.#rooms.read(read.place)) this.#events.emit("binary", read.content, read.place);
  }
  #take = {
    __proto__: null,
    // the server names the type
    "welcome": (frame) => this.#welcome(frame),
    "bye": ({ code, reason, reconnect, retry_ms: asked }) => {
      const retryMs = this.#link.advised(reconnect || code === TOO_BIG || code === TOO_MANY, asked);
      this.#events.emit("bye", { code, reason, reconnect, retryMs });
    },
    "message": (frame) => this.#message(frame),
    "ack": ({ id, data }) => this.#settle(id, void 0, data),
    "error": ({ id, code, message }) => {
      const error = new ClientError(code, message);
      if (id === void 0) this.#events.emit("error", error);
      else this.#settle(id, error);
    },
    "joined": (frame) => {
      const { room, id, presence } = frame;
      const before = this.#rooms.people(room);
      const joined = this.#rooms.joined(frame);
      if (joined) this.#events.emit("joined", joined);
      if (id) this.#settle(id, void 0, joined);
      if (before && presence) this.#events.emit("presence", { room, joins: without(presence, before), leaves: without(before, presence) });
    },
    "left": ({ id, room }) => {
      this.#rooms.left(room, this.#requests.joins(room));
      this.#events.emit("left", { room });
      if (id !== void 0) this.#settle(id);
    },
    "presence": ({ room, joins = {}, leaves = {} }) => {
      const change = { room, joins, leaves };
      this.#rooms.changed(change);
      this.#events.emit("presence", change);
    }
  };
  #welcome({ session, secret, user, resumed, inherits, handled = 0, ping_ms: pingMs, message_bytes_max: bytesMax }) {
    const connection = this.#connection;
    const former = this.user;
    this.#requests.former = inherits && this.#id;
    this.#liveness = new Liveness(this.#env, pingMs, () => connection.send('{"t":"ping"}'), () => this.#link.lost("no pong"));
    this.#id = session;
    this.#secret = secret;
    this.user = user;
    this.#requests.bytesMax = bytesMax > LEAST_BYTES ? bytesMax : Infinity;
    if (resumed) {
      this.#reported = this.#received;
      for (const { frame } of this.#answers) connection.send(frame);
      this.#requests.resume(handled, connection);
    } else this.#begin(connection, former && former !== user ? new ClientError("user_changed") : void 0);
    if (this.#connection !== connection) return;
    this.#renewLater();
    this.#link.welcomed({ resumed: !!resumed });
  }
  /** strange: this user is not the one of before. */
  #begin(connection, strange) {
    this.#attempts = this.#received = this.#reported = 0;
    this.#answers = [];
    const lefts = strange ? this.#rooms.drop().map((room) => ({ room, code: strange.code })) : [];
    const rooms = this.#rooms.restart(this.#id, (left) => lefts.push(left));
    const joins = rooms.filter((room) => !this.#requests.joins(room)).map((room) => this.#joining(room));
    this.#requests.restart(joins, connection, strange);
    for (const left of lefts) this.#events.emit("left", left);
    if (strange) this.#events.emit("error", strange);
  }
  #message({ data, room, offset, id }) {
    const place = {};
    if (room) place.room = room;
    if (offset) place.offset = offset;
    if (!this.#rooms.read(place)) return;
    if (id === void 0) return this.#events.emit("message", data, place);
    const session = this.#id;
    this.#events.ask("message", data, place).then(
      (reply) => this.#answer(session, { t: "ack", id, data: reply }),
      (error) => this.#decline(session, id, error)
    );
  }
  #answer(session, answer) {
    if (session !== this.#id) return;
    try {
      const frame = jsonOf(answer);
      const fault = this.#requests.fault(frame);
      if (fault) throw fault;
      this.#answers = [...this.#answers, { frame, lastId: this.#requests.lastId }].slice(-ANSWERS_MAX);
      if (this.#liveness) this.#connection?.send(frame);
    } catch (error) {
      this.#events.emit("error", error);
      this.#decline(session, answer["id"], { code: Object(error).code });
    }
  }
  #decline(session, id, error) {
    const { code, message } = Object(error);
    const words = [message, error, "failed"].find((word) => typeof word === "string");
    this.#answer(session, { t: "error", id, code: typeof code === "string" ? code : "failed", message: words.slice(0, 1e3) });
  }
  #settle(id, error, value) {
    this.#link.proved();
    this.#answers = this.#answers.filter(({ lastId }) => lastId >= id);
    this.#requests.settle(id, error, value);
  }
  /** A join has failed: by the server, or given up here. */
  #unjoined(room, id, { code }) {
    if (!id || WITHDRAWN.test(code)) {
      if (this.#rooms.withdrawn(room, id) && id) quiet(this.leave(room));
      return;
    }
    const told = this.#rooms.refused(room, id, code);
    if (told) this.#events.emit(...told);
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
  frame(content, id, of) {
    if (typeof content !== "string") return writeBinary(id, content, of);
    return `${JSON.stringify({ t: "message", id: id || void 0, of }).slice(0, -1)},"data":${content}}`;
  }
  join(room, { last, since, ...patience }) {
    this.#rooms.want(room, since);
    return this.#requests.add(this.#joining(room, last, since), patience);
  }
  leave(room, all) {
    if (!this.#rooms.unwant(room, all)) return Promise.resolve();
    const frame = (id) => JSON.stringify({ t: "leave", id, room });
    return this.#requests.add({ frame, cost: 0, room, asks: "leave", forgives: "not_in_room" });
  }
  refresh() {
    return quiet(this.#refresh());
  }
  async #refresh() {
    const token = await this.#token.renew();
    await this.#requests.add({ frame: (id) => JSON.stringify({ t: "refresh", id, token }), cost: 0 });
    this.#renewLater();
  }
  #renewLater() {
    this.#token.taken(() => this.#refresh().catch((error) => {
      if (this.#link.state !== "closed") this.#events.emit("error", error);
    }));
  }
  #joining(room, last, since) {
    return {
      frame: (id) => JSON.stringify({ t: "join", id, room, ...this.#rooms.wish(room, last, id) }),
      cost: 0,
      room,
      asks: `join ${JSON.stringify([last, since])}`,
      failed: (id, error) => this.#unjoined(room, id, error)
    };
  }
};

// src/token.ts
var SPARE_MS = 3e4;
var SHARE = 0.8;
var LEAST_MS = 5e3;
var TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/;
function expiryOf(token) {
  try {
    const payload = token.split(".")[1].replace(/[-_]/g, (sign) => sign === "-" ? "+" : "/");
    const { exp } = JSON.parse(atob(payload));
    return typeof exp === "number" ? exp * 1e3 : void 0;
  } catch {
    return void 0;
  }
}
var Token = class {
  #ask;
  #env;
  #timeoutMs;
  #token;
  #asking;
  #stop = () => {
  };
  #rest = () => {
  };
  // the life of the one that the server has
  constructor(ask, env, timeoutMs) {
    this.#ask = ask;
    this.#env = env;
    this.#timeoutMs = timeoutMs;
  }
  /** Whether there is anyone to ask. */
  get renewable() {
    return this.#ask !== void 0;
  }
  /** Milliseconds that it is still good for; undefined where it does not say. */
  get left() {
    const expiry = expiryOf(this.#token ?? "");
    return expiry && expiry - this.#env.now();
  }
  async read() {
    if (this.#token === void 0 || (this.left ?? Infinity) < SPARE_MS) await this.renew();
    return this.#token;
  }
  /**
   * Asks for another; all who wait for one get the same.
   *
   * errors: no_token.
   */
  renew() {
    return this.#asking ??= this.#renew().finally(() => {
      this.#asking = void 0;
    });
  }
  /** It was refused, or nobody knows. */
  forget() {
    this.#token = void 0;
  }
  /** The server has taken it: has `bring` called before it ends, and again before the next one does. */
  taken(bring) {
    this.#rest();
    const { left = 0 } = this;
    if (left < LEAST_MS || !this.#ask) return;
    this.#rest = this.#env.after(Math.max(LEAST_MS, left * SHARE), () => void bring().finally(() => this.taken(bring)));
  }
  /** There is no connection. */
  rest() {
    this.#rest();
  }
  /** Nobody waits for one any more. */
  stop() {
    this.#stop();
  }
  async #renew() {
    if (!this.#ask) return void 0;
    this.#env.trace("token()");
    const late = new Promise((_, reject) => {
      this.#stop = this.#env.after(this.#timeoutMs, () => reject("timeout"));
    });
    try {
      const given = String(await Promise.race([this.#ask(), late]) ?? "").trim();
      if (!TOKEN.test(given)) throw "no token";
      return this.#token = given;
    } catch (error) {
      throw new ClientError("no_token", `token() failed: ${error}`);
    } finally {
      this.#stop();
    }
  }
};

// src/client.ts
var TOKEN_MS = 3e4;
var Client = class {
  #events = new Emitter();
  #rooms = new Rooms();
  #requests;
  #link;
  #dialogue;
  /** @internal */
  constructor(url, options) {
    const address = addressOf(url);
    const env = environment(options);
    const token = new Token(options.token, env, options.tokenTimeout ?? TOKEN_MS);
    const queue = { messages: 1e3, bytes: 2 ** 20, ...options.queue };
    const requests = this.#requests = new Requests(env, queue, { perSecond: 90, burst: 150, ...options.rate });
    this.#link = new Link(env, address, token, this.#events);
    this.#dialogue = options.plain ? new Plain(this.#link, requests, this.#events) : new Session(env, this.#link, token, requests, this.#rooms, this.#events);
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
  send(data, options = {}) {
    return this.#take(() => this.#send(jsonOf(data), options));
  }
  /** The same, with bytes, which are copied. */
  sendBinary(bytes, options = {}) {
    return this.#take(() => this.#send(copyOf(bytes), options));
  }
  /**
   * Sends what is worth nothing later, such as that somebody is typing. Returns whether it was sent: not if it had to wait, if the
   * connection is busy with what was sent before, or if it is longer than the server takes.
   */
  post(data) {
    return this.#requests.post(this.#dialogue.frame(jsonOf(data), 0));
  }
  /**
   * Enters a room, and again in every new session until `leave()`. What was missed in between follows, or `joined` tells. Joins are
   * counted: the room is left when each has had its `leave()`.
   */
  join(room, options = {}) {
    return this.#take(() => this.#dialogue.join(wellFormed(room), options));
  }
  /** Takes one `join()` back, or (`all`) every one. */
  leave(room, { all = false } = {}) {
    return this.#take(() => this.#dialogue.leave(wellFormed(room), all));
  }
  /** The rooms it is in, by its own wish or the server's. The same array until they change. */
  get rooms() {
    return this.#rooms.names();
  }
  /** Who is in a room; undefined where the application does not tell. The same object until that changes. */
  presence(room) {
    return this.#rooms.people(room);
  }
  /** How far a room that keeps its messages was read: for a later `join(room, {since})`. */
  position(room) {
    return this.#rooms.position(room);
  }
  /** Asks for a fresh token and gives it to the server. This happens by itself before the old one ends. */
  refresh() {
    return this.#take(() => this.#dialogue.refresh());
  }
  /** Ends it. What is unanswered is rejected with `closed`. */
  close() {
    this.#link.close();
  }
  #send(content, patience) {
    return this.#requests.add({ frame: (id, of) => this.#dialogue.frame(content, id, of), cost: content.length || 1 }, patience);
  }
  /** Returns the very promise of the request, so that who closes the client need not handle its rejection. */
  #take(ask) {
    if (this.state === "closed") return quiet(Promise.reject(new ClientError("closed")));
    try {
      return ask();
    } catch (error) {
      return Promise.reject(error);
    }
  }
};
function wellFormed(name) {
  return JSON.parse(jsonOf(name));
}

// src/index.ts
function connect(url, options = {}) {
  return new Client(url, options);
}
export {
  ClientError,
  connect
};
