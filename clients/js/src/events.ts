import type { ClientError } from "./error.js";
import type { People } from "./presence.js";

/**
 * - `connecting`: for the first time
 * - `open`
 * - `reconnecting`: lost, and trying or waiting to try again; what is sent is queued
 * - `closed`: for good
 */
export type State = "connecting" | "open" | "reconnecting" | "closed";

export interface StateDetail {
  /** `open`: whether the session of before goes on. If not, rooms are joined again, and those the server chose are gone. */
  resumed?: boolean;
  /** `reconnecting` and `closed`: the Close's code, 1006 where none came. */
  code?: number | undefined;
  /** `reconnecting`: how long until the next attempt. */
  retryMs?: number;
  /** `reconnecting` and `closed`: why, in words; not after `close()`. */
  reason?: string;
  /** `closed`: why, unless by `close()`. `reconnecting`: where there was no connection, but `token()` failed or a policy forbids it. */
  error?: ClientError | undefined;
}

/** What a message was part of. */
export interface Place {
  room?: string;
  /** In a room that keeps its messages. */
  offset?: number;
}

export interface Joined {
  room: string;
  /**
   * false: messages were missed that are not to be had any more. true: all that was missed follows.
   * undefined: this device was not in the room before.
   */
  recovered?: boolean;
  /** Who is in it, where the application has that on. */
  presence?: People;
}

export interface Left {
  room: string;
  /** Why, if it was neither the application's wish nor the server's: an error's code, `session_lost`, or `user_changed`. */
  code?: string;
}

export interface PresenceChange {
  room: string;
  joins: People;
  leaves: People;
}

/** The server's advice before it closes the connection. The client follows it by itself. */
export interface Bye {
  code: number;
  reason: string;
  reconnect: boolean;
  retryMs: number;
}

/** The events of a client, and what their handlers are given. */
export interface Events {
  /**
   * A message. Where the server has asked for an answer, it gets one when all handlers have ended, promises too; the reply is
   * the first value that one returns.
   */
  message: (data: any, place: Place) => unknown;
  binary: (bytes: Uint8Array, place: Place) => unknown;
  state: (state: State, detail: StateDetail) => unknown;
  joined: (joined: Joined) => unknown;
  left: (left: Left) => unknown;
  presence: (change: PresenceChange) => unknown;
  bye: (bye: Bye) => unknown;
  /** What no promise could be rejected with: errors of the server without an id or a bad frame, of `token()`, of handlers. */
  error: (error: Error) => unknown;
}
