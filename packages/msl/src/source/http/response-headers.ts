/** What the headers of responses say about the file: ranges, length, encoding, and whether it is the same file as before. */

/** Of a 206 response; the total may be unknown (`*`). Of a 416 response, only the total is given. */
export interface ContentRange {
  readonly first: number | undefined;
  readonly last: number | undefined;
  readonly total: number | undefined;
}

/** RFC 9110 section 14.4, unit bytes. Undefined if the header is absent, malformed or beyond 2^53. */
export function contentRange(headers: Headers): ContentRange | undefined {
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
export function contentLength(headers: Headers): number | undefined {
  const text = headers.get("content-length") ?? "";
  return /^\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined;
}

/** The Content-Encoding, if there is one. Offsets in the body are then not offsets in the file. */
export function contentEncoding(headers: Headers): string | undefined {
  const encoding = headers.get("content-encoding")?.trim().toLowerCase();
  return encoding && encoding !== "identity" ? encoding : undefined;
}

/**
 * Tells whether responses are of the same file. ETag and Last-Modified are compared here and not sent as If-Range: a weak ETag cannot be sent
 * so, and browsers ask other origins for permission before they send the header.
 */
export class FileIdentity {
  #etag: string | undefined;
  #lastModified: string | undefined;

  /** In words, how the file differs from that of the responses before; undefined if it does not. */
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
