import { Emitter } from "./emitter.js";
import { type Environment, environment } from "./environment.js";
import { ClientError } from "./error.js";
import type { Events, Joined, State } from "./events.js";
import { Link } from "./link.js";
import type { Rate } from "./pace.js";
import { Plain } from "./plain.js";
import type { People } from "./presence.js";
import { type QueueLimits, Requests } from "./requests.js";
import type { Since } from "./rooms.js";
import { Session } from "./session.js";
import type { Dialogue, JoinOptions } from "./talk.js";
import { Token } from "./token.js";

export interface Options extends Partial<Environment> {
  /**
   * An access token: asked for before the first connection, again when its `exp` is near, and when the server refuses it. Left
   * out where a cookie or the url carries it.
   */
  token?: () => Promise<string> | string;
  /** For servers without microframe.v1: raw JSON messages; only the connection comes back. */
  plain?: boolean;
  /** What may be unanswered; past it `send` is refused with `queue_full`. 1,000 messages, 1 MiB. */
  queue?: Partial<QueueLimits>;
  /** How fast to send, a little under what the server allows: 90 a second, 150 at once. */
  rate?: Partial<Rate>;
}

/** A client that keeps its connection. Made by `connect()`. */
export class Client {
  readonly #events = new Emitter();
  readonly #link: Link;
  readonly #dialogue: Dialogue;

  /** @internal */
  constructor(url: string, options: Options) {
    const env = environment(options);
    const token = new Token(options.token, env.now);
    const queue = { messages: 1000, bytes: 2 ** 20, ...options.queue };
    const requests = new Requests(env, queue, { perSecond: 90, burst: 150, ...options.rate });
    this.#link = new Link(env, url, token, {
      state: (state, detail) => this.#events.emit("state", state, detail),
      error: (error) => this.#events.emit("error", error),
    });
    this.#dialogue = options.plain
      ? new Plain(this.#link, requests, this.#events)
      : new Session(env, this.#link, token, requests, this.#events);
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
  send(data: unknown): Promise<any> {
    return this.#take(() => this.#dialogue.send(textOf(data)));
  }

  /** The same, with bytes. */
  sendBinary(bytes: Uint8Array): Promise<any> {
    return this.#take(() => this.#dialogue.sendBinary(bytes));
  }

  /** Sends what is worth nothing later, such as that somebody is typing. Returns whether it was sent: never if it had to wait. */
  post(data: unknown): boolean {
    return this.#dialogue.post(textOf(data));
  }

  /** Enters a room, and again in every new session until `leave()`. What was missed in between follows, or `joined` tells. */
  join(room: string, options: JoinOptions = {}): Promise<Joined> {
    return this.#take(() => this.#dialogue.join(room, options));
  }

  leave(room: string): Promise<void> {
    return this.#take(() => this.#dialogue.leave(room));
  }

  /** The rooms it is in, by its own wish or the server's. */
  get rooms(): string[] {
    return this.#dialogue.rooms();
  }

  /** Who is in a room; undefined where the application does not tell. */
  presence(room: string): People | undefined {
    return this.#dialogue.people(room);
  }

  /** How far a room that keeps its messages was read: for a later `join(room, {since})`. */
  position(room: string): Since | undefined {
    return this.#dialogue.position(room);
  }

  /** Asks for a fresh token and gives it to the server. This happens by itself before the old one ends. */
  refresh(): Promise<void> {
    return this.#take(() => this.#dialogue.refresh());
  }

  /** Ends it. What is unanswered is rejected with `closed`. */
  close(): void {
    this.#link.close();
  }

  async #take<T>(ask: () => Promise<T>): Promise<T> {
    if (this.state === "closed") throw new ClientError("closed", "the client is closed");
    return ask();
  }
}

function textOf(data: unknown): string {
  return JSON.stringify(data ?? null) ?? "null";
}
