import type { Cancel, Environment } from "./environment.js";
import type { Token } from "./token.js";

const SHARE = 0.8; // of a token's remaining life, before it is replaced
const LEAST_MS = 5_000; // with less left, the server's 4401 is what asks for another
const MOST_MS = 2 ** 31 - 1; // what a timer holds

/** Brings a fresh token to the server before the one at hand ends. */
export class Renewal {
  readonly #env: Environment;
  readonly #token: Token;
  readonly #bring: () => Promise<void>;
  readonly #failed: (error: unknown) => void;
  #cancel: Cancel = () => {};

  constructor(env: Environment, token: Token, bring: () => Promise<void>, failed: (error: unknown) => void) {
    this.#env = env;
    this.#token = token;
    this.#bring = bring;
    this.#failed = failed;
  }

  /** From a token that the server has just taken. */
  start(): void {
    this.stop();
    const { left } = this.#token;
    if (left === undefined || left < LEAST_MS || !this.#token.renewable) return;
    const wait = Math.max(LEAST_MS, left * SHARE);
    this.#cancel = this.#env.after(Math.min(wait, MOST_MS), () => {
      if (wait > MOST_MS) return this.start();
      this.#bring().catch(this.#failed).finally(() => this.start());
    });
  }

  stop(): void {
    this.#cancel();
  }
}
