/** The inputs from which a capture can be opened, and the source for each of them. */
import { MslError } from "../errors.js";
import { isHttpUrl, shownAddress } from "../source/http/http-address.js";
import type { HttpOptions } from "../source/http/http-requests.js";
import { BlobSource, BytesSource, CheckedSource, type Source } from "../source/source.js";
import { bytesOf, described, isBlob, isStream, isUrl } from "../tags.js";

/** An http: or https: URL, a path or file URL (in runtimes with files), bytes, a Blob or File, or any `Source`. */
export type CaptureInput = string | URL | Uint8Array | ArrayBuffer | Blob | Source;

/** `fetch`, `headers`, `wholeFileLimit` and `stallTimeout` are for http: and https: URLs. */
export interface InputOptions extends HttpOptions {
  readonly signal?: AbortSignal;
}

/** Opens a file on a web server for random access. */
export type OpenRemote = (url: string | URL, options: InputOptions) => Promise<Source>;

/** Throws `usage` for an input that cannot be read at any offset; the message says what to pass instead. */
export async function sourceOf(input: CaptureInput, options: InputOptions, openRemote: OpenRemote): Promise<Source> {
  if (isUrl(input)) return isHttpUrl(input) ? openRemote(input, options) : openFile(input);
  if (typeof input === "string") return openNamed(input, options, openRemote);
  const bytes = bytesOf(input);
  if (bytes) return new BytesSource(bytes);
  if (isBlob(input)) return new CheckedSource(new BlobSource(input));
  if (isSource(input)) return new CheckedSource(input);
  throw notReadable(input);
}

/** Throws `usage` if a text is both a URL and the name of a local file. */
async function openNamed(name: string, options: InputOptions, openRemote: OpenRemote): Promise<Source> {
  if (!isHttpUrl(name)) return openFile(name);
  const { isLocalFile } = await files();
  if (!(await isLocalFile(name))) return openRemote(name, options);
  const shown = shownAddress(name);
  throw new MslError(
    "usage",
    `${shown} is a URL, and a file has that name: pass new URL(...) for the one, or a path that begins with ./ for the other`,
  );
}

async function openFile(path: string | URL): Promise<Source> {
  return (await files()).openFileSource(path);
}

/** Loaded when a file is named: loading the file system of the platform takes time. */
function files(): Promise<typeof import("#file-source")> {
  return import("#file-source");
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
