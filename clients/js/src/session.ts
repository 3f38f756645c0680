import { readBinary, writeBinary } from "./binary.js";
import type { Connection } from "./connection.js";
import type { Emitter } from "./emitter.js";
import type { Cancel, Environment } from "./environment.js";
import { ClientError } from "./error.js";
import type { Joined, Place } from "./events.js";
import type { Link } from "./link.js";
import { Liveness } from "./liveness.js";
import type { People } from "./presence.js";
import { Renewal } from "./renewal.js";
import type { Request, Requests } from "./requests.js";
import { Rooms, type Since } from "./rooms.js";
import type { Dialogue, JoinOptions } from "./talk.js";
import type { Token } from "./token.js";

const PROTOCOL = "microframe.v1";
// docs/protocol.md, Counting: how late the server is told what has arrived.
const REPORT_FRAMES = 64;
const REPORT_MS = 1_000;
const ANSWERS_MAX = 64; // kept to be given again

type Frame = Record<string, any>;

/** microframe.v1, as docs/protocol.md has it. */
export class Session implements Dialogue {
  readonly #env: Environment;
  readonly #link: Link;
  readonly #token: Token;
  readonly #requests: Requests;
  readonly #events: Emitter;
  readonly #rooms = new Rooms();
  readonly #renewal: Renewal;
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

  constructor(env: Environment, link: Link, token: Token, requests: Requests, events: Emitter) {
    this.#env = env;
    this.#link = link;
    this.#token = token;
    this.#requests = requests;
    this.#events = events;
    this.#renewal = new Renewal(env, token, () => this.refresh(), (error) => events.emit("error", error as Error));
  }

  // --- the connection

  protocols(): string[] {
    return this.#id ? [PROTOCOL, `resume.${this.#id}.${this.#secret}.${this.#received}.${++this.#attempts}`] : [PROTOCOL];
  }

  opened(connection: Connection, protocol: string): void {
    this.#connection = connection;
    if (protocol !== PROTOCOL) this.#link.end(new ClientError("not_supported", `the server does not speak ${PROTOCOL}`));
  }

  probe(): void {
    this.#liveness?.probe();
  }

  lost(): void {
    this.#connection = undefined;
    this.#liveness?.stop();
    this.#liveness = undefined;
    this.#renewal.stop();
    this.#cancelReport?.();
    this.#cancelReport = undefined;
    this.#requests.pause();
  }

  ended(error: ClientError): void {
    this.lost();
    this.#requests.end(error);
  }

  // --- in

  text(text: string): void {
    this.#liveness?.heard();
    const frame = parse(text);
    if (frame["t"] === "welcome") return this.#welcome(frame);
    if (!this.#liveness || frame["t"] === "pong") return;
    if (frame["t"] === "bye") return this.#bye(frame);
    this.#count();
    this.#take[frame["t"]]?.(frame);
  }

  binary(bytes: Uint8Array): void {
    this.#liveness?.heard();
    if (!this.#liveness) return;
    this.#count();
    const read = readBinary(bytes);
    if (read && this.#rooms.read(read.place)) this.#events.emit("binary", read.content, read.place);
  }

  readonly #take: Record<string, ((frame: Frame) => void) | undefined> = {
    message: (frame) => this.#message(frame),
    ack: ({ id, data }) => this.#settle(id, undefined, data),
    error: ({ id, code, message }) => {
      const error = new ClientError(code, message);
      if (id === undefined) this.#events.emit("error", error);
      else this.#settle(id, error);
    },
    joined: (frame) => {
      const joined = this.#rooms.joined(frame as any);
      if (joined) this.#events.emit("joined", joined);
      if (frame["id"] !== undefined) this.#settle(frame["id"], undefined, joined);
    },
    left: ({ id, room }) => {
      this.#rooms.left(room, this.#requests.joins(room));
      this.#events.emit("left", { room });
      if (id !== undefined) this.#settle(id, undefined);
    },
    presence: ({ room, joins, leaves }) => {
      this.#rooms.changed({ room, joins, leaves });
      this.#events.emit("presence", { room, joins, leaves });
    },
  };

  #welcome(frame: Frame): void {
    const resumed = frame["resumed"] === true;
    const connection = this.#connection!;
    this.#liveness = new Liveness(this.#env, frame["ping_ms"], () => connection.send('{"t":"ping"}'), () => this.#link.lost());
    this.#id = frame["session"];
    this.#secret = frame["secret"];
    this.user = frame["user"];
    if (resumed) this.#resume(frame["handled"], connection);
    else this.#begin(connection);
    this.#renewal.start();
    this.#link.welcomed({ resumed });
  }

  #resume(handled: number, connection: Connection): void {
    this.#reported = this.#received;
    for (const { frame } of this.#answers) connection.send(frame);
    this.#requests.resume(handled, (frame) => connection.send(frame));
  }

  #begin(connection: Connection): void {
    this.#attempts = this.#received = this.#reported = 0;
    this.#answers = [];
    const rooms = this.#rooms.restart(this.#id, (left) => this.#events.emit("left", left));
    const joins = rooms.filter((room) => !this.#requests.joins(room)).map((room) => this.#joining(room, undefined));
    this.#requests.restart(joins, (frame) => connection.send(frame));
  }

  #bye({ code, reason, reconnect, retry_ms: retryMs }: Frame): void {
    this.#link.advised(reconnect, retryMs);
    this.#events.emit("bye", { code, reason, reconnect, retryMs });
  }

