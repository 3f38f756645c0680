import type { Connection } from "./connection.js";
import type { Emitter } from "./emitter.js";
import { ClientError } from "./error.js";
import type { Link } from "./link.js";
import type { Patience } from "./patience.js";
import type { Requests } from "./requests.js";
import type { Dialogue } from "./talk.js";

const NONE: string[] = [];
const unsupported = (): Promise<never> => Promise.reject(new ClientError("not_supported", "plain mode has no such thing"));

/** Any server's own messages, as they are: nothing is numbered, answered or resumed. Only the connection comes back. */
export class Plain implements Dialogue {
  readonly #link: Link;
  readonly #requests: Requests;
  readonly #events: Emitter;
  #connection: Connection | undefined;
  readonly user = undefined;

  constructor(link: Link, requests: Requests, events: Emitter) {
    this.#link = link;
    this.#requests = requests;
    this.#events = events;
  }

  protocols(): string[] {
    return [];
  }

  opened(connection: Connection): void {
    this.#connection = connection;
    this.#requests.restart([], (frame, id) => {
      connection.send(frame);
      this.#requests.settle(id, undefined);
    });
    this.#link.welcomed({ resumed: false });
  }

  text(text: string): void {
    let data: unknown = text;
    try {
      data = JSON.parse(text);
    } catch {
      // As it is.
    }
    this.#events.emit("message", data, {});
  }

  binary(bytes: Uint8Array): void {
    this.#events.emit("binary", bytes, {});
  }

  probe(): void {}

  tooLong(): void {}

  lost(): void {
    this.#connection = undefined;
    this.#requests.pause();
  }

  ended(error: ClientError): void {
    this.#requests.end(error);
  }

  send(json: string, patience: Patience): Promise<undefined> {
    return this.#requests.add({ frame: () => json, bytes: json.length }, patience);
  }

  post(json: string): boolean {
    if (this.#connection?.crowded !== false || !this.#requests.mayPost(json)) return false;
    this.#connection.send(json);
    return true;
  }

  sendBinary(copy: Uint8Array, patience: Patience): Promise<undefined> {
    return this.#requests.add({ frame: () => copy, bytes: copy.length || 1 }, patience);
  }

  join = unsupported;
  leave = unsupported;
  refresh = unsupported;
  rooms = (): string[] => NONE;
  people = (): undefined => undefined;
  position = (): undefined => undefined;
}
