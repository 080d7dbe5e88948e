/**
 * Tells whether responses come from one and the same file. Validators are compared here rather than sent as If-Range: a weak ETag
 * cannot be sent, and browsers ask other origins for permission first.
 */
export class FileIdentity {
  #etag: string | undefined;
  #lastModified: string | undefined;

  /** What is different from the responses before, in words; undefined if nothing is. The first response sets what is expected. */
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
