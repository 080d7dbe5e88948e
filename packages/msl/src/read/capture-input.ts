/** What a capture can be opened from. */
import { openFileSource } from "#file-source";
import { BlobSource } from "../source/blob-source.js";
import { CachingSource } from "../source/caching-source.js";
import { CoalescingSource } from "../source/coalescing-source.js";
import { isHttpUrl } from "../source/http/http-address.js";
import type { HttpOptions } from "../source/http/http-options.js";
import { httpSource } from "../source/http/http-source.js";
import { BytesSource, CheckedSource, type Source } from "../source/source.js";

/** An http: or https: URL, a path or file URL (where the runtime has files), bytes, a Blob or File, or any `Source`. */
export type CaptureInput = string | URL | Uint8Array | ArrayBuffer | Blob | Source;

/** `fetch`, `headers` and `wholeFileLimit` are for http: and https: URLs. */
export interface InputOptions extends HttpOptions {
  readonly signal?: AbortSignal;
}

export async function sourceOf(input: CaptureInput, options: InputOptions): Promise<Source> {
  if (typeof input === "string" || input instanceof URL) {
    return isHttpUrl(input) ? openRemoteSource(input, options) : openFileSource(input);
  }
  if (input instanceof Uint8Array) return new BytesSource(input);
  if (input instanceof ArrayBuffer) return new BytesSource(new Uint8Array(input));
  return new CheckedSource(input instanceof Blob ? new BlobSource(input) : input);
}

/**
 * Pages as small as a block header and what matters behind it: a capture holds thousands of them, megabytes apart, and larger pages
 * would bring page data that nobody asked for. Where reads follow each other, the cache reads ahead.
 */
async function openRemoteSource(url: string | URL, options: InputOptions): Promise<Source> {
  const source = await httpSource(url, options);
  return new CachingSource(new CoalescingSource(source), { pageSize: 256, maxBytes: 16 * 1024 * 1024 });
}
