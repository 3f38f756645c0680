import { ClientError } from "./error.js";

/**
 * A WebSocket's address. That of a page will do too: `https://..`, and in a page `/ws/chat`.
 *
 * errors: bad_url.
 */
export function addressOf(url: string | { readonly href: string }): string {
  let address = String(url);
  try {
    if (/^\/\w/.test(address)) address = location.origin + address;
    address = address.replace(/^http/, "ws");
    new URL(address);
    if (/^wss?:[^#]+$/.test(address)) return address;
  } catch {
    // Told below.
  }
  throw new ClientError("bad_url", `bad url: ${url}`);
}
