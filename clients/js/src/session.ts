import { readBinary, writeBinary } from "./binary.js";
import type { Connection } from "./connection.js";
import type { Emitter } from "./emitter.js";
import type { Cancel, Traced } from "./environment.js";
import { ClientError } from "./error.js";
import type { Joined, Left, Place } from "./events.js";
import { TOO_BIG, TOO_MANY } from "./fate.js";
import { type Frame, check, readFrame } from "./frame.js";
import { jsonOf } from "./json.js";
import type { Link } from "./link.js";
import { Liveness } from "./liveness.js";
import { without } from "./presence.js";
import { quiet } from "./quiet.js";
import type { Request, Requests } from "./requests.js";
import type { JoinedFrame, Rooms, Since } from "./rooms.js";
import type { Dialogue, JoinOptions } from "./talk.js";
import type { Token } from "./token.js";

const PROTOCOL = "microframe.v1";
// docs/protocol.md, Counting: how late the server is told what has arrived.
const REPORT_FRAMES = 64;
const REPORT_MS = 1_000;
const ANSWERS_MAX = 64; // kept to be given again
const LEAST_BYTES = 99; // with less, no error could be told
const WITHDRAWN = /^(timeout|aborted|too_long)$/;
const DEPTH_MAX = 32; // of the JSON that the server reads

/** microframe.v1, as docs/protocol.md has it. */
export class Session implements Dialogue {
  readonly #env: Traced;
  readonly #link: Link;
  readonly #token: Token;
  readonly #requests: Requests;
  readonly #events: Emitter;
  readonly #rooms: Rooms;
  #connection: Connection | undefined;
  #liveness: Liveness | undefined; // from the welcome on
  #id = "";
  #secret = "";
  #attempts = 0; // to resume it
  #received = 0;
  #reported = 0;
  #cancelReport: Cancel | undefined;
  #answers: { frame: string; lastId: number }[] = []; // which may not have arrived
  user: string | undefined;

  constructor(env: Traced, link: Link, token: Token, requests: Requests, rooms: Rooms, events: Emitter) {
    this.#env = env;
    this.#link = link;
    this.#token = token;
    this.#requests = requests;
    this.#rooms = rooms;
    requests.depthMax = DEPTH_MAX;
    this.#events = events;
  }

  // --- the connection

  protocols(): string[] {
    return this.#id ? [PROTOCOL, `resume.${this.#id}.${this.#secret}.${this.#received}.${++this.#attempts}`] : [PROTOCOL];
  }

  opened(connection: Connection, protocol: string): void {
    this.#connection = connection;
    if (protocol !== PROTOCOL) this.#link.end(new ClientError("not_supported", `no ${PROTOCOL}`));
  }

  probe(): void {
    this.#liveness?.probe();
  }

  lost(code?: number): void {
    if (code === TOO_BIG) this.#requests.tooLong();
    this.#connection = undefined;
    this.#liveness?.stop();
    this.#liveness = undefined;
    this.#token.rest();
    this.#report(); // to nobody: what comes next says the count anyway
    this.#requests.pause();
  }

  ended(error: ClientError): void {
    this.lost();
    this.#requests.end(error);
  }

  // --- in

