import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { type Fetch, httpSource, MslError } from "../src/index.js";
import { answer, patternedBytes, serve, servedBytes, serveFile } from "./http-server.js";

const BYTES = patternedBytes(10_000);
const FILE = servedBytes(BYTES);

async function failureOf(work: Promise<unknown>): Promise<MslError> {
  const error = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof MslError)) throw new Error(`expected an MslError, got ${inspect(error)}`);
  return error;
}

/** Opens well, then answers GET requests by `misbehave`. */
async function opened(misbehave: Parameters<typeof serve>[0], options: Parameters<typeof httpSource>[1] = {}) {
  const server = await serve((request, response, count) => {
    if (request.method === "HEAD") answer(FILE, request, response);
    else misbehave(request, response, count);
  });
  return { server, source: await httpSource(server.url(), options) };
}

function send(response: ServerResponse, status: number, headers: Record<string, string | number>, body: Uint8Array): void {
  response.writeHead(status, headers).end(body);
}

describe("a server that does everything right", () => {
  it("tells the size to HEAD, and sends the ranges asked for and nothing else", async () => {
    const server = await serveFile(FILE);
    const source = await httpSource(server.url());
    expect(source.size).toBe(10_000);
    expect(await source.read(0, 10)).toEqual(BYTES.slice(0, 10));
    expect(await source.read(9_000, 1_000)).toEqual(BYTES.slice(9_000));
    expect(server.requests.map(({ method, range }) => [method, range])).toEqual([
      ["HEAD", undefined],
      ["GET", "bytes=0-9"],
      ["GET", "bytes=9000-9999"],
    ]);
    expect(server.bodyBytes).toBe(1_010);
  });

  it("is not asked for what needs no request", async () => {
    const server = await serveFile(FILE);
    const source = await httpSource(server.url());
    expect(await source.read(5, 0)).toEqual(new Uint8Array(0));
    expect(await failureOf(source.read(9_999, 2))).toMatchObject({ code: "truncated", offset: 9_999 });
    await source.close?.();
    expect((await failureOf(source.read(0, 1))).code).toBe("closed");
    expect(server.requests).toHaveLength(1);
  });

  it("gets the headers given, and asks for no encoding", async () => {
    const server = await serveFile(FILE);
    const source = await httpSource(server.url(), { headers: { "x-case": "17", "accept-encoding": "gzip" } });
    await source.read(0, 1);
    expect(server.requests.map(({ headers }) => headers["x-case"])).toEqual(["17", "17"]);
    // To a range, fetch adds identity on its own.
    for (const { headers } of server.requests) expect(headers["accept-encoding"]).toMatch(/^identity(, identity)?$/);
  });

  it("may redirect", async () => {
    const server = await serve((request, response) => {
      if (request.url === "/moved") response.writeHead(302, { location: "/evidence.msl" }).end();
      else answer(FILE, request, response);
    });
    const source = await httpSource(server.url("/moved"));
    expect(await source.read(100, 50)).toEqual(BYTES.slice(100, 150));
  });
});

describe("the size, where HEAD does not tell it", () => {
  it.each<[string, (response: ServerResponse) => void]>([
    ["405", (response) => response.writeHead(405).end()],
    ["403", (response) => response.writeHead(403).end()],
    ["500", (response) => response.writeHead(500).end()],
    ["no Content-Length", (response) => response.writeHead(200, { "transfer-encoding": "chunked" }).end()],
    ["Content-Length 0", (response) => response.writeHead(200, { "content-length": 0 }).end()],
    [
      "the length of an encoded body",
      (response) => send(response, 200, { "content-encoding": "gzip", "content-length": 77 }, new Uint8Array()),
    ],
    ["a closed connection", (response) => response.destroy()],
  ])("is taken from a range: %s", async (_name, head) => {
    const server = await serve((request, response) => {
      if (request.method === "HEAD") head(response);
      else answer(FILE, request, response);
    });
    const source = await httpSource(server.url());
    expect(source.size).toBe(10_000);
    expect(await source.read(9_990, 10)).toEqual(BYTES.slice(9_990));
    expect(server.ranges).toEqual(["bytes=0-0", "bytes=9990-9999"]);
  });

  it.each<[string, (response: ServerResponse) => void]>([
    ["416", (response) => response.writeHead(416, { "content-range": "bytes */0" }).end()],
    ["200", (response) => response.writeHead(200, { "content-length": 0 }).end()],
  ])("is 0 for an empty file: %s", async (_name, get) => {
    const server = await serve((_request, response) => get(response));
    expect((await httpSource(server.url())).size).toBe(0);
  });

  it("is an error if nobody tells it", async () => {
    const server = await serve((request, response) => {
      if (request.method === "HEAD") response.writeHead(405).end();
      else send(response, 206, { "content-range": "bytes 0-0/*" }, new Uint8Array(1));
    });
    expect(await failureOf(httpSource(server.url()))).toMatchObject({
      code: "source",
      offset: 0,
      message: `${server.url()} cannot be read at offset 0: the server does not tell the size of the file`,
    });
  });
});

