/** A source over a server whose answer to HEAD is right, and whose answers to GET a test chooses. */
import type { ServerResponse } from "node:http";
import { inspect } from "node:util";
import { answer, servedBytes } from "../../runtimes/src/launch/range-answers.js";
import { httpSource, MslError } from "../src/index.js";
import { patternedBytes, serve } from "./http-server.js";

export const BYTES = patternedBytes(10_000);
export const FILE = servedBytes(BYTES);

export async function failureOf(work: Promise<unknown>): Promise<MslError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof MslError)) throw new Error(`expected an MslError, got ${inspect(error)}`);
  return error;
}

/** Opens a source on a server that answers HEAD requests rightly, and GET requests by `misbehave`. */
export async function opened(misbehave: Parameters<typeof serve>[0], options: Parameters<typeof httpSource>[1] = {}) {
  const server = await serve((request, response, count) => {
    if (request.method === "HEAD") answer(FILE, request, response);
    else misbehave(request, response, count);
  });
  return { server, source: await httpSource(server.url(), options) };
}

export function send(response: ServerResponse, status: number, headers: Record<string, string | number>, body: Uint8Array): void {
  response.writeHead(status, headers).end(body);
}
