import { addressOf } from "./address.js";
import { copyOf } from "./binary.js";
import { Emitter } from "./emitter.js";
import { type Debug, type Environment, environment } from "./environment.js";
import { ClientError } from "./error.js";
import type { Events, Joined, State } from "./events.js";
import { jsonOf } from "./json.js";
import { Link } from "./link.js";
import type { Rate } from "./pace.js";
import type { Patience } from "./patience.js";
import { Plain } from "./plain.js";
import type { People } from "./presence.js";
import { quiet } from "./quiet.js";
import { type QueueLimits, Requests } from "./requests.js";
import { Rooms, type Since } from "./rooms.js";
import { Session } from "./session.js";
import type { Bytes, Dialogue, JoinOptions } from "./talk.js";
import { Token } from "./token.js";

export interface Options extends Partial<Environment> {
  /**
   * An access token: asked for before the first connection, again when its `exp` is near, and when the server refuses it. Left
   * out where a cookie or the url carries it.
   */
  token?: () => Promise<string> | string;
  /** How long `token()` may take, in milliseconds, before it is asked again: 30,000. */
  tokenTimeout?: number;
  /** For servers without microframe.v1: raw JSON messages; only the connection comes back. */
  plain?: boolean;
  /** What may be unanswered; past it `send` is refused with `queue_full`. 1,000 messages, 1 MiB. */
  queue?: Partial<QueueLimits>;
  /** How fast to send, a little under what the server allows: 90 a second, 150 at once. */
  rate?: Partial<Rate>;
  /** Tells each step, without data and secrets: to a function, or (`true`) to the console. */
  debug?: Debug;
}

const TOKEN_MS = 30_000;

/** A client that keeps its connection. Made by `connect()`. */
export class Client {
  readonly #events = new Emitter();
  readonly #rooms = new Rooms();
  readonly #requests: Requests;
  readonly #link: Link;
  readonly #dialogue: Dialogue;

  /** @internal */
  constructor(url: string | { readonly href: string }, options: Options) {
    const address = addressOf(url);
    const env = environment(options);
    const token = new Token(options.token, env, options.tokenTimeout ?? TOKEN_MS);
    const queue = { messages: 1000, bytes: 2 ** 20, ...options.queue };
    const requests = this.#requests = new Requests(env, queue, { perSecond: 90, burst: 150, ...options.rate });
    this.#link = new Link(env, address, token, this.#events);
    this.#dialogue = options.plain
      ? new Plain(this.#link, requests, this.#events)
      : new Session(env, this.#link, token, requests, this.#rooms, this.#events);
    this.#link.start(this.#dialogue);
  }

  get state(): State {
    return this.#link.state;
  }

  /** Who the server says this is; undefined before the first welcome. */
  get user(): string | undefined {
    return this.#dialogue.user;
  }

  /** Calls `handler` at each such event. Returns a function that ends that. */
  on<Name extends keyof Events>(name: Name, handler: Events[Name]): () => void {
    return this.#events.on(name, handler);
  }

  /**
   * Sends a message, now or once there is a connection. The promise is kept when the server has handled it: with the reply, or
   * undefined; it is broken with a `ClientError`. In plain mode it is kept when the message was handed to a connection.
   */
  send(data: unknown, options: Patience = {}): Promise<any> {
    return this.#take(() => this.#send(jsonOf(data), options));
  }

  /** The same, with bytes, which are copied. */
  sendBinary(bytes: Bytes, options: Patience = {}): Promise<any> {
    return this.#take(() => this.#send(copyOf(bytes), options));
  }

  /**
   * Sends what is worth nothing later, such as that somebody is typing. Returns whether it was sent: not if it had to wait, if the
   * connection is busy with what was sent before, or if it is longer than the server takes.
   */
  post(data: unknown): boolean {
    return this.#requests.post(this.#dialogue.frame(jsonOf(data), 0));
  }

  /**
   * Enters a room, and again in every new session until `leave()`. What was missed in between follows, or `joined` tells. Joins are
   * counted: the room is left when each has had its `leave()`.
   */
  join(room: string, options: JoinOptions = {}): Promise<Joined> {
    return this.#take(() => this.#dialogue.join(wellFormed(room), options));
  }

  /** Takes one `join()` back, or (`all`) every one. */
  leave(room: string, { all = false } = {}): Promise<void> {
    return this.#take(() => this.#dialogue.leave(wellFormed(room), all));
  }

  /** The rooms it is in, by its own wish or the server's. The same array until they change. */
  get rooms(): string[] {
    return this.#rooms.names();
  }

  /** Who is in a room; undefined where the application does not tell. The same object until that changes. */
  presence(room: string): People | undefined {
    return this.#rooms.people(room);
  }

  /** How far a room that keeps its messages was read: for a later `join(room, {since})`. */
  position(room: string): Since | undefined {
    return this.#rooms.position(room);
  }

  /** Asks for a fresh token and gives it to the server. This happens by itself before the old one ends. */
  refresh(): Promise<void> {
    return this.#take(() => this.#dialogue.refresh());
  }

  /** Ends it. What is unanswered is rejected with `closed`. */
  close(): void {
    this.#link.close();
  }

  #send(content: string | Uint8Array, patience: Patience): Promise<any> {
    return this.#requests.add({ frame: (id, of) => this.#dialogue.frame(content, id, of), cost: content.length || 1 }, patience);
  }

  /** Returns the very promise of the request, so that who closes the client need not handle its rejection. */
  #take<T>(ask: () => Promise<T>): Promise<T> {
    if (this.state === "closed") return quiet(Promise.reject(new ClientError("closed")));
    try {
      return ask();
    } catch (error) {
      return Promise.reject(error);
    }
  }
}

/** A name as the server will have it. */
function wellFormed(name: string): string {
  return JSON.parse(jsonOf(name));
}
