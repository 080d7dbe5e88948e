/** What the headers of a response say about the file. */

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

/** The encoding that changed the bytes on their way, if one did: offsets then do not mean the file's. */
export function contentEncoding(headers: Headers): string | undefined {
  const encoding = headers.get("content-encoding")?.trim().toLowerCase();
  return encoding && encoding !== "identity" ? encoding : undefined;
}
