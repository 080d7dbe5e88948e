/** Web servers on this machine that record their requests and the bytes that they send. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import { answer, type ServedFile } from "../../runtimes/src/launch/range-answers.js";

/** Bytes that do not repeat, so that a read at a wrong offset returns other bytes. */
export function patternedBytes(length: number): Uint8Array {
  return Uint8Array.from({ length }, (_, i) => (Math.imul(i + 1, 0x9e3779b1) >>> 24) ^ (i & 0xff));
}

export interface SeenRequest {
  readonly method: string;
  readonly range: string | undefined;
  readonly headers: IncomingMessage["headers"];
}

/** `count` is 1 for the first request. */
type Handler = (request: IncomingMessage, response: ServerResponse, count: number) => void;

export class TestServer {
  readonly requests: SeenRequest[] = [];
  readonly #origin: string;
  /** Responses whose connection was closed before they were complete. */
  cancelled = 0;
  bodyBytes = 0;

  constructor(origin: string) {
    this.#origin = origin;
  }

  url(rest = "/evidence.msl"): string {
    return this.#origin + rest;
  }

  /** The requested ranges, without requests that have none. */
  get ranges(): (string | undefined)[] {
    return this.requests.filter(({ method }) => method === "GET").map(({ range }) => range);
  }
}

/** Serves on the loopback interface until the test ends. */
export async function serve(handle: Handler): Promise<TestServer> {
  const server = createServer((request, response) => {
    const { method = "", headers } = request;
    seen.requests.push({ method, range: headers.range, headers });
    response.on("close", () => {
      if (!response.writableFinished) seen.cancelled++;
    });
    const end = response.end.bind(response);
    response.end = ((body?: unknown) => {
      if (method !== "HEAD" && body instanceof Uint8Array) seen.bodyBytes += body.length;
      return end(body);
    }) as typeof response.end;
    handle(request, response, seen.requests.length);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const seen = new TestServer(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return seen;
}

/** A server that answers HEAD and range requests as HTTP specifies. */
export function serveFile(file: ServedFile): Promise<TestServer> {
  return serve((request, response) => answer(file, request, response));
}
