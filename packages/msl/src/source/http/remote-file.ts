/** A file on a web server: its size, whether the server answers ranges, and reading it. Every answer is checked before it is used. */
import type { MslError } from "../../errors.js";
import { SharedWork } from "../cancellable-work.js";
import { discard, type HttpRequests, PassingFailure } from "./http-requests.js";
import type { Answer } from "./redirects.js";
import { contentEncoding, contentLength, contentRange, FileIdentity } from "./response-headers.js";

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
  "the answer to a range has no Content-Range (a server of another origin must list it in Access-Control-Expose-Headers)";
