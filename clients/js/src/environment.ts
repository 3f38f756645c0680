import { ClientError } from "./error.js";

export type Cancel = () => void;

/** As much of a WebSocket as the client uses: a browser's, Node's from 22 on, or npm's `ws`. */
export interface WebSocketLike {
  binaryType: string;
  readonly protocol: string;
  onopen: ((event: any) => void) | null;
  onmessage: ((event: any) => void) | null;
  onclose: ((event: any) => void) | null;
  onerror: ((event: any) => void) | null;
  send(data: string | Uint8Array<ArrayBuffer>): void;
  close(code?: number, reason?: string): void;
}

export type WebSocketConstructor = new (url: string, protocols: string[]) => WebSocketLike;

/** What the client takes from the world. A test may put its own in the place of any of it. */
export interface Environment {
  WebSocket: WebSocketConstructor;
  /** Milliseconds since 1970. */
  now(): number;
  /** From 0 to 1, without 1. */
  random(): number;
  after(ms: number, action: () => void): Cancel;
  /** Calls `action(true)` when the network is back or the page is visible again, `action(false)` when the network goes. */
  onNetwork(action: (back: boolean) => void): Cancel;
}

function onNetwork(action: (back: boolean) => void): Cancel {
  if (typeof window === "undefined") return () => {};
  const back = (): void => action(true);
  const gone = (): void => action(false);
  const visible = (): void => { if (document.visibilityState === "visible") action(true); };
  window.addEventListener("online", back);
  window.addEventListener("offline", gone);
  document.addEventListener("visibilitychange", visible);
  return () => {
    window.removeEventListener("online", back);
    window.removeEventListener("offline", gone);
    document.removeEventListener("visibilitychange", visible);
  };
}

export function environment(given: Partial<Environment>): Environment {
  const found = given.WebSocket ?? (globalThis.WebSocket as WebSocketConstructor | undefined);
  if (!found) throw new ClientError("not_supported", "there is no WebSocket here: give connect() one, as npm's ws has it");
  return {
    now: () => Date.now(),
    random: () => Math.random(),
    after: (ms, action) => {
      const timer = setTimeout(action, ms);
      return () => clearTimeout(timer);
    },
    onNetwork,
    ...given,
    WebSocket: found,
  };
}
