import type { Joined } from "./events.js";
import type { Talk } from "./link.js";
import type { Patience } from "./patience.js";
import type { Since } from "./rooms.js";

/** Whatever holds bytes: a Uint8Array, a Buffer, an ArrayBuffer. */
export type Bytes = ArrayBuffer | ArrayBufferView;

export interface JoinOptions extends Patience {
  /** So many of the room's latest messages follow. */
  last?: number;
  /** What came after that follows, if all of it is there: what `position()` said, in another life of the application. */
  since?: Since;
}

/** What an application can say and ask, whichever way it is spoken. */
export interface Dialogue extends Talk {
  readonly user: string | undefined;
  /** A message as it goes over the wire. id: 0 if it has none. of: as a `Request` has it. */
  frame(content: string | Uint8Array, id: number, of?: string): string | Uint8Array;
  join(room: string, options: JoinOptions): Promise<Joined>;
  leave(room: string, all?: boolean): Promise<void>;
  refresh(): Promise<void>;
}
