/** A text frame of the server. */
export type Frame = Record<string, any>;

const TEXTS = /^(session|secret|room|epoch)$/;
const COUNTS = /^(id|offset|handled)$/;
const PEOPLE = /^(presence|joins|leaves)$/;
const ROOMS = /^(joined|left|presence)$/;

/** returns: {} for what is no JSON object. */
export function readFrame(json: string): Frame {
  try {
    return Object(JSON.parse(json));
  } catch {
    return {};
  }
}

/** Whether each member is of its type. */
export function isGood(frame: Frame): boolean {
  return (!ROOMS.test(frame["t"]) || "room" in frame) && Object.entries(frame).every(([name, value]) => (
    TEXTS.test(name) ? typeof value === "string"
      : COUNTS.test(name) ? value >= 0 && Number.isSafeInteger(value)
        : !PEOPLE.test(name) || isPeople(value)
  ));
}

function isPeople(value: any): boolean {
  return Object.values(value ?? [0]).every((devices) => Array.isArray(devices) && devices.every((device) => device?.device));
}
