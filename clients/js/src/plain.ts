import type { Connection } from "./connection.js";
import type { Emitter } from "./emitter.js";
import { ClientError } from "./error.js";
import type { Link } from "./link.js";
import type { Requests } from "./requests.js";
import type { Dialogue } from "./talk.js";

const unsupported = (): Promise<never> => Promise.reject(new ClientError("not_supported"));

/** Any server's own messages, as they are: nothing is numbered, answered or resumed. Only the connection comes back. */
export class Plain implements Dialogue {
  readonly #link: Link;
  readonly #requests: Requests;
  readonly #events: Emitter;
  readonly user = undefined;

  constructor(link: Link, requests: Requests, events: Emitter) {
    this.#link = link;
    this.#requests = requests;
    requests.answered = false;
    this.#events = events;
  }

  protocols(): string[] {
    return [];
  }

  opened(connection: Connection): void {
    this.#requests.restart([], connection);
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

  lost(): void {
    this.#requests.pause();
  }

  ended(error: ClientError): void {
    this.#requests.end(error);
  }

  frame(content: string | Uint8Array): string | Uint8Array {
    return content;
  }

  join = unsupported;
  leave = unsupported;
  refresh = unsupported;
}
