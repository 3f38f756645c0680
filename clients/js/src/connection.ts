import type { Traced, WebSocketLike } from "./environment.js";

/** Who hears of a connection, while it is not dropped. */
export interface Listener {
  opened(connection: Connection, protocol: string): void;
  text(text: string): void;
  binary(bytes: Uint8Array): void;
}

// RFC 6455 §7.4.2: the application's own. Neither 1000 nor 1001, which would end the session.
const GIVEN_UP = 4000;
const CLOSE_MS = 1_000; // a dead network would keep npm's ws, and Node with it, for 30 s
const CROWDED_BYTES = 2 ** 16;

/** One WebSocket, and what comes of it until it ends or is dropped. */
export class Connection {
  readonly #socket: WebSocketLike;
  readonly #env: Traced;

  /**
   * ended: the last of all, once; not after drop().
   *
   * errors: throws what WebSocket's constructor throws, where the page's policy forbids the address.
   */
  constructor(env: Traced, url: string, protocols: string[], listener: Listener, ended: (code: number, reason: string) => void) {
    let failure = "";
    this.#env = env;
    const socket = this.#socket = new env.WebSocket(url, protocols);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => listener.opened(this, socket.protocol);
    socket.onmessage = ({ data }: { data: unknown }) => {
      if (typeof data === "string") listener.text(data);
      else listener.binary(new Uint8Array(data as ArrayBuffer));
    };
    socket.onclose = ({ code, reason }: { code: number; reason: string }) => ended(code, reason || failure);
    // A close follows. npm's ws and React Native say why; and ws throws what nobody listens to.
    socket.onerror = (event: { message?: string } | undefined) => { failure = event?.message ?? ""; };
  }

  /** Whether so much waits to leave that what is worth nothing later is better not sent. */
  get crowded(): boolean {
    return (this.#socket.bufferedAmount ?? 0) > CROWDED_BYTES;
  }

  send(frame: string | Uint8Array): void {
    this.#env.trace(`out: ${frame.slice(0, 20)}.. (${frame.length})`); // not enough to tell a secret
    this.#socket.send(frame);
  }

  /** Nothing more is heard of it. */
  drop(code = GIVEN_UP): void {
    const socket = this.#socket;
    socket.onopen = socket.onmessage = socket.onclose = null;
    if (socket.terminate) socket.onclose = this.#env.after(CLOSE_MS, () => socket.terminate!());
    socket.close(code);
  }
}
