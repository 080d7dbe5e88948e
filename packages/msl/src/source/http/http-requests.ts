/** Single requests to one address: sending them, reading bodies, and what can go wrong with either. */
import { MslError, throwIfAborted } from "../../errors.js";
import { untilAborted } from "../until-aborted.js";
import { type HttpAddress, httpAddress } from "./http-address.js";
import type { Fetch, HttpOptions } from "./http-options.js";
import { type Answer, fetchFollowing } from "./redirects.js";
import { StallTimer } from "./stall.js";

/** Pauses before the second and the third attempt, in milliseconds. */
const RETRY_DELAYS = [100, 400];
const STALL_TIMEOUT = 30_000;

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
  /** Those of the caller, for the origin of the address only. */
  readonly #headers: Headers;
  readonly #fetch: Fetch;
  readonly #stallTimeout: number;

  /** Throws `usage` for a URL that cannot be requested. */
  constructor(url: string | URL, { fetch = globalThis.fetch, headers, stallTimeout = STALL_TIMEOUT }: HttpOptions) {
    this.#address = httpAddress(url);
    this.#headers = new Headers(headers);
    const { authorization } = this.#address;
    if (authorization && !this.#headers.has("authorization")) this.#headers.set("authorization", authorization);
    this.#stallTimeout = stallTimeout;
    // Called without a receiver: a browser's fetch refuses any other than the global object.
    this.#fetch = (href, init) => fetch(href, init);
  }

  /** The address as messages may show it. */
  get name(): string {
    return this.#address.name;
  }

  /** Sends one request and waits for the head of the response. Whoever gets it has to read its body, or to discard it. */
  async send(method: "HEAD" | "GET", range: string | undefined, offset: number, signal?: AbortSignal): Promise<Answer> {
    throwIfAborted(signal);
    // Ranges count the bytes of the file, not of a compressed form of it.
    const headers = new Headers({ "accept-encoding": "identity", ...(range ? { range } : {}) });
    const controller = new AbortController();
    const stall = new StallTimer(this.#stallTimeout, () => controller.abort());
    const answer = this.#answer({ method, headers, signal: controller.signal });
    try {
      return await untilAborted(untilAborted(answer, controller.signal), signal, () => controller.abort());
    } catch (cause) {
      // Whatever still comes is not wanted.
      answer.then(({ response }) => discard(response)).catch(() => {});
      throwIfAborted(signal);
      if (stall.stalled) throw this.#stalled(offset, "the server did not answer");
      if (cause instanceof MslError) throw this.failure(offset, cause.message);
      throw this.#networkFailure(offset, "the request failed", cause);
    } finally {
      stall.stop();
    }
  }

  /** The body, up to its end; undefined if it is longer than `most` bytes: the rest is then not read. */
  async body(response: Response, most: number, offset: number, signal?: AbortSignal): Promise<Uint8Array | undefined> {
    const reader = response.body?.getReader();
    const controller = new AbortController();
    const stall = new StallTimer(this.#stallTimeout, () => controller.abort());
    const chunks: Uint8Array[] = [];
    let length = 0;
    try {
      while (reader) {
        const { done, value } = await untilAborted(untilAborted(reader.read(), controller.signal), signal);
        if (done) break;
        length += value.length;
        stall.received(value.length);
        if (length > most) return undefined;
        chunks.push(value);
      }
    } catch (cause) {
      throwIfAborted(signal);
      if (stall.stalled) throw this.#stalled(offset, `after ${length} bytes the server sent too little`);
      throw this.#networkFailure(offset, `the connection failed after ${length} bytes`, cause);
    } finally {
      stall.stop();
      reader?.cancel().catch(() => {});
    }
    return joined(chunks, length);
  }

  async #answer(request: { method: "HEAD" | "GET"; headers: Headers; signal: AbortSignal }): Promise<Answer> {
    const { href } = this.#address;
    const secret = this.#headers;
    // With nothing to keep from others, the runtime follows redirects itself: browsers let nobody else do it.
    if (![...secret.keys()].length) {
      const response = await this.#fetch(href, request);
      return { response, url: response.url };
    }
    return fetchFollowing(this.#fetch, href, { ...request, secret });
  }

  #stalled(offset: number, what: string): MslError {
    return this.failure(offset, `${what} for ${this.#stallTimeout} ms (stallTimeout)`);
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

  /** The cause is left out where it might quote what the address holds in secret. */
  #networkFailure(offset: number, what: string, cause: unknown): PassingFailure {
    const { href, secrets, name } = this.#address;
    const reason = secrets.reduce(
      (text, secret) => text.replaceAll(secret, "..."),
      innermostReason(cause).replaceAll(href, name),
    );
    return new PassingFailure(this.failure(offset, `${what}: ${reason}`, secrets.length > 0 ? undefined : cause));
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