describe("a server that ignores ranges", () => {
  it("sends the file once, however many readers there are and however often they read", async () => {
    const { server, source } = await opened((_request, response) => send(response, 200, { "content-length": 10_000 }, BYTES));
    expect(await source.read(100, 20)).toEqual(BYTES.slice(100, 120));
    const reads = await Promise.all([0, 5_000, 9_000].map((offset) => source.read(offset, 1_000)));
    expect(reads).toEqual([0, 5_000, 9_000].map((offset) => BYTES.slice(offset, offset + 1_000)));
    expect(server.ranges).toEqual(["bytes=100-119"]);
    expect(server.bodyBytes).toBe(10_000);
  });

  it("sends it once to readers that come at the same time, too: the other answers are cancelled", async () => {
    const { server, source } = await opened((_request, response) => {
      response.writeHead(200, { "content-length": 10_000 }).write(BYTES.slice(0, 100));
      setTimeout(() => response.end(BYTES.slice(100)), 100);
    });
    const reads = await Promise.all([0, 5_000, 9_000].map((offset) => source.read(offset, 1_000)));
    expect(reads).toEqual([0, 5_000, 9_000].map((offset) => BYTES.slice(offset, offset + 1_000)));
    await vi.waitFor(() => expect(server.cancelled).toBe(2));
    await source.read(1, 1);
    expect(server.ranges).toHaveLength(3);
  });

  it("is not asked for ranges when it says that it has none", async () => {
    const server = await serve((request, response) => {
      if (request.method === "HEAD") answer(FILE, request, response, { "accept-ranges": "none" });
      else send(response, 200, {}, BYTES);
    });
    const source = await httpSource(server.url());
    expect(await source.read(7, 3)).toEqual(BYTES.slice(7, 10));
    expect(server.ranges).toEqual([undefined]);
  });

  it("may not tell the size either", async () => {
    const server = await serve((request, response) => {
      if (request.method === "HEAD") response.writeHead(405).end();
      else response.writeHead(200, { "transfer-encoding": "chunked" }).end(BYTES);
    });
    const source = await httpSource(server.url());
    expect(source.size).toBe(10_000);
    expect(await source.read(9_000, 1_000)).toEqual(BYTES.slice(9_000));
    expect(server.requests).toHaveLength(2);
  });

  it("is refused above the limit: on opening if it says so, else with the first range, without reading the body", async () => {
    const tooLarge = /the server ignores ranges, and the file has 10000 bytes; up to 9999 are downloaded as a whole/;
    const honest = await serve((request, response) => answer(FILE, request, response, { "accept-ranges": "none" }));
    expect(await failureOf(httpSource(honest.url(), { wholeFileLimit: 9_999 }))).toMatchObject({
      code: "source",
      message: expect.stringMatching(tooLarge),
    });
    const { server, source } = await opened(
      (_request, response) => response.writeHead(200, { "content-length": 10_000 }).write(BYTES.slice(0, 5_000)),
      { wholeFileLimit: 9_999 },
    );
    expect(await failureOf(source.read(64, 80))).toMatchObject({
      code: "source",
      offset: 64,
      message: expect.stringMatching(tooLarge),
    });
    await vi.waitFor(() => expect(server.cancelled).toBe(1));
    expect(server.ranges).toHaveLength(1);
  });

  it("is refused above the limit when the size turns out only while it is read", async () => {
    const server = await serve((request, response) => {
      if (request.method === "HEAD") response.writeHead(405).end();
      else response.writeHead(200, { "transfer-encoding": "chunked" }).write(BYTES);
    });
    const error = await failureOf(httpSource(server.url(), { wholeFileLimit: 9_999 }));
    expect(error.message).toMatch(/the server ignores ranges, and the file has more than 9999 bytes/);
    await vi.waitFor(() => expect(server.cancelled).toBe(1));
  });

  it("is asked again when the download breaks off", async () => {
    const { server, source } = await opened((_request, response) => {
      response.writeHead(200, { "content-length": 10_000 });
      if (server.ranges.length > 1) response.end(BYTES);
      else response.write(BYTES.slice(0, 5_000), () => response.destroy());
    });
    expect(await source.read(9_000, 10)).toEqual(BYTES.slice(9_000, 9_010));
    expect(server.ranges).toEqual(["bytes=9000-9009", undefined]);
  });

  it("goes on sending for the other readers when the first one has given up", async () => {
    let finish = () => {};
    const { server, source } = await opened((_request, response) => {
      response.writeHead(200, { "content-length": 10_000 }).write(BYTES.slice(0, 100));
      finish = () => response.end(BYTES.slice(100));
    });
    const impatient = new AbortController();
    const first = source.read(0, 10, impatient.signal);
    await vi.waitFor(() => expect(server.ranges).toHaveLength(1));
    await new Promise((resolve) => setTimeout(resolve, 50));
    const second = source.read(9_000, 10);
    impatient.abort();
    expect((await failureOf(first)).code).toBe("aborted");
    finish();
    expect(await second).toEqual(BYTES.slice(9_000, 9_010));
    expect(server.ranges).toHaveLength(1);
  });
});

