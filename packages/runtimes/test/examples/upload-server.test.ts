/** examples/upload-server.mjs, as a user runs it: what it keeps, what it refuses, and what it leaves behind. */
import { readdirSync, readFileSync } from "node:fs";
import { type ClientRequest, type IncomingMessage, request } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { withChild } from "../../src/launch/child.js";
import {
  type ExampleProject,
  exampleProject,
  longUpload,
  peakMemory,
  SAMPLES,
  samplePath,
} from "../../src/launch/example-project.js";
import { RUN_TIMEOUT_MS } from "../../src/launch/runtime.js";

const MIB = 1024 * 1024;

let project: ExampleProject;
beforeAll(() => {
  project = exampleProject();
}, RUN_TIMEOUT_MS);
afterAll(() => project.remove(), RUN_TIMEOUT_MS);

interface Server {
  readonly port: number;
  readonly pid: number | undefined;
  /** Names in the folder of the server. */
  files(): string[];
}

function withServer<T>(folder: string, env: Record<string, string>, work: (server: Server) => Promise<T>): Promise<T> {
  const options = { cwd: project.folder, env: { ...process.env, NO_COLOR: "1", ...env } };
  return withChild(process.execPath, ["upload-server.mjs", folder, "0"], options, async ({ process: { pid }, said }) => {
    const port = () => Number(/port: (\d+)/.exec(said.out)?.[1]);
    await expect.poll(port, { timeout: 10_000 }).not.toBeNaN();
    return work({ port: port(), pid, files: () => readdirSync(join(project.folder, folder)) });
  });
}

/** A request whose body the caller sends, and its answer. */
function begin(
  port: number,
  headers: Record<string, string> = {},
): { sent: ClientRequest; answer: Promise<{ status: number; body: Record<string, unknown> }> } {
  const sent = request({ port, host: "127.0.0.1", method: "POST", headers });
  const answer = new Promise<{ status: number; body: Record<string, unknown> }>((resolve, reject) => {
    sent.on("error", reject);
    sent.on("response", (response: IncomingMessage) => {
      let text = "";
      response.on("data", (data: Buffer) => {
        text += data.toString();
      });
      response.on("end", () => resolve({ status: response.statusCode ?? 0, body: JSON.parse(text) }));
    });
  });
  return { sent, answer };
}

function upload(port: number, bytes: Uint8Array) {
  const { sent, answer } = begin(port);
  sent.end(bytes);
  return answer;
}

describe("upload-server.mjs", () => {
  it("keeps an intact capture, byte for byte", () =>
    withServer("intact", {}, async ({ port, files }) => {
      const bytes = readFileSync(samplePath(SAMPLES.intact));
      const { status, body } = await upload(port, bytes);
      expect([status, body]).toEqual([
        201,
        { status: 201, outcome: "intact", verdict: "chain-ok+filehash-ok", bytes: bytes.length, name: expect.any(String) },
      ]);
      expect(files()).toEqual([body["name"]]);
      expect(readFileSync(join(project.folder, "intact", String(body["name"])))).toEqual(bytes);
    }));

  it.each([
    ["altered", 422, { outcome: "altered", verdict: "chain-broken+filehash-mismatch" }],
    ["truncated", 422, { outcome: "incomplete", verdict: "chain-ok+no-eoc+truncated-block" }],
    ["encrypted", 400, { error: expect.stringMatching(/encrypted/) }],
  ] as const)("refuses the %s sample with status %i, and keeps nothing of it", (kind, status, expected) =>
    withServer(kind, {}, async ({ port, files }) => {
      const answer = await upload(port, readFileSync(samplePath(SAMPLES[kind])));
      expect(answer).toEqual({ status, body: expect.objectContaining(expected) });
      expect(files()).toEqual([]);
    }),
  );

  it("refuses what is no capture", () =>
    withServer("other", {}, async ({ port, files }) => {
      expect(await upload(port, new Uint8Array(100_000))).toMatchObject({
        status: 400,
        body: { error: expect.stringMatching(/not a|magic|MEMSLICE/i) },
      });
      expect(files()).toEqual([]);
    }));

  it("refuses a Content-Length above MAX_BYTES before the body, and a body that grows above it", () =>
    withServer("oversize", { MAX_BYTES: "50000" }, async ({ port, files }) => {
      const announced = begin(port, { "content-length": "50001" });
      announced.sent.flushHeaders();
      expect((await announced.answer).status).toBe(413);
      announced.sent.destroy();
      const growing = begin(port, { "transfer-encoding": "chunked" });
      growing.sent.write(readFileSync(samplePath(SAMPLES.intact)).subarray(0, 50_001));
      expect((await growing.answer).status).toBe(413);
      growing.sent.destroy();
      expect(files()).toEqual([]);
    }));

  it("removes the part of an upload whose connection is closed, and goes on", () =>
    withServer("closed", {}, async ({ port, files }) => {
      const bytes = readFileSync(samplePath(SAMPLES.intact));
      const { sent, answer } = begin(port, { "content-length": String(bytes.length) });
      sent.write(bytes.subarray(0, 30_000));
      await expect.poll(files).toEqual([expect.stringMatching(/\.partial$/)]);
      sent.destroy();
      await expect(answer).rejects.toThrow();
      await expect.poll(files).toEqual([]);
      expect((await upload(port, bytes)).status).toBe(201);
    }));

  it("refuses an upload beside eight others, and takes uploads again when these have ended", () =>
    withServer("many", {}, async ({ port, files }) => {
      const bytes = readFileSync(samplePath(SAMPLES.intact));
      const open = Array.from({ length: 8 }, () => begin(port, { "content-length": String(bytes.length) }));
      for (const { sent } of open) sent.write(bytes.subarray(0, 1000));
      await expect.poll(() => files().length).toBe(8);
      expect((await upload(port, bytes)).status).toBe(503);
      for (const { sent } of open) sent.end(bytes.subarray(1000));
      for (const { answer } of open) expect((await answer).status).toBe(201);
      expect((await upload(port, bytes)).status).toBe(201);
    }));

  it("needs no more memory for a long upload", { timeout: 120_000 }, () =>
    withServer("long", {}, async ({ port, pid, files }) => {
      await upload(port, readFileSync(samplePath(SAMPLES.intact)));
      const before = peakMemory(pid);
      const { sent, answer } = begin(port, { "transfer-encoding": "chunked" });
      for await (const chunk of longUpload(384 * MIB))
        if (!sent.write(chunk)) await new Promise((resolve) => sent.once("drain", resolve));
      sent.end();
      expect(await answer).toMatchObject({ status: 422, body: { outcome: "incomplete", bytes: 384 * MIB + 144 } });
      expect(files()).toHaveLength(1);
      const after = peakMemory(pid);
      if (before !== undefined && after !== undefined) expect(after - before).toBeLessThan(128 * MIB);
    }),
  );
});
