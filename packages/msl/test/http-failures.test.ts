import { once } from "node:events";
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { describe, expect, it, vi } from "vitest";
import { answer } from "../../runtimes/src/launch/range-answers.js";
import { type Fetch, httpSource } from "../src/index.js";
import { BYTES, FILE, failureOf, opened } from "./http-opened.js";
import { serve, serveFile } from "./http-server.js";

/** Runs 100 turns of the microtask queue, so that all work continues that waits for no timer. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 100; turn++) await Promise.resolve();
}

describe("failures that may pass", () => {
  it("a request is tried again after a 5xx status, a lost connection, and a body that broke off", async () => {
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

  it("a request fails after the third attempt", async () => {
    const { server, source } = await opened((_request, response) => response.writeHead(502).end());
    expect(await failureOf(source.read(50, 10))).toMatchObject({
      name: "MslError",
      code: "source",
      offset: 50,
      message: `${server.url()} cannot be read at offset 50: the server answered with status 502`,
    });
    expect(server.ranges).toHaveLength(3);
  });

  it("the error names the reason why a connection cannot be made", async () => {
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
  it("user, password and query of an address are sent, and appear in no error", async () => {
    const server = await serve((_request, response) => response.writeHead(404).end());
    const url = server.url("/evidence.msl?sig=quErY#frAg").replace("//", "//us%40er:pAss%20word@");
    const error = await failureOf(httpSource(url));
    expect(error.message).toBe(`${server.url()} cannot be read at offset 0: the server answered with status 404`);
    expect(server.requests[0]?.headers.authorization).toBe(`Basic ${btoa("us@er:pAss word")}`);
    expect(inspect(error, { depth: 9 })).not.toMatch(/us@er|us%40er|pAss|quErY|frAg/);
  });

  it("secrets of an address do not appear in an error even if fetch quotes the address", async () => {
    const fetch: Fetch = async (url) => {
      throw new Error(`request to ${url} failed`);
    };
    const error = await failureOf(httpSource(new URL("https://user:pAss@host.example/a.msl?sig=quErY"), { fetch }));
    expect(error.message).toMatch(/the request failed: request to https:\/\/host.example\/a.msl failed$/);
    expect(inspect(error, { depth: 9 })).not.toMatch(/pAss|quErY/);
  });

  it("an Authorization header of the caller replaces user and password of the address", async () => {
    const server = await serveFile(FILE);
    await httpSource(server.url().replace("//", "//a:b@"), { headers: { Authorization: "Bearer t" } });
    expect(server.requests[0]?.headers.authorization).toBe("Bearer t");
  });

  it("the error for a malformed address does not repeat the address", async () => {
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

  it("an abort ends the wait for an answer, and the request", async () => {
    const { server, source } = await opened(silent);
    const controller = new AbortController();
    const read = source.read(0, 10, controller.signal);
    await vi.waitFor(() => expect(server.ranges).toHaveLength(1));
    controller.abort(new Error("enough"));
    expect(await failureOf(read)).toMatchObject({ code: "aborted", cause: new Error("enough") });
    await vi.waitFor(() => expect(server.cancelled).toBe(1));
  });

  it("an abort ends the wait for a body", async () => {
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

  it("an abort ends the pause before another attempt, and opening", async () => {
    const { server, source } = await opened((_request, response) => response.writeHead(500).end());
    const read = failureOf(source.read(0, 10, AbortSignal.timeout(50)));
    expect((await read).code).toBe("aborted");
    expect(server.ranges).toHaveLength(1);
    const unanswered = await serve(silent);
    expect((await failureOf(httpSource(unanswered.url(), { signal: AbortSignal.timeout(50) }))).code).toBe("aborted");
  });

  it("an abort during the pause rejects at once, and no other attempt is made", async () => {
    vi.useFakeTimers();
    try {
      let requests = 0;
      const controller = new AbortController();
      const fetch: Fetch = async (_url, { method }) => {
        requests++;
        return method === "HEAD"
          ? new Response(null, { headers: { "content-length": "10" } })
          : new Response(null, { status: 500 });
      };
      const source = await httpSource("https://host.example/a", { fetch });
      let code: string | undefined;
      const read = failureOf(source.read(0, 10, controller.signal)).then((failure) => {
        code = failure.code;
      });
      await turns();
      expect(requests).toBe(2);
      controller.abort();
      // The fake clock stands still, so that the pause would never end on its own.
      await turns();
      expect([code, requests]).toEqual(["aborted", 2]);
      await read;
    } finally {
      vi.useRealTimers();
    }
  });

  it("a read with a signal that has already fired sends no request", async () => {
    const { server, source } = await opened(silent);
    expect((await failureOf(source.read(0, 10, AbortSignal.abort()))).code).toBe("aborted");
    expect((await failureOf(httpSource(server.url(), { signal: AbortSignal.abort() }))).code).toBe("aborted");
    expect(server.requests).toHaveLength(1);
  });

  it("an abort does not wait for a fetch that ignores signals, and cancels the body that arrives later", async () => {
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
  ])("a body that is not read is cancelled: a body %s", async (_name, status, headers) => {
    const cancelled = vi.fn();
    let sent = 0;
    const fetch: Fetch = async (_url, { method }) => {
      sent++;
      const body = new ReadableStream<Uint8Array>({ pull: (stream) => stream.enqueue(new Uint8Array(2)), cancel: cancelled });
      // An answer to HEAD must not have a body. If a server sends one, it has to be cancelled, too.
      return method === "HEAD"
        ? new Response(body, { headers: { "content-length": "10" } })
        : new Response(body, { status, headers });
    };
    const source = await httpSource("https://host.example/a", { fetch, wholeFileLimit: 9 });
    expect((await failureOf(source.read(0, 1))).code).toBe("source");
    expect(cancelled).toHaveBeenCalledTimes(sent);
  });
});

it("fetch is called without a receiver, as browsers require", async () => {
  const receivers: unknown[] = [];
  async function fetch(this: unknown): Promise<Response> {
    receivers.push(this);
    return new Response(null, { headers: { "content-length": "10" } });
  }
  await httpSource("https://host.example/a", { fetch });
  expect(receivers).toEqual([undefined]);
});
