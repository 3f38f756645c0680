import { ClientError } from "./error.js";

/** What becomes of a client when its connection has ended: docs/protocol.md, The end of a connection. */
export type Fate = "again" | "token" | "end";

const UNAUTHENTICATED = 4401;
const HEALING = new Set([1001, 1006, 1011, 1012, 1013, 4408]);
const WORDS = new Map([[UNAUTHENTICATED, "unauthorized"], [4403, "forbidden"], [4409, "replaced"]]);

/** advised: what a `bye` said, if one came. */
export function fateOf(code: number, advised: boolean | undefined): Fate {
  if (code === UNAUTHENTICATED) return "token";
  return advised ?? HEALING.has(code) ? "again" : "end";
}

export function endOf(code: number, reason: string): ClientError {
  return new ClientError(WORDS.get(code) ?? "closed", `the connection was closed: ${code} ${reason}`.trimEnd(), code);
}
