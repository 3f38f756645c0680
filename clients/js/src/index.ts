/**
 * The client of microframe: a connection that comes back, and messages that are not lost on the way.
 *
 * @packageDocumentation
 */
import { Client, type Options } from "./client.js";

/**
 * Connects, and stays connected: returns at once, with a client in the state `connecting`.
 *
 * errors: throws `bad_url`, and `not_supported` where there is no WebSocket.
 */
export function connect(url: string | { readonly href: string }, options: Options = {}): Client {
  return new Client(url, options);
}

export { ClientError } from "./error.js";
export type { Client, Options } from "./client.js";
export type { Cancel, Debug, Environment, WebSocketConstructor, WebSocketLike } from "./environment.js";
export type { Bye, Events, Joined, Left, Place, PresenceChange, State, StateDetail } from "./events.js";
export type { Rate } from "./pace.js";
export type { AbortSignalLike, Patience } from "./patience.js";
export type { Device, People } from "./presence.js";
export type { QueueLimits } from "./requests.js";
export type { Since } from "./rooms.js";
export type { Bytes, JoinOptions } from "./talk.js";