describe("answers that are not what was asked for", () => {
  const ok = { "content-range": "bytes 50-59/10000" };
  it.each<[string, RegExp, (response: ServerResponse) => void]>([
    [
      "another range",
      /sent bytes 0 to 9 instead of 50 to 59/,
      (r) => send(r, 206, { "content-range": "bytes 0-9/10000" }, BYTES.slice(0, 10)),
    ],
    [
      "a shorter range",
      /sent bytes 50 to 54 instead of 50 to 59/,
      (r) => send(r, 206, { "content-range": "bytes 50-54/10000" }, BYTES.slice(50, 55)),
    ],
    ["no Content-Range", /has no Content-Range \(.*Access-Control-Expose-Headers/, (r) => send(r, 206, {}, BYTES.slice(50, 60))],
    [
      "a Content-Range with something behind it",
      /has no Content-Range/,
      (r) => send(r, 206, { "content-range": "bytes 50-59/10000, 70-79/10000" }, BYTES.slice(50, 60)),
    ],
    [
      "a Content-Range that is none",
      /has no Content-Range/,
      (r) => send(r, 206, { "content-range": "lines 50-59/10000" }, BYTES.slice(50, 60)),
    ],
    ["too few bytes", /sent 4 bytes where 10 were expected/, (r) => send(r, 206, ok, BYTES.slice(50, 54))],
    ["too many bytes", /sent more than the 10 bytes expected/, (r) => send(r, 206, ok, BYTES.slice(50, 70))],
    [
      "an encoding",
      /sends it encoded as gzip, although identity was asked for/,
      (r) => send(r, 206, { ...ok, "content-encoding": "gzip" }, BYTES.slice(50, 60)),
    ],
    [
      "an encoding of the whole file",
      /sends it encoded as br/,
      (r) => send(r, 200, { "content-encoding": "br" }, BYTES.slice(50, 60)),
    ],
    [
      "416 with the size",
      /has changed since it was opened: it ends at 40/,
      (r) => send(r, 416, { "content-range": "bytes */40" }, BYTES),
    ],
    ["416", /status 416/, (r) => send(r, 416, {}, BYTES)],
    ["404", /status 404/, (r) => send(r, 404, {}, BYTES)],
    ["403", /status 403/, (r) => send(r, 403, {}, BYTES)],
    ["429", /status 429/, (r) => send(r, 429, {}, BYTES)],
    ["204", /status 204/, (r) => r.writeHead(204).end()],
    [
      "a range of another file",
      /has changed since it was opened: it has 20000 bytes instead of 10000/,
      (r) => send(r, 206, { "content-range": "bytes 50-59/20000" }, BYTES.slice(50, 60)),
    ],
    [
      "all of another file",
      /has changed since it was opened: it has 12 bytes instead of 10000/,
      (r) => send(r, 200, { "content-length": 12 }, BYTES.slice(0, 12)),
    ],
    [
      "all of the file, cut short",
      /sent 12 bytes where 10000 were expected/,
      (r) => send(r, 200, { "transfer-encoding": "chunked" }, BYTES.slice(0, 12)),
    ],
  ])("%s: refused, with offset and address, and not asked for again", async (_name, message, misbehave) => {
    const { server, source } = await opened((_request, response) => misbehave(response));
    const error = await failureOf(source.read(50, 10));
    expect(error).toMatchObject({ code: "source", message: expect.stringMatching(message) });
    expect(error.message).toContain(`${server.url()} cannot be read at offset ${error.offset}: `);
    expect(server.ranges).toHaveLength(1);
  });

  it("reads on when one of them was an exception", async () => {
    const { source } = await opened((request, response, count) => {
      if (count === 2) response.writeHead(404).end();
      else answer(FILE, request, response);
    });
    await failureOf(source.read(50, 10));
    expect(await source.read(50, 10)).toEqual(BYTES.slice(50, 60));
  });

  it("names the offset of the read", async () => {
    const { source } = await opened((_request, response) => response.writeHead(404).end());
    expect((await failureOf(source.read(1_234, 10))).offset).toBe(1_234);
  });

  it("follows no redirects in circles", async () => {
    const server = await serve((_request, response) => response.writeHead(302, { location: "/again" }).end());
    const error = await failureOf(httpSource(server.url()));
    expect(error).toMatchObject({ code: "source", message: expect.stringMatching(/redirect/) });
  });

  it("follows no redirect to an address without encryption", async () => {
    const fetch: Fetch = async () => {
      const response = new Response(null, { headers: { "content-length": "10" } });
      Object.defineProperty(response, "url", { value: "http://elsewhere.example/" });
      return response;
    };
    expect((await failureOf(httpSource("https://host.example/a", { fetch }))).message).toMatch(
      /^https:\/\/host\.example\/a cannot be read at offset 0: the server redirects to an address without encryption/,
    );
  });
});

describe("a file that changes while it is read", () => {
  const versions = (first: Record<string, string>, second: Record<string, string>) =>
    serve((request, response, count) => answer(FILE, request, response, count < 3 ? first : second));

  it.each<[string, Record<string, string>, Record<string, string>]>([
    ['its ETag was "a" and is now "b"', { etag: '"a"' }, { etag: '"b"' }],
    ['its ETag was W/"a" and is now W/"b"', { etag: 'W/"a"' }, { etag: 'W/"b"' }],
    [
      "it was last modified Mon, 01 Jan 2024 00:00:00 GMT and is now of Tue, 02 Jan 2024 00:00:00 GMT",
      { "last-modified": "Mon, 01 Jan 2024 00:00:00 GMT" },
      { "last-modified": "Tue, 02 Jan 2024 00:00:00 GMT" },
    ],
    [
      "it was last modified Mon, 01 Jan 2024 00:00:00 GMT and is now of Tue, 02 Jan 2024 00:00:00 GMT",
      { "last-modified": "Mon, 01 Jan 2024 00:00:00 GMT", etag: 'W/"a"' },
      { "last-modified": "Tue, 02 Jan 2024 00:00:00 GMT", etag: 'W/"a"' },
    ],
  ])("is noticed: %s", async (difference, first, second) => {
    const server = await versions(first, second);
    const source = await httpSource(server.url());
    expect(await source.read(0, 10)).toEqual(BYTES.slice(0, 10));
    expect(await failureOf(source.read(10, 10))).toMatchObject({
      code: "source",
      offset: 10,
      message: `${server.url()} cannot be read at offset 10: the file has changed since it was opened: ${difference}`,
    });
  });

  it.each<[string, Record<string, string>, Record<string, string>]>([
    ["a strong ETag stays, whatever the date", { etag: '"a"', "last-modified": "x" }, { etag: '"a"', "last-modified": "y" }],
    ["a validator is left out", { etag: '"a"' }, {}],
    ["a validator is added", {}, { etag: '"a"' }],
  ])("is the same file when %s", async (_name, first, second) => {
    const server = await versions(first, second);
    const source = await httpSource(server.url());
    await source.read(0, 10);
    expect(await source.read(10, 10)).toEqual(BYTES.slice(10, 20));
  });
});

describe("failures that may pass", () => {
  it("tries again after a 5xx status, a lost connection, and a body that broke off", async () => {
    const failures: ((response: ServerResponse) => void)[] = [
      (response) => response.writeHead(503).end("busy"),
      (response) => response.destroy(),
      (response) => {
        response.writeHead(206, { "content-range": "bytes 50-59/10000", "content-length": 10 });
        response.write(BYTES.slice(50, 54), () => response.destroy());
      },
    ];
    for (const fail of failures) {
      const { server, source } = await opened((request, response, count) => {
        if (count === 2) fail(response);
        else answer(FILE, request, response);
      });
      expect(await source.read(50, 10)).toEqual(BYTES.slice(50, 60));
      expect(server.ranges).toHaveLength(2);
    }
  });

  it("gives up after the third attempt", async () => {
    const { server, source } = await opened((_request, response) => response.writeHead(502).end());
    expect(await failureOf(source.read(50, 10))).toMatchObject({
      name: "MslError",
      code: "source",
      offset: 50,
      message: `${server.url()} cannot be read at offset 50: the server answered with status 502`,
    });
    expect(server.ranges).toHaveLength(3);
  });

  it("tells why a connection cannot be made", async () => {
    const server = createServer().listen(0, "127.0.0.1");
    await once(server, "listening");
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, "close");
    expect(await failureOf(httpSource(`http://127.0.0.1:${port}/a.msl`))).toMatchObject({
      code: "source",
      offset: 0,
      message: `http://127.0.0.1:${port}/a.msl cannot be read at offset 0: the request failed: connect ECONNREFUSED 127.0.0.1:${port}`,
    });
  });
});

