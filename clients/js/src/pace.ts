/** How much the server lets a connection send: past it, it closes with 4429. */
export interface Rate {
  perSecond: number;
  burst: number;
}

/** A bucket of permits to send, which fills with time. */
export class Pace {
  readonly #rate: Rate;
  #permits: number;
  #filledAt: number;

  constructor(rate: Rate, now: number) {
    this.#rate = rate;
    this.#permits = rate.burst;
    this.#filledAt = now;
  }

  /** Takes a permit. Returns 0, or in how many milliseconds there will be one. */
  take(now: number): number {
    const { perSecond, burst } = this.#rate;
    this.#permits = Math.min(burst, this.#permits + Math.max(0, now - this.#filledAt) * perSecond / 1000);
    this.#filledAt = now;
    if (this.#permits < 1) return Math.ceil((1 - this.#permits) * 1000 / perSecond);
    this.#permits -= 1;
    return 0;
  }
}
