/**
 * Why something failed. `code` is a word of docs/protocol.md (`forbidden`, `bad_message`, ..) or one of the client's own:
 *
 * - `queue_full`: too much waits already; nothing was taken
 * - `too_long`, `too_deep`: the server takes no such message; no other is affected
 * - `timeout`, `aborted`: the `timeout` or the `signal` of the call; what was sent already may still be handled
 * - `session_lost`: it was sent, and what came of it will never be known
 * - `user_changed`: the new token is another user's, and it was not sent as theirs
 * - `not_supported`: not in plain mode, or not by this server
 * - `bad_url`: thrown by `connect`
 * - `no_token`: `token()` failed; it will be asked again
 * - `blocked`: the browser makes no such WebSocket, because of a policy; it will be tried again
 * - `bad_frame`: a frame that could not be read, by the server or of it
 * - `unauthorized`, `forbidden`, `replaced`, `closed`: the end of the client, by 4401, 4403, 4409 or anything else
 */
export class ClientError extends Error {
  readonly code: string;
  /** Of the Close that ended the client, if one did. */
  readonly closeCode: number | undefined;

  constructor(code: string, message = code, closeCode?: number) {
    super(message);
    this.name = "ClientError";
    this.code = code;
    this.closeCode = closeCode;
  }
}
