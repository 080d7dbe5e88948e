/** A file on a web server, read in ranges; as a whole where the server answers no ranges and the file is small. */

import { MslError, throwIfAborted } from "../../errors.js";
import { Shown } from "../../json/shown.js";
import { DEFAULT_LIMITS } from "../../options/limits.js";
import { CachingSource } from "../caching-source.js";
import { CoalescingSource } from "../coalescing-source.js";
import { requireRange, type Source } from "../source.js";
import { type HttpOptions, HttpRequests } from "./http-requests.js";
import { RemoteFile } from "./remote-file.js";

/** `httpSource`, without a check of the options. */
export async function openHttpSource(url: string | URL, options: HttpOptions & { signal?: AbortSignal }): Promise<Source> {
  const { signal, wholeFileLimit = DEFAULT_LIMITS.wholeFileLimit } = options;
  throwIfAborted(signal);
  const requests = new HttpRequests(url, options);
  const file = new RemoteFile(requests, wholeFileLimit);
  const size = await requests.withRetries(() => file.learnSize(signal), signal);
  return new HttpSource(requests, file, size);
}

/**
 * A file on a web server for random access. Pages are small, as long as a block header and the start of its payload: a capture has thousands of headers, megabytes apart, and larger pages
 * would fetch page data that nobody reads. For reads that follow each other, the cache reads ahead.
 */
export async function openRemoteSource(url: string | URL, options: HttpOptions & { signal?: AbortSignal }): Promise<Source> {
  const source = await openHttpSource(url, options);
  return new CachingSource(new CoalescingSource(source), { pageSize: 256, maxBytes: 16 * 1024 * 1024 });
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
