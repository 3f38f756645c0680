import type { Events } from "./events.js";

/** The handlers of a client's events. One that fails harms no other, and is told to those of `error`. */
export class Emitter {
  readonly #handlers = new Map<keyof Events, Set<(...args: any[]) => unknown>>();

  on<Name extends keyof Events>(name: Name, handler: Events[Name]): () => void {
    const wrapped = (...args: any[]): unknown => (handler as (...args: any[]) => unknown)(...args);
    const handlers = this.#of(name);
    handlers.add(wrapped);
    return () => void handlers.delete(wrapped);
  }

  /** Calls the handlers, and asks nothing of what they return. */
  emit<Name extends keyof Events>(name: Name, ...args: Parameters<Events[Name]>): void {
    if (name === "error" && !this.#of(name).size) return console.error(args[0]);
    // A failure of error's own handlers would come round to them for ever.
    const failed = (error: Error): void => (name === "error" ? console.error(error) : this.emit("error", error));
    for (const result of this.#call(name, args)) result.catch(failed);
  }

  /** Waits for the handlers. Returns the first value that one of them returned. */
  async ask<Name extends keyof Events>(name: Name, ...args: Parameters<Events[Name]>): Promise<unknown> {
    return (await Promise.all(this.#call(name, args))).find((value) => value !== undefined);
  }

  #call(name: keyof Events, args: unknown[]): Promise<unknown>[] {
    return [...this.#of(name)].map(async (handler) => handler(...args));
  }

  #of(name: keyof Events): Set<(...args: any[]) => unknown> {
    const handlers = this.#handlers.get(name) ?? new Set();
    this.#handlers.set(name, handlers);
    return handlers;
  }
}