describe("secrets in an address", () => {
  it("are sent, and appear in no error", async () => {
    const server = await serve((_request, response) => response.writeHead(404).end());
    const url = server.url("/evidence.msl?sig=quErY#frAg").replace("//", "//us%40er:pAss%20word@");
    const error = await failureOf(httpSource(url));
    expect(error.message).toBe(`${server.url()} cannot be read at offset 0: the server answered with status 404`);
    expect(server.requests[0]?.headers.authorization).toBe(`Basic ${btoa("us@er:pAss word")}`);
    expect(inspect(error, { depth: 9 })).not.toMatch(/us@er|us%40er|pAss|quErY|frAg/);
  });

  it("appear in none even if fetch quotes the address", async () => {
    const fetch: Fetch = async (url) => {
      throw new Error(`request to ${url} failed`);
    };
    const error = await failureOf(httpSource(new URL("https://user:pAss@host.example/a.msl?sig=quErY"), { fetch }));
    expect(error.message).toMatch(/the request failed: request to https:\/\/host.example\/a.msl failed$/);
    expect(inspect(error, { depth: 9 })).not.toMatch(/pAss|quErY/);
  });

  it("yield to the Authorization header given", async () => {
    const server = await serveFile(FILE);
    await httpSource(server.url().replace("//", "//a:b@"), { headers: { Authorization: "Bearer t" } });
    expect(server.requests[0]?.headers.authorization).toBe("Bearer t");
  });

  it("are not repeated when the address is malformed", async () => {
    for (const url of ["http://user:pAss@", "https://host:99999/?sig=pAss", "http://a:%zzpAss@host/", "ftp://pAss@host/"]) {
      const error = await failureOf(httpSource(url));
      expect(error.code).toBe("usage");
      expect(inspect(error)).not.toMatch(/pAss/);
    }
  });
});

