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
  #people: People | undefined; // the same until something changes

  constructor(people: People) {
    this.change(people, {});
  }

  /** docs/protocol.md: the leaves first, then the joins, in place of those with the same device. */
  change(joins: People, leaves: People): void {
    this.#people = undefined;
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
    return this.#people ??= Object.fromEntries([...this.#users].map(([user, devices]) => [user, [...devices.values()]]));
  }
}

/** returns: those of `people` whom `others` do not have, device by device, with all that is said of it. */
export function without(people: People, others: People): People {
  const known = JSON.stringify(others); // no two users have one device
  const left = Object.entries(people).map(([user, devices]) => [user, devices.filter((device) => !known.includes(JSON.stringify(device)))] as const);
  return Object.fromEntries(left.filter(([, { length }]) => length));
}
