/** A file on a web server, read in ranges; as a whole where the server answers no ranges and the file is small. */

import { MslError, throwIfAborted } from "../../errors.js";
import { Shown } from "../../json/shown.js";
import { DEFAULT_LIMITS } from "../../options/limits.js";
import { HTTP_SOURCE } from "../../options/reading.js";
import { requireOptions } from "../../options/require-options.js";
import { requireRange, type Source } from "../source.js";
import { type HttpOptions, HttpRequests } from "./http-requests.js";
import { RemoteFile } from "./remote-file.js";

/**
 * Opens a file on a web server. Learns its size from a HEAD request or, if the answer does not state the size, from the answer to a range.
 * Every read is one request; compose with `CoalescingSource` and `CachingSource`. Throws `source` with offset and address (without
 * user, password and query) for every failure of the server or the network, `usage` for an input that is no http: or https: URL, and
 * `aborted`. A request that fails in the network or with a 5xx status is tried three times.
 */
export async function httpSource(url: string | URL, options: HttpOptions & { signal?: AbortSignal } = {}): Promise<Source> {
  requireOptions(HTTP_SOURCE, options);
  return openHttpSource(url, options);
}

/** `httpSource` for functions that have checked their options, of which these are a part. */
export async function openHttpSource(url: string | URL, options: HttpOptions & { signal?: AbortSignal }): Promise<Source> {
  const { signal, wholeFileLimit = DEFAULT_LIMITS.wholeFileLimit } = options;
  throwIfAborted(signal);
  const requests = new HttpRequests(url, options);
  const file = new RemoteFile(requests, wholeFileLimit);
  const size = await requests.withRetries(() => file.learnSize(signal), signal);
  return new HttpSource(requests, file, size);
}

class HttpSource extends Shown implements Source {
  readonly size: number;
  readonly metered = true;
  readonly #requests: HttpRequests;
  readonly #file: RemoteFile;
  #closed = false;

  constructor(requests: HttpRequests, file: RemoteFile, size: number) {
    super();
    this.#requests = requests;
    this.#file = file;
    this.size = size;
  }

  /** The address without user, password and query. */
  override toJSON() {
    return { address: this.#requests.name, size: this.size, closed: this.#closed };
  }

  async read(offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
    throwIfAborted(signal);
    requireRange(offset, length, this.size);
    if (this.#closed) throw new MslError("closed", `${this.#requests.name} has been closed`, { offset });
    if (length === 0) return new Uint8Array(0);
    return this.#requests.withRetries(() => this.#file.read(offset, length, signal), signal);
  }

  async close(): Promise<void> {
    this.#closed = true;
  }
}