describe("cancelling", () => {
  const silent = () => {};
  const afterTicks = () => new Promise((resolve) => setTimeout(resolve, 30));

  it("ends the wait for an answer, and the request with it", async () => {
    const { server, source } = await opened(silent);
    const controller = new AbortController();
    const read = source.read(0, 10, controller.signal);
    await vi.waitFor(() => expect(server.ranges).toHaveLength(1));
    controller.abort(new Error("enough"));
    expect(await failureOf(read)).toMatchObject({ code: "aborted", cause: new Error("enough") });
    await vi.waitFor(() => expect(server.cancelled).toBe(1));
  });

  it("ends the wait for a body", async () => {
    const { server, source } = await opened((_request, response) =>
      response.writeHead(206, { "content-range": "bytes 0-9/10000" }).write(BYTES.slice(0, 3)),
    );
    const controller = new AbortController();
    const read = source.read(0, 10, controller.signal);
    await vi.waitFor(() => expect(server.ranges).toHaveLength(1));
    await afterTicks();
    controller.abort();
    expect((await failureOf(read)).code).toBe("aborted");
    await vi.waitFor(() => expect(server.cancelled).toBe(1));
  });

  it("ends the pause before another attempt, and opening", async () => {
    const { server, source } = await opened((_request, response) => response.writeHead(500).end());
    const read = failureOf(source.read(0, 10, AbortSignal.timeout(50)));
    expect((await read).code).toBe("aborted");
    expect(server.ranges).toHaveLength(1);
    const unanswered = await serve(silent);
    expect((await failureOf(httpSource(unanswered.url(), { signal: AbortSignal.timeout(50) }))).code).toBe("aborted");
  });

  it("sends nothing when it comes first", async () => {
    const { server, source } = await opened(silent);
    expect((await failureOf(source.read(0, 10, AbortSignal.abort()))).code).toBe("aborted");
    expect((await failureOf(httpSource(server.url(), { signal: AbortSignal.abort() }))).code).toBe("aborted");
    expect(server.requests).toHaveLength(1);
  });

  it("does not wait for a fetch that does not listen, and cancels the body that comes too late", async () => {
    const cancelled = vi.fn();
    let deliver: (response: Response) => void = () => {};
    const fetch: Fetch = (_url, { method }) =>
      method === "HEAD"
        ? Promise.resolve(new Response(null, { headers: { "content-length": "10" } }))
        : new Promise((resolve) => {
            deliver = resolve;
          });
    const source = await httpSource("https://host.example/a", { fetch });
    const controller = new AbortController();
    const read = source.read(0, 10, controller.signal);
    await afterTicks();
    controller.abort();
    expect((await failureOf(read)).code).toBe("aborted");
    deliver(new Response(new ReadableStream({ cancel: cancelled }), { status: 206 }));
    await vi.waitFor(() => expect(cancelled).toHaveBeenCalledOnce());
  });
});

