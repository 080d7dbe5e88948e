/** The examples for Deno, Bun and workerd, run as users run them, on an intact, an altered and a truncated capture. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  type ExampleProject,
  exampleProject,
  longUpload,
  peakMemory,
  recorded,
  runFromComment,
  runProgram,
  SAMPLES,
  samplePath,
} from "../../src/launch/example-project.js";
import { BUN, DENO } from "../../src/launch/processes.js";
import { RUN_TIMEOUT_MS } from "../../src/launch/runtime.js";
import { WORKERD, withWorker } from "../../src/launch/workerd.js";

const MIB = 1024 * 1024;
const sampleBytes = (sample: string) => readFileSync(samplePath(sample));

let project: ExampleProject;
beforeAll(() => {
  project = exampleProject();
}, RUN_TIMEOUT_MS);
afterAll(() => project.remove(), RUN_TIMEOUT_MS);

/** The executable of a runtime. Without one, the test is skipped; in CI it fails. */
function programOf({ name, program }: { name: string; program: string | undefined }, skip: (reason: string) => never): string {
  if (program !== undefined) return program;
  const missing = `${name} is not installed on this machine`;
  if (process.env["CI"]) throw new Error(missing);
  return skip(missing);
}

describe("verify-deno.ts", () => {
  it.for([
    ["intact", 0, "Intact: every link of the chain and FileHash match"],
    ["altered", 1, "ALTERED: the content does not match its hashes"],
    ["truncated", 1, "Incomplete: nothing contradicts the hashes"],
    ["encrypted", 1, "The capture is encrypted"],
  ] as const)("tells about the %s sample with status %i", async ([kind, status, sentence], { skip }) => {
    const deno = programOf(DENO, skip);
    const path = samplePath(SAMPLES[kind]);
    const ended = await runProgram(project, deno, [
      "run",
      "--no-prompt",
      "--cached-only",
      "--allow-read",
      "verify-deno.ts",
      path,
    ]);
    expect(`${ended.out}${ended.err}`).toContain(`${path}: ${sentence}`);
    expect(ended.status).toBe(status);
  });
});

describe("summary-bun.ts", () => {
  it.for([
    ["intact", "15 of 20 pages were captured\nintact\n"],
    ["altered", "6 of 9 pages were captured\naltered\n"],
    ["truncated", "6 of 9 pages were captured\nincomplete\n"],
  ] as const)("sums the %s sample up", async ([kind, end], { skip }) => {
    const sample = SAMPLES[kind];
    const ended = await runProgram(project, programOf(BUN, skip), ["run", "--no-install", "summary-bun.ts", samplePath(sample)]);
    const { pid, modules } = recorded(sample);
    expect(ended.out).toContain(`process ${pid}, Linux, x86_64\n`);
    for (const path of modules) expect(ended.out).toContain(JSON.stringify(path));
    expect(ended.out.endsWith(end), ended.out).toBe(true);
    expect(ended.status).toBe(0);
  });
});

describe("edge-worker.ts", () => {
  beforeAll(() => runFromComment(project, "edge-worker.ts", "npx esbuild"), RUN_TIMEOUT_MS);

  function withEdge<T>(
    skip: (reason: string) => never,
    work: (address: string, pid: number | undefined) => Promise<T>,
  ): Promise<T> {
    const folder = join(project.folder, "dist");
    const modules = ["edge-worker.js", ...readdirSync(folder).filter((file) => file.endsWith(".wasm"))];
    const worker = { folder, modules, server: { origin: "http://127.0.0.1:1" } };
    return withWorker(programOf(WORKERD, skip), worker, (address, child) => work(address, child.process.pid));
  }

  async function upload(address: string, chunks: AsyncIterable<Uint8Array> | Uint8Array) {
    // Node takes an AsyncIterable as a body, which the types do not know.
    const request = { method: "POST", body: chunks, duplex: "half" } as unknown as RequestInit;
    const response = await fetch(address, request);
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  }

  /** Chunks of 1,000 bytes, which end inside headers and blocks. */
  async function* chunked(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000);
  }

  it.for([
    ["intact", "intact"],
    ["altered", "altered"],
    ["truncated", "incomplete"],
  ] as const)("tells what is in the %s sample, and that it is %s", ([kind, outcome], { skip }) =>
    withEdge(skip, async (address) => {
      const { status, body } = await upload(address, chunked(sampleBytes(SAMPLES[kind])));
      const { verdict, pid, modules, counts } = recorded(SAMPLES[kind]);
      expect({ status, body }).toMatchObject({
        status: 200,
        body: { outcome, verdict, bytes: sampleBytes(SAMPLES[kind]).length, content: { process: { pid }, modules } },
      });
      expect(body["content"]).toHaveProperty("blocks", counts);
    }),
  );

  it("refuses what is no capture, and encrypted captures, with a reason", (context) =>
    withEdge(context.skip, async (address) => {
      expect(await upload(address, new Uint8Array(5000))).toMatchObject({ status: 400, body: { error: "not-msl" } });
      expect(await upload(address, sampleBytes(SAMPLES.encrypted))).toMatchObject({
        status: 400,
        body: { error: "missing-key" },
      });
      expect((await fetch(address)).status).toBe(405);
    }));

  it("needs no more memory for an upload three times as long", { timeout: 120_000 }, (context) =>
    withEdge(context.skip, async (address, pid) => {
      const uploaded = (bytes: number) => ({ status: 200, body: { bytes: bytes + 144, outcome: "incomplete" } });
      expect(await upload(address, longUpload(128 * MIB))).toMatchObject(uploaded(128 * MIB));
      const before = peakMemory(pid);
      expect(await upload(address, longUpload(384 * MIB))).toMatchObject(uploaded(384 * MIB));
      const after = peakMemory(pid);
      if (before !== undefined && after !== undefined) expect(after - before).toBeLessThan(128 * MIB);
    }),
  );
});
