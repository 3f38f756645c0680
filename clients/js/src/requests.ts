import type { Connection } from "./connection.js";
import type { Cancel, Traced } from "./environment.js";
import { ClientError } from "./error.js";
import { measure } from "./json.js";
import { Pace, type Rate } from "./pace.js";
import type { Patience } from "./patience.js";
import { quiet } from "./quiet.js";

type Frame = string | Uint8Array;

const ROOM_REQUESTS_MAX = 1_000; // that are unanswered
const INHERIT_MS = 240_000; // docs/protocol.md, Sessions that are inherited: for how long a message may be sent again in another session

/** How much may wait to be sent or answered. */
export interface QueueLimits {
  messages: number;
  bytes: number;
}

/** What is sent with an id, and answered. */
export interface Request {
  /** of: where a message was first sent, if in a session that is gone. */
  frame(id: number, of?: string): Frame;
  /** In bytes, of a message, which counts against the limits. 0: it is a join, a leave or a refresh, which another session may be asked too. */
  readonly cost: number;
  /** Of a join or a leave. */
  readonly room?: string;
  /** Of the room, in a word. One that asks the same as the room's last one is not sent, but shares its fate. */
  asks?: string;
  /** The code of an error that says that it was done before. */
  readonly forgives?: string;
  /** It failed, as the one with this id; 0: it was never sent. The client's end is no failure. */
  failed?(id: number, error: ClientError): void;
}

interface Entry extends Request {
  id: number; // 0: never sent in this session
  of?: string; // that of the session in which it was first sent, and its id there, if that is gone
  sentAt?: number; // first
  promise: Promise<any>;
  resolve(value: any): void;
  reject(error: Error): void;
  forget: Cancel; // of what may withdraw it
}

/**
 * The requests that are not answered, in the order they were made. Those that were sent have ids, which rise; those after them
 * wait for a connection, or for their turn.
 */
export class Requests {
  readonly #env: Traced;
  readonly #limits: QueueLimits;
  readonly #pace: Pace;
  #entries: Entry[] = [];
  #sent = 0; // entries, over this connection or with no need to
  #lastId = 0;
  #connection: Connection | undefined;
  #cancel: Cancel | undefined;
  #end: ClientError | undefined;
  /** The longest and the deepest frame that the server takes, as far as is known. */
  bytesMax = Infinity;
  depthMax = Infinity;
  /** The session of before, if what was sent in it may be sent again in the next. */
  former: string | undefined;
  /** Whether the server answers. If not, a request is done when it was sent. */
  answered = true;

  constructor(env: Traced, limits: QueueLimits, rate: Rate) {
    this.#env = env;
    this.#limits = limits;
    this.#pace = new Pace(rate, env.clock());
  }

  get lastId(): number {
    return this.#lastId;
  }

  /** errors: rejects with queue_full, too_long, too_deep, timeout, aborted, and what the answer or the end says. */
  add(request: Request, { timeout, signal }: Patience = {}): Promise<any> {
    const patient = timeout === undefined && !signal;
    const before = patient && this.about(request.room);
    if (before && before.asks === request.asks) return before.promise;
    const entry = entryOf(request);
    if (!patient) entry.asks += " "; // nobody else's is withdrawn with it
    const fault = this.#end ?? this.#full(request) ?? (request.cost && this.fault(request.frame(1)));
    this.#entries.push(entry);
    const withdraw = (code: string): void => this.#fail(entry, fault || new ClientError(code));
    const abort = (): void => withdraw("aborted");
    const stop = timeout === undefined ? undefined : this.#env.after(timeout, () => withdraw("timeout"));
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
  fault(frame: Frame): ClientError | undefined {
    const { bytes, depth } = typeof frame === "string" ? measure(frame) : { bytes: frame.length, depth: 0 };
    const code = bytes > this.bytesMax ? "too_long" : depth > this.depthMax ? "too_deep" : "";
    return code ? new ClientError(code, `${bytes} bytes`) : undefined;
  }

  /** The room's last request. */
  about(room: string | undefined): { asks?: string; promise: Promise<any> } | undefined {
    return this.#entries.filter((entry) => room && entry.room === room).pop();
  }

  /** Whether a join of the room is among them. */
  joins(room: string): boolean {
    return this.#entries.some((entry) => entry.room === room && entry.asks !== "leave");
  }

  /** For what has no id and is never sent again. returns: whether it was sent: not, if it had to wait. */
  post(frame: Frame): boolean {
    const connection = this.#connection;
    if (!connection || connection.crowded || this.fault(frame) || this.#pace.take(this.#env.clock())) return false;
    connection.send(frame);
    return true;
  }

  /** A connection is there, and the server has begun to handle all ids up to `handled`. */
  resume(handled: number, connection: Connection): void {
    this.#open(this.#entries.filter(({ id }) => id && id <= handled).length, connection);
  }

  /**
   * A connection is there, and ids begin anew. `first` go before all others; messages that were sent are lost.
   * strange: why none of what waits may be sent, if so.
   */
  restart(first: Request[], connection: Connection, strange?: ClientError): void {
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
  pause(): void {
    this.#connection = undefined;
    this.#cancel?.();
    this.#cancel = undefined;
  }

  /** The answer to a request, if anybody still waits for it. */
  settle(id: number, error?: ClientError, value?: unknown): void {
    const entry = this.#entries.find((other) => id && other.id === id);
    if (!entry) return;
    if (error && error.code !== entry.forgives) return this.#fail(entry, error);
    this.#remove(entry);
    entry.resolve(value);
  }

  /** The server has closed because of the length of what was sent: the longest is the likeliest. */
  tooLong(): void {
    const [longest] = this.#entries.slice(0, this.#sent).sort((a, b) => b.cost - a.cost);
    if (longest?.cost) this.#fail(longest, new ClientError("too_long"));
  }

  /** None will be answered. */
  end(error: ClientError): void {
    this.pause();
    this.#end = error;
    for (const entry of this.#entries.splice(0)) {
      entry.forget();
      if (!error.closeCode) quiet(entry.promise); // the application has closed it, and knows
      entry.reject(error);
    }
  }

  #open(sent: number, connection: Connection): void {
    this.#sent = sent;
    this.#connection = connection;
    this.#flush();
  }

  #flush(): void {
    if (this.#cancel) return; // its turn comes
    for (let entry; this.#connection && (entry = this.#entries[this.#sent]); ) {
      const wait = this.#pace.take(this.#env.clock());
      if (wait) {
        this.#cancel = this.#env.after(wait, () => {
          this.#cancel = undefined;
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

  #full({ cost, room }: Request): ClientError | undefined {
    const messages = this.#entries.filter((entry) => entry.cost);
    const limits = this.#limits;
    const full = cost ? messages.length >= limits.messages || messages.reduce((sum, entry) => sum + entry.cost, cost) > limits.bytes
      : room && this.#entries.length >= messages.length + ROOM_REQUESTS_MAX;
    return full ? new ClientError("queue_full") : undefined;
  }

  #fail(entry: Entry, error: ClientError): void {
    if (!this.#remove(entry)) return;
    entry.reject(error);
    entry.failed?.(entry.id, error);
  }

  #remove(entry: Entry): boolean {
    const index = this.#entries.indexOf(entry);
    if (index < 0) return false;
    this.#entries.splice(index, 1);
    if (index < this.#sent) this.#sent -= 1;
    entry.forget();
    return true;
  }
}

function entryOf(request: Request): Entry {
  const entry = { ...request, id: 0, forget: () => {} } as unknown as Entry;
  entry.promise = new Promise((resolve, reject) => Object.assign(entry, { resolve, reject }));
  return entry;
}
