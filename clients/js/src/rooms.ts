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
export type Wish = { since?: Since; last?: number };

interface Room {
  holders: number; // joins of the application without a leave; with any, it is joined again in a new session
  here: boolean; // as the server has it
  again: boolean; // it was here in the session of before, and is being joined again
  wishes: Map<number, Wish>; // of the joins that are under way and wish for messages, by id
  since?: Since | undefined; // undefined: it keeps nothing, as far as is known
  presence?: Presence | undefined;
  early?: JoinedFrame | undefined; // the server's own doing, while a join that wishes for messages is under way
}

/** The rooms of a client: which it is in, how far it has read them, who is in them. */
export class Rooms {
  readonly #rooms = new Map<string, Room>();
  #names: string[] = [];
  /** The session that offsets are read in. */
  session = "";

  /** returns: the same array until something changes. */
  names(): string[] {
    const names = [...this.#rooms.keys()].filter((name) => this.#rooms.get(name)?.here);
    if (JSON.stringify(names) !== JSON.stringify(this.#names)) this.#names = names;
    return this.#names;
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
    room.holders += 1;
    if (since) room.since = since;
  }

  /** A holder lets go, or all do. returns: whether none is left. */
  unwant(name: string, all = false): boolean {
    const room = this.#rooms.get(name);
    if (room) room.holders = all ? 0 : Math.max(0, room.holders - 1);
    return !room?.holders;
  }

  /** The join `id` goes out. Where nothing else is wished, what was missed is. */
  wish(name: string, last: number | undefined, id: number): Wish {
    const room = this.#room(name);
    const wish = last !== undefined ? { last } : room.since && { since: { ...room.since } };
    if (wish) room.wishes.set(id, wish);
    return wish ?? {};
  }

  /** Another session begins, in no room. returns: those to be joined again; `left` is told of the others. */
  restart(session: string, left: (left: Left) => void): string[] {
    this.session = session;
    for (const [name, room] of this.#rooms) {
      const { here, holders } = room;
      Object.assign(room, { here: false, again: here || room.again, early: undefined });
      room.wishes.clear();
      if (holders) continue;
      this.#rooms.delete(name);
      if (here) left({ room: name, code: "session_lost" });
    }
    return [...this.#rooms.keys()];
  }

  /** They were another user's. returns: those that it was in. */
  clear(): string[] {
    const names = this.names();
    this.#rooms.clear();
    return names;
  }

  /** returns: what to tell of it; undefined: the answer to a join under way will. */
  joined(frame: JoinedFrame): Joined | undefined {
    const { id = 0, presence } = frame;
    const people = presence && new Presence(presence);
    const room = this.#room(frame.room);
    room.here = true;
    if (people) room.presence = people;
    const wish = room.wishes.get(id);
    room.wishes.delete(id);
    if (!id && room.wishes.size) {
      room.early = frame;
      return undefined;
    }
    if (!frame.recovered) this.#begin(room, frame, wish);
    const joined: Joined = { room: frame.room };
    // One that keeps nothing has told nothing of what was missed, and all of it is.
    const recovered = frame.recovered ?? (room.again ? false : undefined);
    if (recovered !== undefined) joined.recovered = recovered;
    if (room.presence) joined.presence = room.presence.people();
    Object.assign(room, { again: false, early: undefined });
    return joined;
  }

  /** A join was answered with an error. returns: what to tell of it. */
  refused(name: string, id: number, code: string): { joined?: Joined; left?: Left } {
    const room = this.#room(name);
    const { early, again, here } = room;
    room.wishes.delete(id);
    room.holders = here ? Math.max(0, room.holders - 1) : 0;
    if (early && !room.wishes.size) return { joined: { ...this.joined(early)!, recovered: false } };
    if (!here) this.#rooms.delete(name);
    return here || !again ? {} : { left: { room: name, code } };
  }

  /** A join was given up here. returns: whether the server may have put us in. */
  withdrawn(name: string, id: number): boolean {
    const room = this.#room(name);
    room.wishes.delete(id);
    if (!this.unwant(name) || room.here) return false;
    return this.#rooms.delete(name);
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
    if (room.wishes.size && (room.early || [...room.wishes.values()].some(({ since }) => since))) return false;
    if (!room.since) return true;
    if (offset <= room.since.offset) return false;
    Object.assign(room.since, { offset, session: this.session });
    return true;
  }

  /** Offsets are read from the frame's on; from the first on, if old messages were asked for. */
  #begin(room: Room, { epoch, offset = 0 }: JoinedFrame, wish?: Wish): void {
    room.since = epoch === undefined ? undefined : { epoch, offset: wish?.last === undefined ? offset : 0, session: this.session };
  }

  #room(name: string): Room {
    const room = this.#rooms.get(name) ?? { holders: 0, here: false, again: false, wishes: new Map() };
    this.#rooms.set(name, room);
    return room;
  }
}
