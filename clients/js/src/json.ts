/** What a JSON text costs its reader. */
export interface Measure {
  /** In UTF-8. */
  bytes: number;
  /** Of arrays and objects. */
  depth: number;
}

/**
 * Writes JSON that any reader takes: half of a surrogate pair becomes U+FFFD, because UTF-8 has no bytes for it.
 *
 * errors: throws what JSON.stringify throws, for a BigInt or a cycle.
 */
export function jsonOf(data: unknown): string {
  // JSON.stringify escapes such halves. An escaped backslash is matched too, so that its second half begins no escape.
  return (JSON.stringify(data ?? null) ?? "null").replace(/\\(\\|ud[89a-f]..)/g, (match, what) => (what[1] ? "\ufffd" : match));
}

export function measure(json: string): Measure {
  let bytes = json.length;
  let depth = 0;
  let level = 0;
  let quoted = false;
  for (let i = 0; i < json.length; ++i) {
    const unit = json.charCodeAt(i);
    if (unit > 0x7f) bytes += unit > 0x7ff && (unit & 0xf800) !== 0xd800 ? 2 : 1; // half of a pair is two bytes of four
    else if (unit === 0x22) quoted = !quoted;
    else if (quoted) i += +(unit === 0x5c);
    else if (unit === 0x5b || unit === 0x7b) depth = Math.max(depth, ++level);
    else if (unit === 0x5d || unit === 0x7d) level -= 1;
  }
  return { bytes, depth };
}
