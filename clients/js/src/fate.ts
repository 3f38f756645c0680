import { ClientError } from "./error.js";

/** What becomes of a client when its connection has ended: docs/protocol.md, The end of a connection. */
export type Fate = "again" | "token" | "end";

export const TOO_BIG = 1009;
const UNAUTHENTICATED = 4401;
export const TOO_MANY = 4429;
// 0 is what Deno says for 1006. 1005 and 1014 are no server's own: a proxy's.
const HEALING = /^(0|10(0[1569]|1[1-4])|44(08|29))$/;
const WORDS: Record<number, string> = { [UNAUTHENTICATED]: "unauthorized", 4403: "forbidden", 4409: "replaced" };

/** advised: what a `bye` said, if one came. */
export function fateOf(code: number, advised: boolean | undefined): Fate {
  if (code === UNAUTHENTICATED) return "token";
  return advised ?? HEALING.test(`${code}`) ? "again" : "end";
}

export function endOf(code: number, reason: string): ClientError {
  return new ClientError(WORDS[code] ?? "closed", `closed: ${code} ${reason}`.trimEnd(), code);
}
