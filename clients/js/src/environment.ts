import { ClientError } from "./error.js";

export type Cancel = () => void;

/** As much of a WebSocket as the client uses: a browser's, Node's from 22 on, or npm's `ws`. */
export interface WebSocketLike {
  binaryType: string;
  readonly protocol: string;
  /** What was given to `send` and has not left. */
  readonly bufferedAmount?: number;
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  /** data: a string or a Uint8Array. `any`, because TypeScript before 5.7 has no name for what later DOMs take. */
  send(data: any): void;
  close(code?: number, reason?: string): void;
  /** Ends it without waiting for the peer, where that can be done. */
  terminate?(): void;
}

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

/** What the client takes from the world. A test may put its own in the place of any of it. */
export interface Environment {
  WebSocket: WebSocketConstructor;
  /** Milliseconds since 1970, to compare with a token's `exp`. */
  now(): number;
  /** Milliseconds since any time, of a clock that nobody sets. */
  clock(): number;
  /** From 0 to 1, without 1. */
  random(): number;
  after(ms: number, action: () => void): Cancel;
  /** Calls `action(true)` when the network is back or the page is visible again, `action(false)` when the network goes. */
  onNetwork(action: (back: boolean) => void): Cancel;
}

/** An environment, and whom to tell each step. */
export interface Traced extends Environment {
  trace(step: string): void;
}

/** `true`: to the console. */
export type Debug = boolean | ((step: string) => void);

const TIMER_MS_MAX = 2 ** 31 - 1; // a longer one fires at once

function onNetwork(action: (back: boolean) => void): Cancel {
  const visible = (): void => { if (document.visibilityState === "visible") action(true); };
  // React Native's window has no events, and a worker has no document.
  const sources: [any, string, () => void][] = [
    [globalThis.window, "online", () => action(true)],
    [globalThis.window, "offline", () => action(false)],
    [globalThis.document, "visibilitychange", visible],
  ];
  for (const [target, name, listener] of sources) target?.addEventListener?.(name, listener);
  return () => { for (const [target, name, listener] of sources) target?.removeEventListener?.(name, listener); };
}

export function environment(given: Partial<Environment> & { debug?: Debug }): Traced {
  const { debug } = given;
  const found = given.WebSocket ?? (globalThis.WebSocket as WebSocketConstructor | undefined);
  if (!found) throw new ClientError("not_supported", "no WebSocket");
  return {
    now: () => Date.now(),
    clock: () => performance.now(),
    random: Math.random,
    after: (ms, action) => {
      const timer = setTimeout(action, Math.min(ms, TIMER_MS_MAX));
      return () => clearTimeout(timer);
    },
    onNetwork,
    trace: typeof debug === "function" ? debug : debug ? console.debug : () => {},
    ...given,
    WebSocket: found,
  };
}
