/** The inputs from which a capture can be opened, and the source for each of them. */
import { isLocalFile, openFileSource } from "#file-source";
import { MslError } from "../errors.js";
import { CachingSource } from "../source/caching-source.js";
import { CoalescingSource } from "../source/coalescing-source.js";
import { isHttpUrl, shownAddress } from "../source/http/http-address.js";
import type { HttpOptions } from "../source/http/http-requests.js";
import { openHttpSource } from "../source/http/http-source.js";
import { BlobSource, BytesSource, CheckedSource, type Source } from "../source/source.js";
import { bytesOf, described, isBlob, isStream, isUrl } from "../tags.js";

/** An http: or https: URL, a path or file URL (in runtimes with files), bytes, a Blob or File, or any `Source`. */
export type CaptureInput = string | URL | Uint8Array | ArrayBuffer | Blob | Source;

/** `fetch`, `headers`, `wholeFileLimit` and `stallTimeout` are for http: and https: URLs. */
export interface InputOptions extends HttpOptions {
  readonly signal?: AbortSignal;
}

/** Throws `usage` for an input that cannot be read at any offset; the message says what to pass instead. */
export async function sourceOf(input: CaptureInput, options: InputOptions): Promise<Source> {
  if (isUrl(input)) return isHttpUrl(input) ? openRemoteSource(input, options) : openFileSource(input);
  if (typeof input === "string") return openNamed(input, options);
  const bytes = bytesOf(input);
  if (bytes) return new BytesSource(bytes);
  if (isBlob(input)) return new CheckedSource(new BlobSource(input));
  if (isSource(input)) return new CheckedSource(input);
  throw notReadable(input);
}

/** Throws `usage` if a text is both a URL and the name of a local file. */
async function openNamed(name: string, options: InputOptions): Promise<Source> {
  if (!isHttpUrl(name)) return openFileSource(name);
  if (!(await isLocalFile(name))) return openRemoteSource(name, options);
  const shown = shownAddress(name);
  throw new MslError(
    "usage",
    `${shown} is a URL, and a file has that name: pass new URL(...) for the one, or a path that begins with ./ for the other`,
  );
}

function isSource(input: object): input is Source {
  const { read, size } = (input ?? {}) as Partial<Source>;
  if (typeof read !== "function" || typeof size !== "number") return false;
  if (Number.isSafeInteger(size) && size >= 0) return true;
  throw new MslError("usage", `The Source has a size of ${size}, expected a whole number of bytes from 0 to 2^53 - 1`);
}

function notReadable(input: unknown): MslError {
  const expected = "expected a path, a URL, a Uint8Array, an ArrayBuffer, a Blob or a Source (size and read)";
  const advice = isStream(input)
    ? "; a stream passes by once: read it by MslReader.from or verifyStream, or write it to a file and open that"
    : ArrayBuffer.isView(input)
      ? "; pass new Uint8Array(view.buffer, view.byteOffset, view.byteLength)"
      : "";
  return new MslError("usage", `A capture cannot be opened from ${described(input)}, ${expected}${advice}`);
}

/**
 * Pages are small, as long as a block header and the start of its payload: a capture has thousands of headers, megabytes apart, and larger pages
 * would fetch page data that nobody reads. For reads that follow each other, the cache reads ahead.
 */
async function openRemoteSource(url: string | URL, options: InputOptions): Promise<Source> {
  const source = await openHttpSource(url, options);
  return new CachingSource(new CoalescingSource(source), { pageSize: 256, maxBytes: 16 * 1024 * 1024 });
}
