/**
 * Why something failed. `code` is a word of docs/protocol.md (`forbidden`, `bad_message`, ..) or one of the client's own:
 *
 * - `queue_full`: too much waits already; nothing was taken
 * - `session_lost`: it was sent, and what came of it will never be known
 * - `not_supported`: not in plain mode, or not by this server
 * - `no_token`: `token()` failed; it will be asked again
 * - `unauthorized`, `forbidden`, `replaced`, `closed`: the end of the client, by 4401, 4403, 4409 or anything else
 */
export class ClientError extends Error {
  readonly code: string;
  /** Of the Close that ended the client, if one did. */
  readonly closeCode: number | undefined;

  constructor(code: string, message: string, closeCode?: number) {
    super(message);
    this.name = "ClientError";
    this.code = code;
    this.closeCode = closeCode;
  }
}
