import type { Cancel, Environment } from "./environment.js";
import { ClientError } from "./error.js";
import { Pace, type Rate } from "./pace.js";

type Frame = string | Uint8Array<ArrayBuffer>;

/** How much may wait to be sent or answered. */
export interface QueueLimits {
  messages: number;
  bytes: number;
}

/** What is sent with an id, and answered. */
export interface Request {
  frame(id: number): Frame;
  /** Of a message, which counts against the limits. 0: it is a join, a leave or a refresh, which another session may be asked too. */
  readonly bytes: number;
  /** Of a join. */
  readonly room?: string;
}

interface Entry extends Request {
  id: number; // 0: never sent in this session
  resolve(value: any): void;
  reject(error: Error): void;
}

/**
 * The requests that are not answered, in the order they were made. Those that were sent have ids, which rise; those after them
 * wait for a connection, or for their turn.
 */
export class Requests {
  readonly #env: Environment;
  readonly #limits: QueueLimits;
  readonly #pace: Pace;
  #entries: Entry[] = [];
  #messages = 0;
  #bytes = 0;
  #sent = 0; // entries, over this connection or with no need to
  #lastId = 0;
  #write: ((frame: Frame, id: number) => void) | undefined;
  #cancel: Cancel | undefined;

  constructor(env: Environment, limits: QueueLimits, rate: Rate) {
    this.#env = env;
    this.#limits = limits;
    this.#pace = new Pace(rate, env.now());
  }

  get lastId(): number {
    return this.#lastId;
  }

  add(request: Request): Promise<any> {
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
  joins(room: string): boolean {
    return this.#entries.some((entry) => entry.room === room);
  }

  /** For what has no id and is never sent again. Returns whether it may be sent now. */
  mayPost(): boolean {
    return this.#write !== undefined && this.#pace.take(this.#env.now()) === 0;
  }

  /** A connection is there, and the server has begun to handle all ids up to `handled`. */
  resume(handled: number, write: (frame: Frame, id: number) => void): void {
    const unhandled = this.#entries.findIndex((entry) => entry.id === 0 || entry.id > handled);
    this.#open(unhandled < 0 ? this.#entries.length : unhandled, write);
  }

  /** A connection is there, and ids begin anew. `first` go before all others; what was sent and is no such thing is lost. */
  restart(first: Request[], write: (frame: Frame, id: number) => void): void {
    const lost = this.#entries.filter((entry) => entry.id !== 0 && entry.bytes);
    const kept = this.#entries.filter((entry) => !lost.includes(entry));
    for (const entry of kept) entry.id = 0;
    const unheard = { id: 0, resolve: () => {}, reject: () => {} };
    this.#entries = [...first.map((request) => ({ ...request, ...unheard })), ...kept];
    this.#lastId = 0;
    for (const entry of lost) this.#fail(entry, new ClientError("session_lost", "it was sent, and nobody knows what came of it"));
    this.#open(0, write);
  }

  /** The connection is lost. */
  pause(): void {
    this.#write = undefined;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** The answer to a request. Returns it; undefined if nobody waits for it any more. */
  settle(id: number, error: Error | undefined, value?: unknown): Request | undefined {
    const index = this.#entries.findIndex((entry) => entry.id === id);
    const entry = this.#entries[index];
    if (!entry) return undefined;
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
  end(error: Error): void {
    this.pause();
    for (const entry of this.#entries.splice(0)) this.#fail(entry, error);
  }

  #open(sent: number, write: (frame: Frame, id: number) => void): void {
    this.#sent = sent;
    this.#write = write;
    this.#flush();
  }

  #flush(): void {
    if (this.#cancel) return; // its turn comes
    for (let entry; this.#write && (entry = this.#entries[this.#sent]); ) {
      const wait = this.#pace.take(this.#env.now());
      if (wait) {
        this.#cancel = this.#env.after(wait, () => {
          this.#cancel = undefined;
          this.#flush();
        });
        return;
      }
      this.#sent += 1;
      entry.id ||= ++this.#lastId;
      this.#write(entry.frame(entry.id), entry.id);
    }
  }

  #fail(entry: Entry, error: Error): void {
    this.#count(entry, -1);
    entry.reject(error);
  }

  #count({ bytes }: Request, by: 1 | -1): void {
    if (!bytes) return;
    this.#messages += by;
    this.#bytes += by * bytes;
  }
}
