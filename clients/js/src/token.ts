import type { Cancel, Traced } from "./environment.js";
import { ClientError } from "./error.js";

// What is left of a token's life when it is too late to begin with it.
const SPARE_MS = 30_000;
const SHARE = 0.8; // of its remaining life, before it is replaced
const LEAST_MS = 5_000; // with less left, the server's 4401 is what asks for another
// RFC 9110 §5.6.2: a subprotocol is a token of these.
const TOKEN = /^[!#$%&'*+.^_`|~\w-]+$/;

/** Milliseconds since 1970; undefined where it is no JWT that says so. Nothing is verified: that is the server's to do. */
export function expiryOf(token: string): number | undefined {
  try {
    const payload = token.split(".")[1]!.replace(/[-_]/g, (sign) => (sign === "-" ? "+" : "/"));
    const { exp } = JSON.parse(atob(payload)) as { exp?: unknown };
    return typeof exp === "number" ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}

/** The token at hand, asked for when there is none, it was refused, or its end is near. */
export class Token {
  readonly #ask: (() => Promise<string> | string) | undefined;
  readonly #env: Traced;
  readonly #timeoutMs: number;
  #token: string | undefined;
  #asking: Promise<string | undefined> | undefined;
  #stop: Cancel = () => {};
  #rest: Cancel = () => {}; // the life of the one that the server has

  constructor(ask: (() => Promise<string> | string) | undefined, env: Traced, timeoutMs: number) {
    this.#ask = ask;
    this.#env = env;
    this.#timeoutMs = timeoutMs;
  }

  /** Whether there is anyone to ask. */
  get renewable(): boolean {
    return this.#ask !== undefined;
  }

  /** Milliseconds that it is still good for; undefined where it does not say. */
  get left(): number | undefined {
    const expiry = expiryOf(this.#token ?? "");
    return expiry && expiry - this.#env.now();
  }

  async read(): Promise<string | undefined> {
    if (this.#token === undefined || (this.left ?? Infinity) < SPARE_MS) await this.renew();
    return this.#token;
  }

  /**
   * Asks for another; all who wait for one get the same.
   *
   * errors: no_token.
   */
  renew(): Promise<string | undefined> {
    return this.#asking ??= this.#renew().finally(() => { this.#asking = undefined; });
  }

  /** It was refused, or nobody knows. */
  forget(): void {
    this.#token = undefined;
  }

  /** The server has taken it: has `bring` called before it ends, and again before the next one does. */
  taken(bring: () => Promise<void>): void {
    this.#rest();
    const { left = 0 } = this;
    if (left < LEAST_MS || !this.#ask) return;
    // A timer holds 24 days: a token that lives for longer is replaced then.
    this.#rest = this.#env.after(Math.max(LEAST_MS, left * SHARE), () => void bring().finally(() => this.taken(bring)));
  }

  /** There is no connection. */
  rest(): void {
    this.#rest();
  }

  /** Nobody waits for one any more. */
  stop(): void {
    this.#stop();
  }

  async #renew(): Promise<string | undefined> {
    if (!this.#ask) return undefined;
    this.#env.trace("token()");
    const late = new Promise<never>((_, reject) => {
      this.#stop = this.#env.after(this.#timeoutMs, () => reject("timeout"));
    });
    try {
      const given = String(await Promise.race([this.#ask(), late]) ?? "").trim();
      // Not what a proxy's page of errors is. The text may be a secret, and is not told.
      if (!TOKEN.test(given)) throw "no token";
      return this.#token = given;
    } catch (error) {
      throw new ClientError("no_token", `token() failed: ${error}`);
    } finally {
      this.#stop();
    }
  }
}
