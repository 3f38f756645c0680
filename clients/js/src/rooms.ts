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
export type Wish = { since?: Since | undefined; last?: number | undefined };

interface Room {
  holders: number; // joins of the application without a leave; with any, it is joined again in a new session
  here?: boolean; // as the server has it
  again?: boolean; // it was here in the session of before, and is being joined again
  wishes: Map<number, number | undefined>; // the `last` of the joins that are under way and wish for messages, by id
  since?: Since | undefined; // undefined: it keeps nothing, as far as is known
  joinedAt?: number; // the offset that the latest `joined` told
  oldest?: number; // the lowest offset that was told in this epoch; reading went on from there
  older?: number | undefined; // those below it are told too, because a join has asked for them
  presence?: Presence | undefined;
  early?: JoinedFrame | undefined; // of what was passed over; the server's own `joined`, if that came
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
    if (since) Object.assign(room, { since, oldest: since.offset + 1 });
  }

  /** A holder lets go, or all do. returns: whether none is left. */
  unwant(name: string, all = false): boolean {
    const room = this.#rooms.get(name);
    if (room) room.holders = all ? 0 : Math.max(0, room.holders - 1);
    return !room?.holders;
  }

  /** The join `id` goes out. What was missed is wished for in any case. */
  wish(name: string, last: number | undefined, id: number): Wish {
    const wish = { last, since: this.position(name) };
    if (last || wish.since) this.#room(name).wishes.set(id, last);
    return wish;
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
  drop(): string[] {
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
    const last = room.wishes.get(id);
    room.wishes.delete(id);
    room.joinedAt = frame.offset ?? 0;
    if (!id && room.wishes.size) {
      room.early = frame;
      return undefined;
    }
    this.#begin(room, frame, last);
    const joined: Joined = { room: frame.room };
    // One that keeps nothing has told nothing of what was missed, and all of it is.
    const recovered = frame.recovered ?? (room.again ? false : undefined);
    if (recovered !== undefined) joined.recovered = recovered;
    if (room.presence) joined.presence = room.presence.people();
    Object.assign(room, { again: false, early: undefined });
    return joined;
  }

  /** A join was answered with an error. returns: what to tell of it. */
  refused(name: string, id: number, code: string): ["joined", Joined] | ["left", Left] | undefined {
    const room = this.#room(name);
    const { early, again, here } = room;
    room.wishes.delete(id);
    this.unwant(name, !here);
    if (early && !room.wishes.size) return ["joined", { ...this.joined(early)!, recovered: false }];
    if (here) return undefined;
    this.#rooms.delete(name);
    return again ? ["left", { room: name, code }] : undefined;
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
    const room = this.#rooms.get(name!);
    if (!room || !offset) return true;
    if (room.wishes.size && offset > room.joinedAt!) {
      room.early ??= { room: name! };
      return false;
    }
    const { since } = room;
    if (!since) return true;
    if (offset > since.offset) Object.assign(since, { offset, session: this.session });
    else if (offset >= room.older!) return false;
    room.oldest = Math.min(room.oldest!, offset);
    return true;
  }

  /** Reading goes on where it was, and what is older than all that was told is new too; or it begins anew. */
  #begin(room: Room, { epoch, offset = 0, recovered }: JoinedFrame, last?: number): void {
    if (room.since?.epoch === epoch && (last || recovered)) room.older = room.oldest;
    else Object.assign(room, { oldest: offset + 1, older: 0, since: epoch && { epoch, offset: last ? 0 : offset, session: this.session } });
  }

  #room(name: string): Room {
    const room = this.#rooms.get(name) ?? { holders: 0, wishes: new Map() };
    this.#rooms.set(name, room);
    return room;
  }
}
