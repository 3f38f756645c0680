import { Connection, type Listener } from "./connection.js";
import type { Emitter } from "./emitter.js";
import type { Cancel, Traced } from "./environment.js";
import { ClientError } from "./error.js";
import type { State, StateDetail } from "./events.js";
import { endOf, fateOf, TOO_MANY } from "./fate.js";
import type { Token } from "./token.js";

const FIRST_MS = 500;
const MOST_MS = 30_000;
const WELCOME_MS = 10_000; // from the attempt's begin
const SETTLED_MS = 5_000; // a connection that lasts so long was no failure, whether anything was asked or not
const ADVICE_MS_MAX = 86_400_000; // no server means to send anyone away for longer than a day
const TOO_MANY_MS = 5_000; // how long to stay away at least: what was too much for the server is over by then
const DOUBTS_MAX = 3; // attempts that fail without a word, before the token is taken for the reason

/** What is spoken over a link's connections, one after another. */
export interface Talk extends Listener {
  /** The subprotocols to offer. */
  protocols(): string[];
  /** There is reason to doubt that the connection lives. */
  probe(): void;
  /** It is gone. Another may come. */
  lost(code: number): void;
  /** None will come. */
  ended(error: ClientError): void;
}

/** Keeps a connection: opens it, and another when it ends, as long as that may heal. */
export class Link {
  readonly #env: Traced;
  readonly #url: string;
  readonly #token: Token;
  readonly #events: Emitter;
  readonly #unwatch: Cancel;
  #talk!: Talk;
  #state: State = "connecting";
  #connection: Connection | undefined;
  #attempt = 0; // its number, so that one that was overtaken notices
  #failures = 0; // in a row
  #refusals = 0; // of tokens, in a row
  #doubts = 0; // attempts without a welcome, since the last token
  #welcomedAt: number | undefined;
  #advice: { reconnect: boolean; retryMs: number } | undefined;
  #cancel: Cancel = () => {}; // of the attempt's deadline, or of the wait for the next
  #mayHurry = false;

  constructor(env: Traced, url: string, token: Token, events: Emitter) {
    this.#env = env;
    this.#url = url;
    this.#token = token;
    this.#events = events;
    this.#unwatch = env.onNetwork((back) => this.#network(back));
  }

  get state(): State {
    return this.#state;
  }

  start(talk: Talk): void {
    this.#talk = talk;
    void this.#open();
  }

  // --- by the talk

  welcomed(detail: StateDetail): void {
    this.#cancel();
    this.#refusals = this.#doubts = 0;
    this.#welcomedAt = this.#env.clock();
    this.#change("open", detail);
  }

  /** The server has done what it was asked: it is well, and so is the way to it. */
  proved(): void {
    this.#failures = 0;
  }

  /** returns: how long to stay away. */
  advised(reconnect: boolean, retryMs: unknown): number {
    const ms = typeof retryMs === "number" ? Math.min(Math.max(0, retryMs), ADVICE_MS_MAX) : 0;
    this.#advice = { reconnect, retryMs: ms };
    return ms;
  }

  /** The connection is given up. */
  lost(reason: string): void {
    this.#connection?.drop();
    this.#ended(1006, reason);
  }

  end(error: ClientError): void {
    this.#finish(error, { code: error.closeCode, reason: error.message, error });
  }

  // --- by the application

  close(): void {
    this.#finish(new ClientError("closed"), {});
  }

  // --- attempts

  async #open(): Promise<void> {
    if (this.#state === "closed") return;
    const attempt = ++this.#attempt;
    this.#cancel();
    this.#mayHurry = false;
    this.#env.trace(`attempt ${attempt}`);
    try {
      const token = await this.#token.read();
      if (attempt === this.#attempt) this.#connect(token);
    } catch (error) {
      const failure = error as ClientError;
      if (attempt === this.#attempt) this.#events.emit("error", failure);
      if (attempt === this.#attempt) this.#wait(1006, failure.message, undefined, failure); // no handler has closed the client
    }
  }

  #connect(token: string | undefined): void {
    const protocols = this.#talk.protocols();
    if (token !== undefined) protocols.push(`token.${token}`);
    let connection: Connection;
    try {
      connection = new Connection(this.#env, this.#url, protocols, this.#talk, (code, reason) => this.#ended(code, reason));
    } catch (error) {
      // A content security policy does so in Firefox, and ws: in a page of https:.
      throw new ClientError("blocked", `${error}`);
    }
    this.#connection = connection;
    this.#cancel = this.#env.after(WELCOME_MS, () => this.lost("no welcome"));
  }

  #ended(code: number, reason: string): void {
    this.#connection = undefined;
    this.#cancel();
    if (this.#welcomedAt === undefined) {
      // The token may be what was refused, where nobody says so: browsers do not tell a 401 from a lost network.
      if (++this.#doubts % DOUBTS_MAX === 0 || /401/.test(reason)) this.#token.forget();
    } else if (this.#env.clock() - this.#welcomedAt >= SETTLED_MS) {
      this.#failures = 0;
    }
    this.#welcomedAt = undefined;
    const advice = this.#advice;
    this.#advice = undefined;
    this.#talk.lost(code);
    const end = endOf(code, reason);
    const fate = fateOf(code, advice?.reconnect);
    if (fate === "again") this.#wait(code, end.message, advice?.retryMs);
    else if (fate === "token" && this.#token.renewable && !this.#refusals++) this.#refused(code, end.message);
    else this.end(end);
  }

  /** Another token may do; at once. */
  #refused(code: number, reason: string): void {
    this.#token.forget();
    this.#change("reconnecting", { code, reason, retryMs: 0 });
    void this.#open();
  }

  /** advisedMs: what a server said that sends many away at once; nothing shortens it. */
  #wait(code: number, reason: string, advisedMs?: number, error?: ClientError): void {
    this.#mayHurry = advisedMs === undefined && code !== TOO_MANY;
    // Full jitter: a random time, so that many clients do not come at once.
    const retryMs = (advisedMs ?? this.#env.random() * Math.min(MOST_MS, FIRST_MS * 2 ** this.#failures++)) + (code === TOO_MANY ? TOO_MANY_MS : 0);
    this.#cancel = this.#env.after(retryMs, () => void this.#open());
    this.#change("reconnecting", { code, reason, retryMs, error });
  }

  #network(back: boolean): void {
    if (this.#welcomedAt !== undefined) return this.#talk.probe();
    if (!back || !this.#mayHurry) return;
    this.#failures = 0;
    void this.#open();
  }

  #finish(error: ClientError, detail: StateDetail): void {
    if (this.#state === "closed") return;
    this.#attempt += 1;
    this.#cancel();
    this.#unwatch();
    this.#token.stop();
    this.#welcomedAt = undefined;
    this.#mayHurry = false;
    this.#connection?.drop(1000);
    this.#connection = undefined;
    this.#change("closed", detail);
    this.#talk.ended(error);
  }

  #change(state: State, detail: StateDetail): void {
    this.#state = state;
    this.#env.trace(`${state}: ${detail.reason}`);
    this.#events.emit("state", state, detail);
  }
}
