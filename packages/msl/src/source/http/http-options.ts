/** Any function that fetches as the web platform's does. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface HttpOptions {
  /** Sends the requests; default: the runtime's `fetch`. */
  readonly fetch?: Fetch;
  /** Sent with every request, e.g. `Authorization`. */
  readonly headers?: Headers | Readonly<Record<string, string>>;
  /**
   * Bytes up to which a file is downloaded as a whole, once, and kept in memory where the server does not answer ranges.
   * Default 64 MiB.
   */
  readonly wholeFileLimit?: number;
}