  #message({ data, room, offset, id }: Frame): void {
    const place: Place = {};
    if (room !== undefined) place.room = room;
    if (offset !== undefined) place.offset = offset;
    if (!this.#rooms.read(place)) return;
    if (id === undefined) return this.#events.emit("message", data, place);
    const session = this.#id;
    this.#events.ask("message", data, place).then(
      (reply) => this.#answer(session, { t: "ack", id, data: reply }),
      (error) => this.#answer(session, { t: "error", id, code: wordOf(error), message: String(error?.message ?? error) }),
    );
  }

  #answer(session: string, answer: Frame): void {
    if (session !== this.#id) return; // nobody waits for it any more
    const frame = JSON.stringify(answer);
    this.#answers = [...this.#answers, { frame, lastId: this.#requests.lastId }].slice(-ANSWERS_MAX);
    if (this.#liveness) this.#connection?.send(frame);
  }

  #settle(id: number, error: ClientError | undefined, value?: unknown): void {
    this.#link.proved();
    // What was answered before that request was sent has arrived with it.
    this.#answers = this.#answers.filter(({ lastId }) => lastId >= id);
    const room = this.#requests.settle(id, error, value)?.room;
    if (!error || room === undefined) return;
    const told = this.#rooms.refused(room, error.code);
    if (told && "joined" in told) this.#events.emit("joined", told.joined);
    else if (told) this.#events.emit("left", told.left);
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

  send(json: string): Promise<any> {
    return this.#requests.add({ frame: (id) => `{"t":"message","id":${id},"data":${json}}`, bytes: json.length });
  }

  post(json: string): boolean {
    if (!this.#requests.mayPost()) return false;
    this.#connection?.send(`{"t":"message","data":${json}}`);
    return true;
  }

  sendBinary(bytes: Uint8Array): Promise<any> {
    const copy = bytes.slice();
    return this.#requests.add({ frame: (id) => writeBinary(id, copy), bytes: bytes.length || 1 });
  }

  join(room: string, { last, since }: JoinOptions): Promise<Joined> {
    this.#rooms.want(room, since);
    return this.#requests.add(this.#joining(room, last));
  }

  async leave(room: string): Promise<void> {
    this.#rooms.unwant(room);
    const frame = (id: number): string => JSON.stringify({ t: "leave", id, room });
    await this.#requests.add({ frame, bytes: 0 }).catch((error: ClientError) => {
      if (error.code !== "not_in_room") throw error; // which is what was wanted
    });
  }

  async refresh(): Promise<void> {
    const token = await this.#token.renew();
    await this.#requests.add({ frame: (id) => JSON.stringify({ t: "refresh", id, token }), bytes: 0 });
    this.#renewal.start();
  }

  #joining(room: string, last: number | undefined): Request {
    return { frame: (id) => JSON.stringify({ t: "join", id, room, ...this.#rooms.wish(room, last) }), bytes: 0, room };
  }

  rooms(): string[] {
    return this.#rooms.names();
  }

  people(room: string): People | undefined {
    return this.#rooms.people(room);
  }

  position(room: string): Since | undefined {
    return this.#rooms.position(room);
  }
}

function parse(text: string): Frame {
  try {
    return (JSON.parse(text) as Frame | null) ?? {};
  } catch {
    return {};
  }
}

function wordOf(error: unknown): string {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === "string" ? code : "failed";
}
