import type { ServerResponse } from "node:http";
import { describe, expect, it, vi } from "vitest";
import { answer } from "../../runtimes/src/launch/range-answers.js";
import { type Fetch, httpSource } from "../src/index.js";
import { BYTES, FILE, failureOf, opened, send } from "./http-opened.js";
import { serve, serveFile } from "./http-server.js";

describe("a server that supports HEAD and ranges", () => {
  it("the size is taken from HEAD, and only the requested ranges are fetched", async () => {
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

  it("an empty read, a read beyond the end and a read after close send no request", async () => {
    const server = await serveFile(FILE);
    const source = await httpSource(server.url());
    expect(await source.read(5, 0)).toEqual(new Uint8Array(0));
    expect(await failureOf(source.read(9_999, 2))).toMatchObject({ code: "truncated", offset: 9_999 });
    await source.close?.();
    expect((await failureOf(source.read(0, 1))).code).toBe("closed");
    expect(server.requests).toHaveLength(1);
  });

  it("the server gets the headers of the caller, and is asked for no encoding", async () => {
    const server = await serveFile(FILE);
    const source = await httpSource(server.url(), { headers: { "x-case": "17", "accept-encoding": "gzip" } });
    await source.read(0, 1);
    expect(server.requests.map(({ headers }) => headers["x-case"])).toEqual(["17", "17"]);
    // fetch itself adds `identity` to a request with a range.
    for (const { headers } of server.requests) expect(headers["accept-encoding"]).toMatch(/^identity(, identity)?$/);
  });

  it("a redirect of the server is followed", async () => {
    const server = await serve((request, response) => {
      if (request.url === "/moved") response.writeHead(302, { location: "/evidence.msl" }).end();
      else answer(FILE, request, response);
    });
    const source = await httpSource(server.url("/moved"));
    expect(await source.read(100, 50)).toEqual(BYTES.slice(100, 150));
  });
});

describe("the size of a file if HEAD does not state it", () => {
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
  ])("the size is taken from the answer to a range if HEAD states none: %s", async (_name, head) => {
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
  ])("the size of an empty file is 0: %s", async (_name, get) => {
    const server = await serve((_request, response) => get(response));
    expect((await httpSource(server.url())).size).toBe(0);
  });

  it("opening fails if no answer states the size", async () => {
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
  it("a server that ignores ranges sends the file once, for any number of readers and reads", async () => {
    const { server, source } = await opened((_request, response) => send(response, 200, { "content-length": 10_000 }, BYTES));
    expect(await source.read(100, 20)).toEqual(BYTES.slice(100, 120));
    const reads = await Promise.all([0, 5_000, 9_000].map((offset) => source.read(offset, 1_000)));
    expect(reads).toEqual([0, 5_000, 9_000].map((offset) => BYTES.slice(offset, offset + 1_000)));
    expect(server.ranges).toEqual(["bytes=100-119"]);
    expect(server.bodyBytes).toBe(10_000);
  });

  it("a server that ignores ranges sends the file once to simultaneous readers: their other answers are cancelled", async () => {
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

  it("no ranges are requested from a server that says it has none", async () => {
    const server = await serve((request, response) => {
      if (request.method === "HEAD") answer(FILE, request, response, { "accept-ranges": "none" });
      else send(response, 200, {}, BYTES);
    });
    const source = await httpSource(server.url());
    expect(await source.read(7, 3)).toEqual(BYTES.slice(7, 10));
    expect(server.ranges).toEqual([undefined]);
  });

  it("a server that ignores ranges may leave out the size, too", async () => {
    const server = await serve((request, response) => {
      if (request.method === "HEAD") response.writeHead(405).end();
      else response.writeHead(200, { "transfer-encoding": "chunked" }).end(BYTES);
    });
    const source = await httpSource(server.url());
    expect(source.size).toBe(10_000);
    expect(await source.read(9_000, 1_000)).toEqual(BYTES.slice(9_000));
    expect(server.requests).toHaveLength(2);
  });

  it("a file above wholeFileLimit is refused: when it is opened if HEAD tells its size, or else with the first range, and its body is not read", async () => {
    const tooLarge =
      /the server ignores ranges, and the file has 10000 bytes; up to 9999 \(wholeFileLimit\) are downloaded as a whole/;
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

  it("a file whose size no header tells is refused as soon as more bytes than wholeFileLimit have arrived", async () => {
    const server = await serve((request, response) => {
      if (request.method === "HEAD") response.writeHead(405).end();
      else response.writeHead(200, { "transfer-encoding": "chunked" }).write(BYTES);
    });
    const error = await failureOf(httpSource(server.url(), { wholeFileLimit: 9_999 }));
    expect(error.message).toMatch(/the server ignores ranges, and the file has more than 9999 bytes/);
    await vi.waitFor(() => expect(server.cancelled).toBe(1));
  });

  it("a download that breaks off is tried again", async () => {
    const { server, source } = await opened((_request, response) => {
      response.writeHead(200, { "content-length": 10_000 });
      if (server.ranges.length > 1) response.end(BYTES);
      else response.write(BYTES.slice(0, 5_000), () => response.destroy());
    });
    expect(await source.read(9_000, 10)).toEqual(BYTES.slice(9_000, 9_010));
    expect(server.ranges).toEqual(["bytes=9000-9009", undefined]);
  });

  it("a download continues for the other readers after the first one was cancelled", async () => {
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
  ])("an answer with %s is refused, with offset and address, and not requested again", async (_name, message, misbehave) => {
    const { server, source } = await opened((_request, response) => misbehave(response));
    const error = await failureOf(source.read(50, 10));
    expect(error).toMatchObject({ code: "source", message: expect.stringMatching(message) });
    expect(error.message).toContain(`${server.url()} cannot be read at offset ${error.offset}: `);
    expect(server.ranges).toHaveLength(1);
  });

  it("a read succeeds after another read failed", async () => {
    const { source } = await opened((request, response, count) => {
      if (count === 2) response.writeHead(404).end();
      else answer(FILE, request, response);
    });
    await failureOf(source.read(50, 10));
    expect(await source.read(50, 10)).toEqual(BYTES.slice(50, 60));
  });

  it("a wrong answer is an error with the offset of the read", async () => {
    const { source } = await opened((_request, response) => response.writeHead(404).end());
    expect((await failureOf(source.read(1_234, 10))).offset).toBe(1_234);
  });

  it("redirects in a circle are an error", async () => {
    const server = await serve((_request, response) => response.writeHead(302, { location: "/again" }).end());
    const error = await failureOf(httpSource(server.url()));
    expect(error).toMatchObject({ code: "source", message: expect.stringMatching(/redirect/) });
  });

  it("a redirect from https to http is refused", async () => {
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
  ])("a file that changes while it is read is an error: %s", async (difference, first, second) => {
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
  ])("a file counts as unchanged when %s", async (_name, first, second) => {
    const server = await versions(first, second);
    const source = await httpSource(server.url());
    await source.read(0, 10);
    expect(await source.read(10, 10)).toEqual(BYTES.slice(10, 20));
  });
});
