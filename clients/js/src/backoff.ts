const FIRST_MS = 500;
const MOST_MS = 30_000;

/** Full jitter: a random time between 0 and min(30 s, 0.5 s * 2^attempt), so that many clients do not come at once. */
export class Backoff {
  #attempt = 0;

  next(random: number): number {
    return random * Math.min(MOST_MS, FIRST_MS * 2 ** this.#attempt++);
  }

  reset(): void {
    this.#attempt = 0;
  }
}
