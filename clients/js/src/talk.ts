import type { Joined } from "./events.js";
import type { Talk } from "./link.js";
import type { Patience } from "./patience.js";
import type { People } from "./presence.js";
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
  send(json: string, patience: Patience): Promise<any>;
  post(json: string): boolean;
  sendBinary(copy: Uint8Array, patience: Patience): Promise<any>;
  join(room: string, options: JoinOptions): Promise<Joined>;
  leave(room: string, all?: boolean): Promise<void>;
  refresh(): Promise<void>;
  rooms(): string[];
  people(room: string): People | undefined;
  position(room: string): Since | undefined;
}
