/** Single requests to one address: how they are sent, how bodies are read, and which errors a failure of either gives. */

import { concatenated } from "../../bytes.js";
import { MslError, throwIfAborted } from "../../errors.js";
import { DEFAULT_LIMITS } from "../../options/limits.js";
import { untilAborted } from "../cancellable-work.js";
import { type HttpAddress, httpAddress } from "./http-address.js";

/** How a capture at a URL is read. */
export interface HttpOptions {
  /** Sends the requests; default: the runtime's `fetch`. */
  readonly fetch?: Fetch;
  /** Sent with every request to the origin of the URL, e.g. `Authorization`; never to another origin, to which a redirect may lead. */
  readonly headers?: Headers | Readonly<Record<string, string>>;
  /**
   * The size in bytes up to which a file is downloaded as a whole, once, and kept in memory if the server does not answer ranges.
   * Default 64 MiB.
   */
  readonly wholeFileLimit?: number;
  /**
   * Milliseconds that a request may go on without progress: until the head of the answer comes, and for each 4 KiB of its body. Default
   * 30,000. Throws `source` then.
   */
  readonly stallTimeout?: number;
}

/** Pauses before the second and the third attempt, in milliseconds. */
const RETRY_DELAYS = [100, 400];

/** Wraps a failure that may not happen on another attempt: of the network, or of the server (status 5xx). */
export class PassingFailure extends Error {
  readonly failure: MslError;

  constructor(failure: MslError) {
    super(failure.message);
    this.failure = failure;
  }
}

export class HttpRequests {
  readonly #address: HttpAddress;
  /** Headers of the caller, for the origin of the address only. */
  readonly #headers: Headers;
  readonly #fetch: Fetch;
  readonly #stallTimeout: number;

  /** Throws `usage` for a URL that cannot be requested. */
  constructor(url: string | URL, { fetch = globalThis.fetch, headers, stallTimeout = DEFAULT_LIMITS.stallTimeout }: HttpOptions) {
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

  /** Sends one request and waits for the head of the response. The caller has to read or discard the body. */
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
      // A response that still arrives is discarded.
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
    return concatenated(chunks);
  }

  async #answer(request: { method: "HEAD" | "GET"; headers: Headers; signal: AbortSignal }): Promise<Answer> {
    const { href } = this.#address;
    const secret = this.#headers;
    // Without headers of the caller, the runtime follows redirects itself: in browsers nothing else can.
    if (![...secret.keys()].length) {
      const response = await this.#fetch(href, request);
      return { response, url: response.url };
    }
    return fetchFollowing(this.#fetch, href, { ...request, secret });
  }

  #stalled(offset: number, what: string): MslError {
    return this.failure(offset, `${what} for ${this.#stallTimeout} ms (stallTimeout)`);
  }

  /** Repeats an attempt that ended with a `PassingFailure`, twice at most. */
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

  /** The cause is left out if the address has secrets: the cause might quote them. */
  #networkFailure(offset: number, what: string, cause: unknown): PassingFailure {
    const { href, secrets, name } = this.#address;
    const reason = secrets.reduce(
      (text, secret) => text.replaceAll(secret, "..."),
      innermostReason(cause).replaceAll(href, name),
    );
    return new PassingFailure(this.failure(offset, `${what}: ${reason}`, secrets.length > 0 ? undefined : cause));
  }
}

/** The message of a runtime is often only "fetch failed", with the reason as its cause. */
function innermostReason(error: unknown): string {
  const reason = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(reason instanceof Error)) return String(reason);
  return reason.message || ("code" in reason ? String(reason.code) : reason.name);
}

/** Tells the server that the body will not be read. */
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

/** Fewer bytes than this in a whole period do not count as progress: single bytes from time to time would keep a request open for ever. */
const PROGRESS_BYTES = 4096;

/** Ends the wait for a server that sends nothing, or almost nothing. */
class StallTimer {
  readonly #period: number;
  readonly #onStall: () => void;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #received = 0;
  #stalled = false;

  /** Calls `onStall` once, when `period` milliseconds bring no progress. */
  constructor(period: number, onStall: () => void) {
    this.#period = period;
    this.#onStall = onStall;
    this.#start();
  }

  get stalled(): boolean {
    return this.#stalled;
  }

  /** The head of an answer, or bytes of its body, have come. */
  received(bytes: number): void {
    this.#received += bytes;
    if (this.#received < PROGRESS_BYTES) return;
    this.#received = 0;
    this.stop();
    this.#start();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #start(): void {
    this.#timer = setTimeout(() => {
      this.#stalled = true;
      this.#onStall();
    }, this.#period);
  }
}

/** Any function that fetches as the web platform's does. */
export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

const HOPS_MOST = 10;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

interface Request {
  readonly method: "HEAD" | "GET";
  /** Sent wherever the request goes. */
  readonly headers: Headers;
  /** Sent to the origin of the address only. */
  readonly secret: Headers;
  readonly signal: AbortSignal;
}

/** Where the request ended, and what was answered there. */
export interface Answer {
  readonly response: Response;
  readonly url: string;
}

/**
 * Follows redirects for requests with headers of the caller. `fetch` itself would send nearly all of these headers to any other host; here they are sent to
 * the origin they were given for, and to no other. Throws `source` for a redirect that leads nowhere, or away from encryption.
 */
async function fetchFollowing(fetch: Fetch, start: string, request: Request): Promise<Answer> {
  const { origin } = new URL(start);
  let url = start;
  for (let hops = 0; hops <= HOPS_MOST; hops++) {
    const headers = new Headers(new URL(url).origin === origin ? request.secret : undefined);
    for (const [name, value] of request.headers) headers.set(name, value);
    const response = await fetch(url, { method: request.method, headers, redirect: "manual", signal: request.signal });
    // Browsers do not tell the target of a redirect.
    if (response.type === "opaqueredirect")
      throw refusal("the server redirects, which is not followed with headers in a browser");
    if (!REDIRECTS.has(response.status)) return { response, url };
    response.body?.cancel().catch(() => {});
    url = destination(response, url);
  }
  throw refusal(`the server redirects more than ${HOPS_MOST} times`);
}

function destination(response: Response, from: string): string {
  const location = response.headers.get("location");
  if (location === null || !URL.canParse(location, from)) throw refusal("the server redirects without saying where to");
  const to = new URL(location, from);
  if (to.protocol !== "http:" && to.protocol !== "https:")
    throw refusal(`the server redirects to an address of another kind (${to.protocol})`);
  if (to.protocol === "http:" && from.startsWith("https:"))
    throw refusal("the server redirects to an address without encryption");
  to.username = "";
  to.password = "";
  return to.href;
}

/** `HttpRequests` adds address and offset. */
function refusal(what: string): MslError {
  return new MslError("source", what);
}
