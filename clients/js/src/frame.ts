/** A text frame of the server. */
export type Frame = Record<string, any>;

const TEXTS = /^(session|secret|room|epoch)$/;
const COUNTS = /^(id|offset|handled)$/;
const ROOMS = /^(joined|left|presence)$/;

/** returns: {} for what is no JSON object. */
export function readFrame(json: string): Frame {
  try {
    return Object(JSON.parse(json));
  } catch {
    return {};
  }
}

/** errors: throws where a name or a number is none. Other members show when they are used. */
export function check(frame: Frame): void {
  if (ROOMS.test(frame["t"])) frame["room"] ??= 0;
  for (const [name, value] of Object.entries(frame)) {
    if (TEXTS.test(name) ? typeof value !== "string" : COUNTS.test(name) && !Number.isSafeInteger(value)) throw name;
  }
}
