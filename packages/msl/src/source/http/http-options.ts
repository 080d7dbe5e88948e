/** Any function that fetches as the web platform's does. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface HttpOptions {
  /** Sends the requests; default: the runtime's `fetch`. */
  readonly fetch?: Fetch;
  /** Sent with every request to the origin of the URL, e.g. `Authorization`; never to another one that a redirect leads to. */
  readonly headers?: Headers | Readonly<Record<string, string>>;
  /**
   * Bytes up to which a file is downloaded as a whole, once, and kept in memory where the server does not answer ranges.
   * Default 64 MiB.
   */
  readonly wholeFileLimit?: number;
  /**
   * Milliseconds that a request may go on without progress: until the head of the answer comes, and for each 4 KiB of its body. Default
   * 30,000. Throws `source` then.
   */
  readonly stallTimeout?: number;
}
