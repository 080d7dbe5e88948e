/** A file on a web server: its size, whether the server answers ranges, and reading it. Every answer is checked before it is used. */
import type { MslError } from "../../errors.js";
import { SharedWork } from "../cancellable-work.js";
import type { Answer } from "./http-requests.js";
import { discard, type HttpRequests, PassingFailure } from "./http-requests.js";

export class RemoteFile {
  readonly #requests: HttpRequests;
  readonly #wholeFileLimit: number;
  readonly #identity = new FileIdentity();
  #size: number | undefined;
  #answersRanges = true;
  /** The file as a whole, from a server that does not answer ranges. */
  #whole: SharedWork<Uint8Array> | undefined;

  constructor(requests: HttpRequests, wholeFileLimit: number) {
    this.#requests = requests;
    this.#wholeFileLimit = wholeFileLimit;
  }

  /** Bytes of the file. */
  async learnSize(signal: AbortSignal | undefined): Promise<number> {
    const size = (await this.#sizeByHead(signal)) ?? (await this.#sizeByRange(signal));
    if (!this.#answersRanges) this.#requireDownloadable(size, 0);
    this.#size = size;
    return size;
  }

  /** `[offset, offset + length)`, which lies inside the file and is not empty. */
  async read(offset: number, length: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const end = offset + length;
    if (this.#whole && !this.#whole.dead) return (await this.#whole.join(signal)).subarray(offset, end);
    return this.#get(this.#answersRanges ? { offset, length } : undefined, offset, signal, async (answer) => {
      if (answer.response.status === 200) return (await this.#download(answer, offset).join(signal)).subarray(offset, end);
      return this.#rangeOf(answer, offset, length, signal);
    });
  }

  /** Undefined if the answer does not tell the size: HEAD may be unknown or forbidden, or the length may be that of an encoded body. */
  async #sizeByHead(signal: AbortSignal | undefined): Promise<number | undefined> {
    const answer = await this.#requests.send("HEAD", undefined, 0, signal).catch((error: unknown) => {
      if (error instanceof PassingFailure) return undefined;
      throw error;
    });
    if (!answer) return undefined;
    const { response } = answer;
    discard(response);
    if (response.status !== 200 || contentEncoding(response.headers)) return undefined;
    // Some servers answer every HEAD with 0.
    const length = contentLength(response.headers) || undefined;
    if (length === undefined) return undefined;
    this.#requireSameFile(answer, 0);
    if (response.headers.get("accept-ranges")?.trim().toLowerCase() === "none") this.#answersRanges = false;
    return length;
  }

  async #sizeByRange(signal: AbortSignal | undefined): Promise<number> {
    return this.#get({ offset: 0, length: 1 }, 0, signal, async (answer) => {
      const { status, headers } = answer.response;
      if (status === 200) return (await this.#download(answer, 0).join(signal)).length;
      const total = contentRange(headers)?.total;
      // An empty file has no range, so that its server answers 416.
      if (status === 416 && total === 0) return 0;
      await this.#rangeOf(answer, 0, 1, signal);
      if (total === undefined) throw this.#requests.failure(0, "the server does not tell the size of the file");
      return total;
    });
  }

  /** Sends a GET, and discards the body if `use` throws before it has read the body. */
  async #get<T>(
    range: { readonly offset: number; readonly length: number } | undefined,
    offset: number,
    signal: AbortSignal | undefined,
    use: (answer: Answer) => Promise<T>,
  ): Promise<T> {
    const wanted = range && `bytes=${range.offset}-${range.offset + range.length - 1}`;
    const answer = await this.#requests.send("GET", wanted, offset, signal);
    try {
      return await use(answer);
    } catch (error) {
      if (!answer.response.body?.locked) discard(answer.response);
      throw error;
    }
  }

  /** The body of an answer to a range, after a check that the answer is that range of the same file. */
  async #rangeOf(answer: Answer, offset: number, length: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const { response } = answer;
    const { status, headers } = response;
    const range = contentRange(headers);
    if (status === 416 && range?.total !== undefined) throw this.#changed(offset, `it ends at ${range.total}`);
    if (status !== 206) throw this.#requests.statusFailure(offset, status);
    this.#requireSameFile(answer, offset);
    if (!range) throw this.#requests.failure(offset, NO_CONTENT_RANGE);
    const { first, last, total } = range;
    const wantedLast = offset + length - 1;
    if (first !== offset || last !== wantedLast) {
      throw this.#requests.failure(offset, `the server sent bytes ${first} to ${last} instead of ${offset} to ${wantedLast}`);
    }
    if (this.#size !== undefined && total !== undefined && total !== this.#size) {
      throw this.#changed(offset, `it has ${total} bytes instead of ${this.#size}`);
    }
    return this.#bodyOf(response, length, offset, signal);
  }

  async #bodyOf(response: Response, length: number, offset: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
    const bytes = await this.#requests.body(response, length, offset, signal);
    if (!bytes) throw this.#requests.failure(offset, `the server sent more than the ${length} bytes expected`);
    if (bytes.length < length) {
      throw this.#requests.failure(offset, `the server sent ${bytes.length} bytes where ${length} were expected`);
    }
    return bytes;
  }

  /** Reads the body of a 200 response, which is the whole file, once for all readers. */
  #download(answer: Answer, offset: number): SharedWork<Uint8Array> {
    const { response } = answer;
    this.#requireSameFile(answer, offset);
    const announced = contentLength(response.headers);
    if (this.#size !== undefined && announced !== undefined && announced !== this.#size) {
      throw this.#changed(offset, `it has ${announced} bytes instead of ${this.#size}`);
    }
    const expected = this.#size ?? announced;
    if (expected !== undefined) this.#requireDownloadable(expected, offset);
    this.#answersRanges = false;
    if (this.#whole && !this.#whole.dead) {
      discard(response);
      return this.#whole;
    }
    this.#whole = new SharedWork(async (signal) => {
      if (expected !== undefined) return this.#bodyOf(response, expected, 0, signal);
      const bytes = await this.#requests.body(response, this.#wholeFileLimit, 0, signal);
      if (!bytes) throw this.#tooLarge(0, `more than ${this.#wholeFileLimit}`);
      return bytes;
    });
    return this.#whole;
  }

  #requireSameFile({ response, url }: Answer, offset: number): void {
    const encoding = contentEncoding(response.headers);
    if (encoding) {
      const what = `the server sends it encoded as ${encoding}, although identity was asked for: offsets would be wrong`;
      throw this.#requests.failure(offset, what);
    }
    if (this.#requests.name.startsWith("https:") && url.startsWith("http:")) {
      throw this.#requests.failure(offset, "the server redirects to an address without encryption");
    }
    const difference = this.#identity.difference(response.headers);
    if (difference) throw this.#changed(offset, difference);
  }

  #requireDownloadable(size: number, offset: number): void {
    if (size > this.#wholeFileLimit) throw this.#tooLarge(offset, String(size));
  }

  #tooLarge(offset: number, size: string): MslError {
    return this.#requests.failure(
      offset,
      `the server ignores ranges, and the file has ${size} bytes; up to ${this.#wholeFileLimit} (wholeFileLimit) are downloaded as a whole`,
    );
  }

  #changed(offset: number, difference: string): MslError {
    return this.#requests.failure(offset, `the file has changed since it was opened: ${difference}`);
  }
}