describe("bodies that are not read", () => {
  it.each<[string, number, Record<string, string>]>([
    ["of an error", 404, {}],
    ["of an error that may pass", 500, {}],
    ["of another range", 206, { "content-range": "bytes 1-10/10" }],
    ["that is too long", 206, { "content-range": "bytes 0-0/10" }],
    ["that is encoded", 206, { "content-range": "bytes 0-0/10", "content-encoding": "gzip" }],
    ["of a file that is too large", 200, { "content-length": "10" }],
  ])("are cancelled: a body %s", async (_name, status, headers) => {
    const cancelled = vi.fn();
    let sent = 0;
    const fetch: Fetch = async (_url, { method }) => {
      sent++;
      const body = new ReadableStream<Uint8Array>({ pull: (stream) => stream.enqueue(new Uint8Array(2)), cancel: cancelled });
      // A body in answer to HEAD is wrong, but must not be left hanging either.
      return method === "HEAD"
        ? new Response(body, { headers: { "content-length": "10" } })
        : new Response(body, { status, headers });
    };
    const source = await httpSource("https://host.example/a", { fetch, wholeFileLimit: 9 });
    expect((await failureOf(source.read(0, 1))).code).toBe("source");
    expect(cancelled).toHaveBeenCalledTimes(sent);
  });
});

it("calls fetch as a browser wants it, without a receiver", async () => {
  const receivers: unknown[] = [];
  async function fetch(this: unknown): Promise<Response> {
    receivers.push(this);
    return new Response(null, { headers: { "content-length": "10" } });
  }
  await httpSource("https://host.example/a", { fetch });
  expect(receivers).toEqual([undefined]);
});
