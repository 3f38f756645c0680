import type { Joined, Left, Place, PresenceChange } from "./events.js";
import { type People, Presence } from "./presence.js";

/** Where a device stopped reading a room that keeps its messages. */
export interface Since {
  epoch: string;
  offset: number;
  /** The session in which it read so far: what was not to be sent to it then is not sent later. */
  session?: string;
}

/** A `joined` of docs/protocol.md. */
export interface JoinedFrame {
  room: string;
  id?: number;
  epoch?: string;
  offset?: number;
  recovered?: boolean;
  presence?: People;
}

/** The members of a join that say what must follow. */
export type Wish = { since?: Since } | { last?: number };

interface Room {
  wanted: boolean; // by the application, and so joined again in a new session
  here: boolean; // as the server has it
  again: boolean; // it was here in the session of before, and is being joined again
  wish: Wish; // of the join that is under way
  since?: Since | undefined; // undefined: it keeps nothing, as far as is known
  presence?: Presence | undefined;
  early?: JoinedFrame | undefined; // the server's own doing, while a join with `since` is under way
}

/** The rooms of a client: which it is in, how far it has read them, who is in them. */
export class Rooms {
  readonly #rooms = new Map<string, Room>();
  /** The session that offsets are read in. */
  session = "";

  names(): string[] {
    return [...this.#rooms.keys()].filter((name) => this.#rooms.get(name)?.here);
  }

  people(name: string): People | undefined {
    return this.#rooms.get(name)?.presence?.people();
  }

  position(name: string): Since | undefined {
    const since = this.#rooms.get(name)?.since;
    return since && { ...since };
  }

  want(name: string, since?: Since): void {
    const room = this.#room(name);
    room.wanted = true;
    if (since) room.since = since;
  }

  unwant(name: string): void {
    const room = this.#rooms.get(name);
    if (room) room.wanted = false;
  }

  /** A join goes out. Where nothing else is wished, what was missed is. */
  wish(name: string, last: number | undefined): Wish {
    const room = this.#room(name);
    return (room.wish = last !== undefined ? { last } : room.since ? { since: { ...room.since } } : {});
  }

  /** Another session begins, in no room. Returns those to be joined again; `left` is told of the others. */
  restart(session: string, left: (left: Left) => void): string[] {
    this.session = session;
    for (const [name, room] of this.#rooms) {
      const { here, wanted } = room;
      Object.assign(room, { here: false, again: here || room.again, wish: {}, early: undefined });
      if (wanted) continue;
      this.#rooms.delete(name);
      if (here) left({ room: name, code: "session_lost" });
    }
    return [...this.#rooms.keys()];
  }

  /** Returns what to tell of it; undefined: the answer to a join under way will. */
  joined(frame: JoinedFrame): Joined | undefined {
    const room = this.#room(frame.room);
    room.here = true;
    if (frame.presence) room.presence = new Presence(frame.presence);
    if (frame.id === undefined && "since" in room.wish) {
      room.early = frame;
      return undefined;
    }
    if (!frame.recovered) this.#begin(room, frame);
    const joined: Joined = { room: frame.room };
    // One that keeps nothing has told nothing of what was missed, and all of it is.
    const recovered = frame.recovered ?? (room.again ? false : undefined);
    if (recovered !== undefined) joined.recovered = recovered;
    const people = room.presence?.people();
    if (people) joined.presence = people;
    Object.assign(room, { again: false, wish: {}, early: undefined });
    return joined;
  }

  /** A join was answered with an error. Returns what to tell of it. */
  refused(name: string, code: string): { joined: Joined } | { left: Left } | undefined {
    const room = this.#room(name);
    const { early, again } = room;
    Object.assign(room, { wanted: false, again: false, wish: {}, early: undefined });
    if (early) return { joined: { ...this.joined(early)!, recovered: false } };
    if (room.here) return undefined;
    this.#rooms.delete(name);
    return again ? { left: { room: name, code } } : undefined;
  }

  /** joins: a join of ours is under way, and with it the wish, and what comes again behind its answer. */
  left(name: string, joins: boolean): void {
    const room = this.#rooms.get(name);
    if (room && joins) Object.assign(room, { here: false, again: false, presence: undefined, early: undefined });
    else this.#rooms.delete(name);
  }

  changed({ room, joins, leaves }: PresenceChange): void {
    this.#rooms.get(room)?.presence?.change(joins, leaves);
  }

  /** Whether the message must be shown: not, if it is a repeat, or comes again behind the answer to a join. */
  read({ room: name, offset }: Place): boolean {
    const room = name === undefined ? undefined : this.#rooms.get(name);
    if (!room || offset === undefined) return true;
    if ("since" in room.wish) return false;
    if (!room.since) return true;
    if (offset <= room.since.offset) return false;
    Object.assign(room.since, { offset, session: this.session });
    return true;
  }

  /** Offsets are read from the frame's on; from the first on, if old messages were asked for. */
  #begin(room: Room, { epoch, offset = 0 }: JoinedFrame): void {
    const read = "last" in room.wish ? 0 : offset;
    room.since = epoch === undefined ? undefined : { epoch, offset: read, session: this.session };
  }

  #room(name: string): Room {
    const room = this.#rooms.get(name) ?? { wanted: false, here: false, again: false, wish: {} };
    this.#rooms.set(name, room);
    return room;
  }
}
