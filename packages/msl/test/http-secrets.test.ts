import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { inspect } from "node:util";
import { afterAll, describe, expect, it } from "vitest";
import { answer, servedBytes } from "../../runtimes/src/launch/range-answers.js";
import { MslError, openCapture, shownAddress } from "../src/index.js";
import { fixtureBytes } from "./fixtures.js";
import { serve } from "./http-server.js";

const file = servedBytes(fixtureBytes("ms-basic-plain"));
const folder = mkdtempSync(join(tmpdir(), "msl-urls-"));
afterAll(() => rmSync(folder, { recursive: true }));

const HEADERS = { authorization: "Bearer hidden-a", cookie: "hidden-c", "x-api-key": "hidden-x" };

/** All text of an error and of its causes. */
function told(error: unknown): string {
  return `${inspect(error, { depth: 9, showHidden: true })}${JSON.stringify(error)}`;
}

describe("headers of the caller", () => {
  it("headers of the caller are not sent to another origin when the server redirects there", async () => {
    const other = await serve((request, response) => answer(file, request, response));
    const first = await serve((_, response) => response.writeHead(302, { location: other.url() }).end());
    const capture = await openCapture(first.url(), { headers: HEADERS });
    expect(capture.blocks.length).toBe(11);
    expect(first.requests[0]?.headers).toMatchObject(HEADERS);
    expect(other.requests.length).toBeGreaterThan(0);
    for (const { headers } of other.requests) {
      for (const name of Object.keys(HEADERS)) expect(headers[name], name).toBeUndefined();
    }
  });

  it("headers of the caller, user and password follow redirects inside the origin", async () => {
    const server = await serve((request, response) => {
      if (request.url === "/evidence.msl") response.writeHead(307, { location: "/there.msl" }).end();
      else answer(file, request, response);
    });
    const url = server.url().replace("http://", "http://user:hidden-p@");
    expect((await openCapture(url, { headers: { "x-api-key": "hidden-x" } })).blocks.length).toBe(11);
    for (const { headers } of server.requests) {
      expect(headers).toMatchObject({ "x-api-key": "hidden-x", authorization: `Basic ${btoa("user:hidden-p")}` });
    }
  });

  it.each(["file:///etc/hostname", "ftp://127.0.0.1/x", "http://:bad:/"])(
    "headers of the caller are not sent by a redirect to %s",
    async (location) => {
      const server = await serve((_, response) => response.writeHead(302, { location }).end());
      await expect(openCapture(server.url(), { headers: HEADERS })).rejects.toMatchObject({ name: "MslError", code: "source" });
    },
  );

  it("an endless chain of redirects is an error", async () => {
    const server = await serve((request, response) => response.writeHead(302, { location: `${request.url}x` }).end());
    await expect(openCapture(server.url(), { headers: HEADERS })).rejects.toThrow(/redirects more than 10 times/);
    expect(server.requests.length).toBeLessThan(50);
  });
});

describe("secrets in a URL", () => {
  it("secrets of a URL are in no message and no cause, however a request fails", async () => {
    const servers = [
      await serve((_, response) => response.writeHead(404).end()),
      await serve((request) => request.socket.destroy()),
      await serve((_, response) => response.writeHead(302, { location: "/again?hidden-query=hidden-value" }).end()),
    ];
    for (const server of servers) {
      const url = `${server.url().replace("http://", "http://hidden-user:hidden-pass@")}?sig=hidden-signature&t=hidden%20token`;
      const error = await openCapture(url).then(
        () => undefined,
        (failure: unknown) => failure,
      );
      expect(error).toBeInstanceOf(MslError);
      expect(told(error)).not.toMatch(/hidden/);
    }
  });

  it("shownAddress leaves out the secrets of a URL, and returns other texts unchanged", () => {
    expect(shownAddress("https://u:p@host:8443/a/b.msl?sig=s&x=y#z")).toBe("https://host:8443/a/b.msl");
    expect(shownAddress("http://u:p@[bad/x?sig=s")).not.toMatch(/u:p|sig/);
    expect(shownAddress("evidence?sig=s")).toBe("evidence?sig=s");
  });
});

describe("a name that looks like a URL", () => {
  it("a name like http:file without // is a path, and nothing is requested", async () => {
    const requested: string[] = [];
    const fetch = async (url: string) => {
      requested.push(url);
      throw new Error("nothing may be requested");
    };
    const name = join(folder, "http:127.0.0.1:80");
    writeFileSync(name, fixtureBytes("ms-basic-plain"));
    const before = process.cwd();
    process.chdir(folder);
    try {
      const capture = await openCapture("http:127.0.0.1:80", { fetch });
      expect(capture.blocks.length).toBe(11);
      await capture.close();
      mkdirSync("http:/127.0.0.1", { recursive: true });
      writeFileSync("http:/127.0.0.1/x.msl", fixtureBytes("ms-basic-plain"));
      await expect(openCapture("http://127.0.0.1/x.msl", { fetch })).rejects.toMatchObject({ code: "usage" });
    } finally {
      process.chdir(before);
    }
    expect(requested).toEqual([]);
  });
});

describe("a server without progress", () => {
  it("a request to a server that never answers fails after stallTimeout", async () => {
    const server = await serve(() => {});
    await expect(openCapture(server.url(), { stallTimeout: 50 })).rejects.toThrow(/did not answer for 50 ms \(stallTimeout\)/);
    // The request is not repeated.
    expect(server.requests.length).toBeLessThanOrEqual(1);
  });

  it("a request to a server that sends single bytes from time to time fails, too", async () => {
    const server = await serve((request, response) => {
      if (request.method === "HEAD") return answer(file, request, response);
      const [, from = "0", to = "0"] = /bytes=(\d+)-(\d+)/.exec(request.headers.range ?? "") ?? [];
      response.writeHead(206, { "content-range": `bytes ${from}-${to}/${file.size}` });
      const timer = setInterval(() => response.write("x"), 10);
      response.on("close", () => clearInterval(timer));
    });
    await expect(openCapture(server.url(), { stallTimeout: 100 })).rejects.toThrow(/sent too little for 100 ms \(stallTimeout\)/);
  });

  it("a request that makes progress is not ended by stallTimeout", async () => {
    const server = await serve((request, response) => answer(file, request, response));
    const capture = await openCapture(server.url(), { stallTimeout: 5000 });
    expect((await capture.verify()).outcome).toBe("intact");
  });
});

it("a URL is opened with all other options of openCapture", async () => {
  const server = await serve((request, response) => answer(file, request, response));
  const capture = await openCapture(server.url(), { strict: false, salvage: true, payloadLimit: 2 ** 20, stallTimeout: 9999 });
  expect(capture.blocks.length).toBe(11);
});
