/** Commands that print while they read, of a source that fails behind byte N: what a consumer of their JSON sees. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { BytesSink, MslWriter } from "@memslice/msl";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { lineMisfits, misfits } from "./json-validation.js";
import { MAIN } from "./run-msl.js";

const REGIONS = 12;
const REGION_BYTES = 1 << 20;
let server: Server;
let origin = "";
let bytes: Uint8Array = new Uint8Array(0);
/** The server refuses requests when it has sent so many bytes. */
let failsAfter = Number.POSITIVE_INFINITY;
let served = 0;

async function captureBytes(): Promise<Uint8Array> {
  const sink = new BytesSink();
  const writer = new MslWriter(sink, { header: { osType: 1, archType: 1, pid: 1 }, contents: ["MemoryRegion"] });
  await writer.processIdentity({ ppid: 0, sessionId: 0, startTimeNs: 0n });
  await writer.moduleListIndex({ entries: [] });
  for (let region = 0; region < REGIONS; region++) {
    const head = {
      baseAddr: BigInt(region * REGION_BYTES),
      protection: 3,
      regionType: 5,
      pageSizeLog2: 12,
      timestampNs: 0n,
    } as const;
    await writer.memoryRegion({ ...head, regionSize: BigInt(REGION_BYTES), pageData: Buffer.alloc(REGION_BYTES, region + 1) });
  }
  await writer.end();
  return sink.bytes();
}

beforeAll(async () => {
  bytes = await captureBytes();
  server = createServer((request, response) => {
    const [, from, to] = /bytes=(\d+)-(\d*)/.exec(request.headers.range ?? "") ?? [];
    const start = Number(from ?? 0);
    const end = Math.min(to ? Number(to) + 1 : bytes.length, bytes.length);
    if (served >= failsAfter) {
      response.writeHead(403).end();
      return;
    }
    served += end - start;
    response.writeHead(206, {
      "content-range": `bytes ${start}-${end - 1}/${bytes.length}`,
      "accept-ranges": "bytes",
      etag: '"one"',
      "content-length": end - start,
    });
    response.end(request.method === "HEAD" ? undefined : bytes.subarray(start, end));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

async function run(args: readonly string[], words: readonly string[], failing: number) {
  [served, failsAfter] = [0, failing];
  const child = spawn(process.execPath, [MAIN, ...args, `${origin}/evidence.msl`, ...words], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let [stdout, stderr] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (stdout += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
  const [status] = await once(child, "close");
  return { status, stdout, stderr, served };
}

/** The commands, the lists of their documents, and their words behind the file. */
const COMMANDS = [
  ["dump", "blocks", ["--digests"]],
  ["lint", "findings", []],
  ["hexdump", "pieces", ["0", String(4 * REGION_BYTES)]],
] as const;

describe("a source that fails while a command prints", () => {
  it.each(COMMANDS)("leaves a JSON document of msl %s that is valid and has the error", async (command, list, words) => {
    const whole = await run([command, "--json"], words, Number.POSITIVE_INFINITY);
    const shortened: number[] = [];
    for (const part of [0.01, 0.3, 0.6, 0.9]) {
      const { status, stdout, stderr } = await run([command, "--json"], words, Math.floor(whole.served * part));
      const document = JSON.parse(stdout);
      expect(misfits(command, document)).toEqual([]);
      expect(status).toBe(2);
      expect(stderr).toContain("403");
      expect(document.error.code).toBe("source");
      if (list in document) shortened.push(document[list].length);
    }
    expect(shortened.length).toBeGreaterThan(0);
    expect(Math.max(...shortened)).toBeLessThanOrEqual(JSON.parse(whole.stdout)[list].length);
  });

  it.each(COMMANDS)("ends the lines of msl %s with one that has the error", async (command, _, words) => {
    const whole = await run([command, "--ndjson"], words, Number.POSITIVE_INFINITY);
    const { status, stdout } = await run([command, "--ndjson"], words, Math.floor(whole.served * 0.6));
    const lines = stdout.trim().split("\n");
    for (const line of lines) expect(lineMisfits(command, line)).toEqual([]);
    expect(status).toBe(2);
    expect(JSON.parse(lines.at(-1) ?? "").error.code).toBe("source");
  });
});
