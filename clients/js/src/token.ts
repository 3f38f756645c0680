// What is left of a token's life when it is too late to begin with it.
const SPARE_MS = 30_000;

/** Milliseconds since 1970; undefined where it is no JWT that says so. Nothing is verified: that is the server's to do. */
export function expiryOf(token: string): number | undefined {
  try {
    const payload = (token.split(".")[1] ?? "").replace(/-/g, "+").replace(/_/g, "/");
    const { exp } = JSON.parse(atob(payload)) as { exp?: unknown };
    return typeof exp === "number" ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}

/** The token at hand, asked for when there is none, it was refused, or its end is near. */
export class Token {
  readonly #ask: (() => Promise<string> | string) | undefined;
  readonly #now: () => number;
  #token: string | undefined;

  constructor(ask: (() => Promise<string> | string) | undefined, now: () => number) {
    this.#ask = ask;
    this.#now = now;
  }

  /** Whether there is anyone to ask. */
  get renewable(): boolean {
    return this.#ask !== undefined;
  }

  /** Milliseconds that it is still good for; undefined where it does not say. */
  get left(): number | undefined {
    const expiry = this.#token === undefined ? undefined : expiryOf(this.#token);
    return expiry === undefined ? undefined : expiry - this.#now();
  }

  async get(): Promise<string | undefined> {
    if (this.#token === undefined || (this.left ?? Infinity) < SPARE_MS) await this.renew();
    return this.#token;
  }

  async renew(): Promise<string | undefined> {
    this.#token = await this.#ask?.();
    return this.#token;
  }

  /** It was refused, or nobody knows. */
  forget(): void {
    this.#token = undefined;
  }
}
