import type { Place } from "./events.js";

// docs/protocol.md, Binary messages: 1, the number in 8 bytes, the length of the room's name, the name, the content.
const MESSAGE = 1;
const HEAD_BYTES = 10;

/** Copies the content of whatever holds bytes: a Buffer, a view of any type, an ArrayBuffer. */
export function copyOf(data: ArrayBuffer | ArrayBufferView): Uint8Array {
  if (data.byteLength === undefined) throw new TypeError("bytes?");
  return (ArrayBuffer.isView(data) ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(data)).slice();
}

/** of: stands where the server writes a room's name; ASCII. */
export function writeBinary(id: number, content: Uint8Array, of = ""): Uint8Array {
  const frame = new Uint8Array(HEAD_BYTES + of.length + content.length);
  new DataView(frame.buffer).setBigUint64(1, BigInt(id));
  frame[0] = MESSAGE;
  frame[HEAD_BYTES - 1] = of.length;
  frame.set([...of].map((c) => c.charCodeAt(0)), HEAD_BYTES); // jsdom has no TextEncoder
  frame.set(content, HEAD_BYTES + of.length);
  return frame;
}

/** returns: undefined for a frame that is none. */
export function readBinary(frame: Uint8Array): { content: Uint8Array; place: Place } | undefined {
  const room = HEAD_BYTES + (frame[HEAD_BYTES - 1] ?? 0);
  if (frame.length < room || frame[0] !== MESSAGE) return undefined;
  const place: Place = {};
  const offset = Number(new DataView(frame.buffer, frame.byteOffset).getBigUint64(1));
  if (offset) place.offset = offset;
  if (room > HEAD_BYTES) place.room = new TextDecoder().decode(frame.subarray(HEAD_BYTES, room));
  return { content: frame.slice(room), place };
}
