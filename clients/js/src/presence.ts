/** A device of a user who is in a room. */
export interface Device {
  device: string;
  /** What the server's application says of it. */
  meta: any;
}

/** By user. */
export type People = Record<string, Device[]>;

/** Who is in one room: a state, and the differences after it. */
export class Presence {
  readonly #users = new Map<string, Map<string, Device>>();

  constructor(people: People) {
    this.change(people, {});
  }

  /** docs/protocol.md: the leaves first, then the joins, in place of those with the same device. */
  change(joins: People, leaves: People): void {
    for (const [user, devices] of Object.entries(leaves)) {
      const left = this.#users.get(user);
      for (const { device } of devices) left?.delete(device);
      if (!left?.size) this.#users.delete(user);
    }
    for (const [user, devices] of Object.entries(joins)) {
      const there = this.#users.get(user) ?? new Map<string, Device>();
      for (const device of devices) there.set(device.device, device);
      this.#users.set(user, there);
    }
  }

  people(): People {
    return Object.fromEntries([...this.#users].map(([user, devices]) => [user, [...devices.values()]]));
  }
}
