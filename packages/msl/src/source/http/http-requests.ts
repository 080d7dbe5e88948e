/** Single requests to one address: sending them, reading bodies, and what can go wrong with either. */
import { MslError, throwIfAborted } from "../../errors.js";
import { untilAborted } from "../until-aborted.js";
import { type HttpAddress, httpAddress } from "./http-address.js";
import type { Fetch, HttpOptions } from "./http-options.js";

/** Pauses before the second and the third attempt, in milliseconds. */
const RETRY_DELAYS = [100, 400];

/** Wraps a failure that another attempt may not meet: of the network, or of a server that is not well (5xx). */
export class PassingFailure extends Error {
  readonly failure: MslError;

  constructor(failure: MslError) {
    super(failure.message);
    this.failure = failure;
  }
}

export class HttpRequests {
  readonly #address: HttpAddress;
  readonly #headers: Headers;
  readonly #fetch: Fetch;

  /** Throws `usage` for a URL that cannot be requested. */
  constructor(url: string | URL, { fetch = globalThis.fetch, headers }: HttpOptions) {
    this.#address = httpAddress(url);
    this.#headers = new Headers(headers);
    // Ranges count the bytes of the file, not of a compressed form of it.
    this.#headers.set("accept-encoding", "identity");
    const { authorization } = this.#address;
    if (authorization && !this.#headers.has("authorization")) this.#headers.set("authorization", authorization);
    // Called without a receiver: a browser's fetch refuses any other than the global object.
    this.#fetch = (href, init) => fetch(href, init);
  }

  /** The address as messages may show it. */
  get name(): string {
    return this.#address.name;
  }

  /** Sends one request and waits for the head of the response. Whoever gets it has to read its body, or to discard it. */
  async send(method: "HEAD" | "GET", range: string | undefined, offset: number, signal?: AbortSignal): Promise<Response> {
    const headers = new Headers(this.#headers);
    if (range) headers.set("range", range);
    const controller = new AbortController();
    const start = async () => this.#fetch(this.#address.href, { method, headers, signal: controller.signal });
    const response = start();
    try {
      return await untilAborted(response, signal, () => {
        controller.abort();
        response.then(discard, () => {});
      });
    } catch (cause) {
      throwIfAborted(signal);
      throw this.#networkFailure(offset, "the request failed", cause);
    }
  }

  /** The body, up to its end; undefined if it is longer than `most` bytes: the rest is then not read. */
  async body(response: Response, most: number, offset: number, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    const reader = response.body?.getReader();
    const chunks: Uint8Array[] = [];
    let length = 0;
    try {
      while (reader) {
        const { done, value } = await untilAborted(reader.read(), signal);
        if (done) break;
        length += value.length;
        if (length > most) return undefined;
        chunks.push(value);
      }
    } catch (cause) {
      throwIfAborted(signal);
      throw this.#networkFailure(offset, `the connection failed after ${length} bytes`, cause);
    } finally {
      reader?.cancel().catch(() => {});
    }
    return joined(chunks, length);
  }

  /** Repeats an attempt that failed in passing, twice at most. */
  async withRetries<T>(attempt: () => Promise<T>, signal?: AbortSignal): Promise<T> {
    for (let retries = 0; ; retries++) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof PassingFailure)) throw error;
        const delay = RETRY_DELAYS[retries];
        if (delay === undefined) throw error.failure;
        await sleep(delay, signal);
      }
    }
  }

  failure(offset: number, what: string, cause?: unknown): MslError {
    return new MslError("source", `${this.name} cannot be read at offset ${offset}: ${what}`, { offset, cause });
  }

  /** For a status that holds no bytes of the file. */
  statusFailure(offset: number, status: number): MslError | PassingFailure {
    const failure = this.failure(offset, `the server answered with status ${status}`);
    return status >= 500 ? new PassingFailure(failure) : failure;
  }

  /** The cause is left out where it might quote the query, which may hold keys. */
  #networkFailure(offset: number, what: string, cause: unknown): PassingFailure {
    const { href, query, name } = this.#address;
    const reason = query ? innermostReason(cause).replaceAll(href, name).replaceAll(query, "") : innermostReason(cause);
    return new PassingFailure(this.failure(offset, `${what}: ${reason}`, query ? undefined : cause));
  }
}

/** Runtimes say no more than "fetch failed" themselves, but tell the cause. */
function innermostReason(error: unknown): string {
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(reason instanceof Error)) return String(reason);
  return reason.message || ("code" in reason ? String(reason.code) : reason.name);
}

/** Tells the server that the body is not wanted. */
export function discard(response: Response): void {
  response.body?.cancel().catch(() => {});
}

function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const slept = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  return untilAborted(slept, signal, () => clearTimeout(timer));
}

function joined(chunks: readonly Uint8Array[], length: number): Uint8Array {
  const [only] = chunks;
  if (only && chunks.length === 1) return only;
  const all = new Uint8Array(length);
  let at = 0;
  for (const chunk of chunks) {
    all.set(chunk, at);
    at += chunk.length;
  }
  return all;
}
