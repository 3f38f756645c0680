import type { Cancel, Traced } from "./environment.js";

const ANSWER_MS = 10_000;
const PING_MS = 25_000; // where the server's is no number
const PING_MS_MIN = 1_000;
// A timer that comes so late has slept, with the machine or a hidden page: what was sent meanwhile may still be on its way in.
const SLEPT_MS = 2_000;

/** Asks a silent peer whether it is there (docs/protocol.md, Keeping alive). */
export class Liveness {
  readonly #env: Traced;
  readonly #pingMs: number;
  readonly #ping: () => void;
  readonly #dead: () => void;
  #heardAt: number;
  #heard = false; // since the last ping
  #cancel: Cancel = () => {};

  constructor(env: Traced, pingMs: unknown, ping: () => void, dead: () => void) {
    this.#env = env;
    this.#pingMs = typeof pingMs === "number" ? Math.max(PING_MS_MIN, pingMs) : PING_MS;
    this.#ping = ping;
    this.#dead = dead;
    this.#heardAt = env.clock();
    this.#listen();
  }

  heard(): void {
    this.#heard = true;
    this.#heardAt = this.#env.clock();
  }

  /** Asks now, because there is reason to doubt. */
  probe(): void {
    this.#cancel();
    const asked = this.#env.clock();
    this.#heard = false;
    this.#cancel = this.#env.after(ANSWER_MS, () => {
      if (this.#heard) this.#listen();
      else if (this.#env.clock() - asked > ANSWER_MS + SLEPT_MS) this.probe();
      else this.#dead();
    });
    this.#ping();
  }

  stop(): void {
    this.#cancel();
  }

  #listen(): void {
    const silentMs = this.#env.clock() - this.#heardAt;
    this.#cancel = this.#env.after(Math.max(0, this.#pingMs - silentMs), () => {
      if (this.#env.clock() - this.#heardAt >= this.#pingMs) this.probe();
      else this.#listen();
    });
  }
}
