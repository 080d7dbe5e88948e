/** The examples for Node, run as users run them, on an intact, an altered and a truncated capture. */
import { copyFileSync, mkdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { openCapture, verifyCapture } from "@memslice/msl";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serveEvidence } from "../../src/launch/evidence-server.js";
import {
  type ExampleProject,
  exampleProject,
  recorded,
  runProgram,
  SAMPLES,
  samplePath,
} from "../../src/launch/example-project.js";
import { RUN_TIMEOUT_MS } from "../../src/launch/runtime.js";

let project: ExampleProject;
beforeAll(() => {
  project = exampleProject();
}, RUN_TIMEOUT_MS);
afterAll(() => project.remove(), RUN_TIMEOUT_MS);

const run = (file: string, parameters: readonly string[] = [], env: Record<string, string> = {}) =>
  runProgram(project, process.execPath, [file, ...parameters], env);

describe("check-folder.mjs", () => {
  function folderOf(name: string, samples: readonly string[]): string {
    mkdirSync(join(project.folder, name, "below"), { recursive: true });
    for (const sample of samples) copyFileSync(samplePath(sample), join(project.folder, name, "below", `${sample}.msl`));
    return name;
  }

  it("passes a folder of intact captures", async () => {
    const { status, out } = await run("check-folder.mjs", [folderOf("intact", [SAMPLES.intact, "ms-hash-sha256"])]);
    expect(out).toBe('ok   "below/ms-basic-plain.msl"\nok   "below/ms-hash-sha256.msl"\n2 captures, 0 not intact\n');
    expect(status).toBe(0);
  });

  it.each(["altered", "truncated", "encrypted"] as const)("fails a folder with the %s sample, and names it", async (kind) => {
    const { status, out } = await run("check-folder.mjs", [folderOf(kind, [SAMPLES.intact, SAMPLES[kind]])]);
    expect(out).toContain(`FAIL "below/${SAMPLES[kind]}.msl"\n`);
    expect(out).toContain("2 captures, 1 not intact\n");
    expect(status).toBe(1);
  });

  it("opens encrypted captures with MSL_PASSPHRASE, and fails those of another passphrase", async () => {
    const folder = folderOf("passphrase", [SAMPLES.intact, SAMPLES.encrypted]);
    expect((await run("check-folder.mjs", [folder], { MSL_PASSPHRASE: "weak" })).status).toBe(0);
    expect((await run("check-folder.mjs", [folder], { MSL_PASSPHRASE: "wrong" })).status).toBe(1);
  });

  it("does not pass a folder without captures", async () => {
    expect((await run("check-folder.mjs", [folderOf("nothing", [])])).status).toBe(2);
  });
});

describe("write-capture.mjs", () => {
  it("writes a strict capture whose unreadable page is failed, and prints its FileHash", async () => {
    const { status, out } = await run("write-capture.mjs", ["new.msl"]);
    expect(status).toBe(0);
    const path = join(project.folder, "new.msl");
    const report = await verifyCapture(path, { strict: true });
    expect(report.verdict).toBe("chain-ok+filehash-ok");
    const hash = Buffer.from(report.fileHash.computed ?? []).toString("hex");
    expect(out).toBe(`new.msl: ${readFileSync(path).length} bytes, FileHash ${hash}\nchain-ok+filehash-ok\n`);
    const capture = await openCapture(path, { strict: true });
    const { segments } = await capture.memory.read(0x400000n, 0x3000);
    expect(segments.map(({ address, length, state, bytes }) => [address, length, state, bytes?.[0]])).toEqual([
      [0x400000n, 0x1000, "captured", 0x00],
      [0x401000n, 0x1000, "failed", undefined],
      [0x402000n, 0x1000, "captured", 0x02],
    ]);
    expect((await capture.modules()).map(({ path }) => path)).toEqual(["/usr/bin/example"]);
    await capture.close();
  });

  it("does not replace a file that exists", async () => {
    copyFileSync(samplePath(SAMPLES.intact), join(project.folder, "kept.msl"));
    expect((await run("write-capture.mjs", ["kept.msl"])).status).not.toBe(0);
    expect(readFileSync(join(project.folder, "kept.msl"))).toEqual(readFileSync(samplePath(SAMPLES.intact)));
  });
});

describe("read-over-http.mjs", () => {
  it.each(["intact", "altered", "truncated"] as const)("reads the %s sample from a server", async (kind) => {
    const sample = SAMPLES[kind];
    const server = await serveEvidence(project.folder);
    try {
      const { status, out, err } = await run("read-over-http.mjs", [`${server.origin}/samples/${sample}.msl`]);
      expect([status, err]).toEqual([0, ""]);
      const { pid, modules } = recorded(sample);
      expect(out).toContain(`process ${pid}, Linux, x86_64`);
      expect(modules.length).toBeGreaterThan(0);
      for (const path of modules) expect(out).toContain(JSON.stringify(path));
      expect(out.includes("BLK-TRUNCATED: Block 8 is cut off")).toBe(kind === "truncated");
      const [, transferred, size] = /transferred (\d+) of (\d+) bytes/.exec(out) ?? [];
      expect(Number(size)).toBe(readFileSync(samplePath(sample)).length);
      expect(Number(transferred)).toBeGreaterThan(0);
      // The first page of the first region is captured in all three.
      expect(out).toMatch(/region [0-9a-f]+: 4 pages captured, 2 failed, 1 unmapped; begins with [0-9a-f]{16}\n/);
      if (kind === "intact") expect(Number(transferred)).toBeLessThan(Number(size) / 2);
    } finally {
      server.close();
    }
  });
});
