import type { Environment, WebSocketLike } from "./environment.js";

export interface ConnectionEvents {
  opened(protocol: string): void;
  text(text: string): void;
  binary(bytes: Uint8Array): void;
  /** The last of all, once. Not after drop(). */
  ended(code: number, reason: string): void;
}

// RFC 6455 §7.4.2: the application's own. Neither 1000 nor 1001, which would end the session.
const GIVEN_UP = 4000;

/** One WebSocket, and what comes of it until it ends or is dropped. */
export class Connection {
  readonly #socket: WebSocketLike;

  /** Throws what WebSocket's constructor throws: the url or a protocol cannot be one. */
  constructor(WebSocket: Environment["WebSocket"], url: string, protocols: string[], events: ConnectionEvents) {
    const socket = this.#socket = new WebSocket(url, protocols);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => events.opened(socket.protocol);
    socket.onmessage = ({ data }: { data: unknown }) => {
      if (typeof data === "string") events.text(data);
      else events.binary(new Uint8Array(data as ArrayBuffer));
    };
    socket.onclose = ({ code, reason }: { code: number; reason: string }) => events.ended(code, reason);
    socket.onerror = () => {}; // a close follows; and npm's ws throws what nobody listens to
  }

  send(frame: string | Uint8Array<ArrayBuffer>): void {
    this.#socket.send(frame);
  }

  /** Nothing more is heard of it. */
  drop(code = GIVEN_UP): void {
    this.#socket.onopen = this.#socket.onmessage = this.#socket.onclose = null;
    this.#socket.close(code);
  }
}
