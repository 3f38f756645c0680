import { Backoff } from "./backoff.js";
import { Connection } from "./connection.js";
import type { Cancel, Environment } from "./environment.js";
import { ClientError } from "./error.js";
import type { State, StateDetail } from "./events.js";
import { endOf, fateOf } from "./fate.js";
import type { Token } from "./token.js";

const WELCOME_MS = 10_000; // from the attempt's begin
const SETTLED_MS = 5_000; // a connection that lasts so long was no failure, whether anything was asked or not

/** What is spoken over a link's connections, one after another. */
export interface Talk {
  /** The subprotocols to offer. */
  protocols(): string[];
  opened(connection: Connection, protocol: string): void;
  text(text: string): void;
  binary(bytes: Uint8Array): void;
  /** There is reason to doubt that the connection lives. */
  probe(): void;
  /** It is gone. Another may come. */
  lost(): void;
  /** None will come. */
  ended(error: ClientError): void;
}

export interface LinkEvents {
  state(state: State, detail: StateDetail): void;
  error(error: ClientError): void;
}

/** Keeps a connection: opens it, and another when it ends, as long as that may heal. */
export class Link {
  readonly #env: Environment;
  readonly #url: string;
  readonly #token: Token;
  readonly #events: LinkEvents;
  readonly #backoff = new Backoff();
  readonly #unwatch: Cancel;
  #talk!: Talk;
  #state: State = "connecting";
  #connection: Connection | undefined;
  #attempt = 0; // its number, so that one that was overtaken notices
  #refusals = 0; // of tokens, in a row
  #welcomedAt: number | undefined;
  #advice: { reconnect: boolean; retryMs: number } | undefined;
  #cancel: Cancel = () => {}; // of the attempt's deadline, or of the wait for the next
  #mayHurry = false;

  constructor(env: Environment, url: string, token: Token, events: LinkEvents) {
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
    this.#refusals = 0;
    this.#welcomedAt = this.#env.now();
    this.#change("open", detail);
  }

  /** The server has done what it was asked: it is well, and so is the way to it. */
  proved(): void {
    this.#backoff.reset();
  }

  advised(reconnect: boolean, retryMs: number): void {
    this.#advice = { reconnect, retryMs };
  }

  /** The connection is given up. */
  lost(): void {
    this.#connection?.drop();
    this.#ended(1006, "");
  }

  end(error: ClientError, closeCode?: number): void {
    if (this.#state === "closed") return;
    this.#finish(closeCode === undefined ? { error } : { error, code: closeCode }, error);
  }

  // --- by the application

  close(): void {
    if (this.#state !== "closed") this.#finish({}, new ClientError("closed", "the client was closed"));
  }

  // --- attempts

  async #open(): Promise<void> {
    const attempt = ++this.#attempt;
    this.#cancel();
    this.#mayHurry = false;
    let token: string | undefined;
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

  #connect(token: string | undefined): void {
    const protocols = this.#talk.protocols();
    if (token !== undefined) protocols.push(`token.${token}`);
    const { WebSocket } = this.#env;
    try {
      const connection: Connection = new Connection(WebSocket, this.#url, protocols, {
        opened: (protocol) => this.#talk.opened(connection, protocol),
        text: (text) => this.#talk.text(text),
        binary: (bytes) => this.#talk.binary(bytes),
        ended: (code, reason) => this.#ended(code, reason),
      });
      this.#connection = connection;
      this.#cancel = this.#env.after(WELCOME_MS, () => this.lost());
    } catch (error) {
      // The url is none, or the token has characters that no subprotocol may have. Only another token could help.
      if (token === undefined) this.end(new ClientError("closed", String(error)));
      else this.#refused(String(error));
    }
  }

  #ended(code: number, reason: string): void {
    this.#connection = undefined;
    this.#cancel();
    if (this.#welcomedAt === undefined) this.#token.forget(); // it may be what was refused, where nobody says so
    else if (this.#env.now() - this.#welcomedAt >= SETTLED_MS) this.#backoff.reset();
    this.#welcomedAt = undefined;
    const advice = this.#advice;
    this.#advice = undefined;
    this.#talk.lost();
    const fate = fateOf(code, advice?.reconnect);
    if (fate === "again") this.#wait(code, advice?.retryMs);
    else if (fate === "token") this.#refused(reason);
    else this.end(endOf(code, reason), code);
  }

  #refused(reason: string): void {
    if (this.#refusals++ || !this.#token.renewable) return this.end(endOf(4401, reason), 4401);
    this.#token.forget();
    this.#change("reconnecting", { code: 4401, retryMs: 0 });
    void this.#open();
  }

  /** advisedMs: what a server said that sends many away at once; nothing shortens it. */
  #wait(code: number, advisedMs?: number): void {
    this.#mayHurry = advisedMs === undefined;
    const retryMs = advisedMs ?? this.#backoff.next(this.#env.random());
    this.#cancel = this.#env.after(retryMs, () => void this.#open());
    this.#change("reconnecting", { code, retryMs });
  }

  #network(back: boolean): void {
    if (this.#welcomedAt !== undefined) return this.#talk.probe();
    if (!back || !this.#mayHurry) return;
    this.#backoff.reset();
    void this.#open();
  }

  #finish(detail: StateDetail, error: ClientError): void {
    this.#attempt += 1;
    this.#cancel();
    this.#unwatch();
    this.#welcomedAt = undefined;
    this.#mayHurry = false;
    this.#connection?.drop(1000);
    this.#connection = undefined;
    this.#change("closed", detail);
    this.#talk.ended(error);
  }

  #change(state: State, detail: StateDetail): void {
    this.#state = state;
    this.#events.state(state, detail);
  }
}
