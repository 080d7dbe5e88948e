/** The responses of a web server that supports ranges: to HEAD, GET, and GET with one range. */
import type { IncomingMessage, ServerResponse } from "node:http";

/** A file whose bytes may be made only when they are requested. */
export interface ServedFile {
  readonly size: number;
  bytes(offset: number, length: number): Uint8Array;
}

export function servedBytes(bytes: Uint8Array): ServedFile {
  return { size: bytes.length, bytes: (offset, length) => bytes.subarray(offset, offset + length) };
}

/** The response of a correct server; `headers` are added to it. */
export function answer(
  file: ServedFile,
  request: IncomingMessage,
  response: ServerResponse,
  headers: Record<string, string> = {},
) {
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? "");
  const first = Number(range?.[1] ?? 0);
  const last = Math.min(Number(range?.[2] ?? file.size - 1), file.size - 1);
  if (range && first >= file.size) {
    response.writeHead(416, { "content-range": `bytes */${file.size}` }).end();
    return;
  }
  response.writeHead(range ? 206 : 200, {
    "accept-ranges": "bytes",
    "content-length": last - first + 1,
    ...(range ? { "content-range": `bytes ${first}-${last}/${file.size}` } : {}),
    ...headers,
  });
  response.end(request.method === "HEAD" ? undefined : file.bytes(first, last - first + 1));
}