  text(text: string): void {
    this.#liveness?.heard();
    const frame = readFrame(text);
    const type = frame["t"];
    this.#env.trace(`in: ${type} ${frame["id"] ?? ""}`);
    if ((type === "welcome") !== !this.#liveness || type === "pong") return; // a welcome comes once, before all others
    if (this.#liveness && type !== "bye") this.#count();
    try {
      check(frame);
      this.#take[type]?.(frame);
    } catch (error) {
      this.#events.emit("error", new ClientError("bad_frame", `${type}: ${error}`));
    }
  }

  binary(bytes: Uint8Array): void {
    this.#liveness?.heard();
    if (!this.#liveness) return;
    this.#count();
    const read = readBinary(bytes);
    if (read && this.#rooms.read(read.place)) this.#events.emit("binary", read.content, read.place);
  }

  readonly #take: Record<string, (frame: Frame) => void> = {
    __proto__: null as never, // the server names the type
    "welcome": (frame) => this.#welcome(frame),
    "bye": ({ code, reason, reconnect, retry_ms: asked }) => {
      // Older servers say that these two are final.
      const retryMs = this.#link.advised(reconnect || code === TOO_BIG || code === TOO_MANY, asked);
      this.#events.emit("bye", { code, reason, reconnect, retryMs });
    },
    "message": (frame) => this.#message(frame),
    "ack": ({ id, data }) => this.#settle(id, undefined, data),
    "error": ({ id, code, message }) => {
      const error = new ClientError(code, message);
      if (id === undefined) this.#events.emit("error", error);
      else this.#settle(id, error);
    },
    "joined": (frame) => {
      const { room, id, presence } = frame;
      const before = this.#rooms.people(room);
      const joined = this.#rooms.joined(frame as JoinedFrame);
      if (joined) this.#events.emit("joined", joined);
      if (id) this.#settle(id, undefined, joined);
      if (before && presence) this.#events.emit("presence", { room, joins: without(presence, before), leaves: without(before, presence) });
    },
    "left": ({ id, room }) => {
      this.#rooms.left(room, this.#requests.joins(room));
      this.#events.emit("left", { room });
      if (id !== undefined) this.#settle(id);
    },
    "presence": ({ room, joins = {}, leaves = {} }) => {
      const change = { room, joins, leaves };
      this.#rooms.changed(change);
      this.#events.emit("presence", change);
    },
  };

  #welcome({ session, secret, user, resumed, inherits, handled = 0, ping_ms: pingMs, message_bytes_max: bytesMax }: Frame): void {
    const connection = this.#connection!;
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
    } else this.#begin(connection, former && former !== user ? new ClientError("user_changed") : undefined);
    if (this.#connection !== connection) return; // a handler has closed the client
    this.#renewLater();
    this.#link.welcomed({ resumed: !!resumed });
  }

  /** strange: this user is not the one of before. */
  #begin(connection: Connection, strange: ClientError | undefined): void {
    this.#attempts = this.#received = this.#reported = 0;
    this.#answers = [];
    const lefts: Left[] = strange ? this.#rooms.drop().map((room) => ({ room, code: strange.code })) : [];
    const rooms = this.#rooms.restart(this.#id, (left) => lefts.push(left));
    const joins = rooms.filter((room) => !this.#requests.joins(room)).map((room) => this.#joining(room));
    this.#requests.restart(joins, connection, strange);
    for (const left of lefts) this.#events.emit("left", left);
    if (strange) this.#events.emit("error", strange);
  }

  #message({ data, room, offset, id }: Frame): void {
    const place: Place = {};
    if (room) place.room = room;
    if (offset) place.offset = offset;
    if (!this.#rooms.read(place)) return;
    if (id === undefined) return this.#events.emit("message", data, place);
    const session = this.#id;
    this.#events.ask("message", data, place).then(
      (reply) => this.#answer(session, { t: "ack", id, data: reply }),
      (error) => this.#decline(session, id, error),
    );
  }

  #answer(session: string, answer: Frame): void {
    if (session !== this.#id) return; // nobody waits for it any more
    try {
      const frame = jsonOf(answer);
      const fault = this.#requests.fault(frame);
      if (fault) throw fault;
      this.#answers = [...this.#answers, { frame, lastId: this.#requests.lastId }].slice(-ANSWERS_MAX);
      if (this.#liveness) this.#connection?.send(frame);
    } catch (error) {
      this.#events.emit("error", error as Error);
      this.#decline(session, answer["id"], { code: Object(error).code });
    }
  }

  #decline(session: string, id: number, error: unknown): void {
    const { code, message } = Object(error);
    const words = [message, error, "failed"].find((word) => typeof word === "string");
    this.#answer(session, { t: "error", id, code: typeof code === "string" ? code : "failed", message: (words as string).slice(0, 1_000) });
  }

  #settle(id: number, error?: ClientError, value?: unknown): void {
    this.#link.proved();
    // What was answered before that request was sent has arrived with it.
    this.#answers = this.#answers.filter(({ lastId }) => lastId >= id);
    this.#requests.settle(id, error, value);
  }

  /** A join has failed: by the server, or given up here. */
  #unjoined(room: string, id: number, { code }: ClientError): void {
    if (!id || WITHDRAWN.test(code)) {
      if (this.#rooms.withdrawn(room, id) && id) quiet(this.leave(room));
      return;
    }
    const told = this.#rooms.refused(room, id, code);
    if (told) this.#events.emit(...(told as ["joined", Joined]));
  }

  // --- counting

  #count(): void {
    this.#received += 1;
    if (this.#received - this.#reported >= REPORT_FRAMES) this.#report();
    else this.#cancelReport ??= this.#env.after(REPORT_MS, () => this.#report());
  }

  #report(): void {
    this.#cancelReport?.();
    this.#cancelReport = undefined;
    this.#reported = this.#received;
    this.#connection?.send(`{"t":"received","n":${this.#received}}`);
  }

  // --- out

  frame(content: string | Uint8Array, id: number, of?: string): string | Uint8Array {
    if (typeof content !== "string") return writeBinary(id, content, of);
    return `${JSON.stringify({ t: "message", id: id || undefined, of }).slice(0, -1)},"data":${content}}`;
  }

  join(room: string, { last, since, ...patience }: JoinOptions): Promise<Joined> {
    this.#rooms.want(room, since);
    return this.#requests.add(this.#joining(room, last, since), patience);
  }

  leave(room: string, all?: boolean): Promise<void> {
    if (!this.#rooms.unwant(room, all)) return Promise.resolve();
    const frame = (id: number): string => JSON.stringify({ t: "leave", id, room });
    return this.#requests.add({ frame, cost: 0, room, asks: "leave", forgives: "not_in_room" }); // which is what was wanted
  }

  refresh(): Promise<void> {
    return quiet(this.#refresh());
  }

  async #refresh(): Promise<void> {
    const token = await this.#token.renew();
    await this.#requests.add({ frame: (id) => JSON.stringify({ t: "refresh", id, token }), cost: 0 });
    this.#renewLater();
  }

  #renewLater(): void {
    this.#token.taken(() => this.#refresh().catch((error) => {
      if (this.#link.state !== "closed") this.#events.emit("error", error);
    }));
  }

  #joining(room: string, last?: number, since?: Since): Request {
    return {
      frame: (id) => JSON.stringify({ t: "join", id, room, ...this.#rooms.wish(room, last, id) }),
      cost: 0,
      room,
      asks: `join ${JSON.stringify([last, since])}`,
      failed: (id, error) => this.#unjoined(room, id, error),
    };
  }
}
