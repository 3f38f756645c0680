/** As much of an AbortSignal as the client uses. */
export interface AbortSignalLike {
  readonly aborted: boolean;
  readonly reason?: any;
  addEventListener(type: "abort", listener: () => void): void;
  removeEventListener(type: "abort", listener: () => void): void;
}

/** How long to wait for an answer. Without any of it: as long as the client lives. */
export interface Patience {
  /** Milliseconds, after which the promise is rejected with `timeout`. What was not sent by then is not sent at all. */
  timeout?: number;
  /** Once aborted, the promise is rejected with `aborted`. What was not sent by then is not sent at all. */
  signal?: AbortSignalLike;
}