const NO_CONTENT_RANGE =
  "the answer to a range has no Content-Range (another origin must list it in Access-Control-Expose-Headers)";

/** The Content-Range of a 206 response; the total may be unknown (`*`). Of a 416 response, only the total is given. */
interface ContentRange {
  readonly first: number | undefined;
  readonly last: number | undefined;
  readonly total: number | undefined;
}

/** RFC 9110 section 14.4, unit bytes. Undefined if the header is absent, malformed or beyond 2^53. */
function contentRange(headers: Headers): ContentRange | undefined {
  const match = /^bytes\s+(?:(\d+)-(\d+)|\*)\/(\d+|\*)$/i.exec(headers.get("content-range")?.trim() ?? "");
  if (!match) return undefined;
  const [first, last, total] = match
    .slice(1)
    .map((digits) => (digits === undefined || digits === "*" ? undefined : Number(digits)));
  return [first, last, total].every((value) => value === undefined || Number.isSafeInteger(value))
    ? { first, last, total }
    : undefined;
}

/** Undefined if the header is absent, malformed or beyond 2^53. */
function contentLength(headers: Headers): number | undefined {
  const text = headers.get("content-length") ?? "";
  return /^\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
}

/** The Content-Encoding, if there is one. Offsets in the body are then not offsets in the file. */
function contentEncoding(headers: Headers): string | undefined {
  const encoding = headers.get("content-encoding")?.trim().toLowerCase();
  return encoding && encoding !== "identity" ? encoding : undefined;
}

/**
 * Tells whether responses are of the same file. ETag and Last-Modified are compared here and not sent as If-Range: a weak ETag cannot be sent
 * so, and browsers ask other origins for permission before they send the header.
 */
class FileIdentity {
  #etag: string | undefined;
  #lastModified: string | undefined;

  /** Says how the file differs from the file of earlier responses; undefined if it does not. */
  difference(headers: Headers): string | undefined {
    const etag = headers.get("etag") ?? undefined;
    const lastModified = headers.get("last-modified") ?? undefined;
    const etagDiffers = differs(this.#etag, etag);
    // A strong ETag stands for the bytes; servers behind one address may disagree about the date of the same file.
    const decided = etag !== undefined && etag === this.#etag && !etag.startsWith("W/");
    const dateDiffers = !decided && differs(this.#lastModified, lastModified);
    this.#etag ??= etag;
    this.#lastModified ??= lastModified;
    if (etagDiffers) return `its ETag was ${this.#etag} and is now ${etag}`;
    return dateDiffers ? `it was last modified ${this.#lastModified} and is now of ${lastModified}` : undefined;
  }
}

function differs(before: string | undefined, now: string | undefined): boolean {
  return before !== undefined && now !== undefined && before !== now;
}
