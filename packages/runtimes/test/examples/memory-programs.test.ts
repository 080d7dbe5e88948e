/** The examples that search, compare, import and take captures, run as users run them. */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { fileSink, openCapture, pagesOf, verifyCapture, writeCapture } from "@memslice/msl";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type ExampleProject, exampleProject, runProgram, SAMPLES, samplePath } from "../../src/launch/example-project.js";
import { RUN_TIMEOUT_MS } from "../../src/launch/runtime.js";

let project: ExampleProject;
beforeAll(() => {
  project = exampleProject(["@memslice/convert", "@memslice/acquire"]);
}, RUN_TIMEOUT_MS);
afterAll(() => project.remove(), RUN_TIMEOUT_MS);

const run = (file: string, parameters: readonly string[] = [], env: Record<string, string> = {}) =>
  runProgram(project, process.execPath, [file, ...parameters], env);

const BASE = 0x400000n;
const PAGE = 4096;

/** A capture with one module and one region, whose pages are captured, or failed where there are no bytes. */
async function captureOf(name: string, pages: readonly (Uint8Array | undefined)[]): Promise<string> {
  const path = "/usr/bin/tool";
  await writeCapture(await fileSink(join(project.folder, name)), {
    header: { osType: "Linux", archType: "x86_64", pid: 1 },
    blocks: [
      { payload: { kind: "ProcessIdentity", ppid: 0, sessionId: 0, startTimeNs: 0n, exePath: path } },
      { payload: { kind: "ModuleListIndex", entries: [{ baseAddr: BASE, moduleSize: BigInt(PAGE), path }] } },
      { payload: { kind: "ModuleEntry", baseAddr: BASE, moduleSize: BigInt(PAGE), path } },
      {
        payload: {
          kind: "MemoryRegion",
          baseAddr: BASE,
          regionSize: BigInt(PAGE * pages.length),
          protection: 3,
          regionType: "image",
          pageSizeLog2: 12,
          timestampNs: 0n,
          pages: pagesOf(pages.map((bytes) => ({ count: 1, state: bytes ? "captured" : "failed" }))),
          pageData: pages.filter((bytes) => bytes !== undefined),
        },
      },
    ],
  });
  return name;
}

function pageWith(text: string, offset: number, encoding: BufferEncoding = "utf8"): Uint8Array {
  const page = Buffer.alloc(PAGE);
  page.write(text, offset, encoding);
  return page;
}

describe("search-memory.mjs", () => {
  it("lists a word in both encodings with its place", async () => {
    const capture = await captureOf("words.msl", [pageWith("Geheim", 0x10), pageWith("geheim", 0x20, "utf16le")]);
    const { status, out } = await run("search-memory.mjs", [capture, "geheim"]);
    expect(out).toBe(
      [
        '0x400010  "geheim"  "/usr/bin/tool" +0x10',
        '0x401020  "geheim (utf-16le)"  image',
        "2 matches; 8192 bytes searched, 0 could not be read",
        "",
      ].join("\n"),
    );
    expect(status).toBe(0);
  });

  it("ends with 1 only if all memory was searched", async () => {
    const whole = await captureOf("whole.msl", [pageWith("", 0)]);
    expect((await run("search-memory.mjs", [whole, "geheim"])).status).toBe(1);
    const { status, out } = await run("search-memory.mjs", [await captureOf("hole.msl", [pageWith("", 0), undefined]), "geheim"]);
    expect(out).toBe("0 matches; 4096 bytes searched, 4096 could not be read\n");
    expect(status).toBe(4);
  });
});

describe("compare-captures.mjs", () => {
  it("lists changed bytes, and ends with 1", async () => {
    const before = await captureOf("before.msl", [pageWith("abc", 0x100)]);
    const after = await captureOf("after.msl", [pageWith("xyz", 0x100)]);
    const { status, out } = await run("compare-captures.mjs", [before, after]);
    expect(out).toBe("bytes 0x400100 -> 0x400100 3 of 3 bytes\n4093 bytes equal, 3 changed\n");
    expect(status).toBe(1);
    expect((await run("compare-captures.mjs", [before, before])).status).toBe(0);
  });

  it("ends with 4 if pages that failed cannot be compared", async () => {
    const { status, out } = await run("compare-captures.mjs", [samplePath(SAMPLES.intact), samplePath(SAMPLES.intact)]);
    // 15 pages are captured, 3 failed.
    expect(out).toBe(`${15 * PAGE} bytes equal, 0 changed; not all memory could be compared\n`);
    expect(status).toBe(4);
  });
});

describe("import-dump.mjs", () => {
  const dumpPath = (name: string) => fileURLToPath(new URL(`../../../../fixtures/dumps/${name}`, import.meta.url));

  it.each(["x64.core", "windows-x64.dmp", "macos-x64.core"])(
    "makes an intact capture of %s, which names its SHA-256",
    async (name) => {
      const { status, out } = await run("import-dump.mjs", [dumpPath(name), `${name}.msl`]);
      expect(status).toBe(0);
      const path = join(project.folder, `${name}.msl`);
      const report = await verifyCapture(path);
      expect(report.verdict).toBe("chain-ok+filehash-ok");
      expect(out).toContain(`FileHash ${Buffer.from(report.fileHash.computed ?? []).toString("hex")}\n`);
      const sha256 = createHash("sha256")
        .update(readFileSync(dumpPath(name)))
        .digest("hex");
      expect(readFileSync(path).includes(`source-sha256=${sha256}`)).toBe(true);
    },
  );

  it("refuses a file that is no dump, and leaves no file behind", async () => {
    const { status, err } = await run("import-dump.mjs", [samplePath(SAMPLES.intact), "refused.msl"]);
    expect(err).toContain("is a capture already");
    expect(status).toBe(3);
    expect(existsSync(join(project.folder, "refused.msl"))).toBe(false);
  });

  it("does not replace or remove a file that exists", async () => {
    const kept = await captureOf("kept.msl", [pageWith("kept", 0)]);
    const before = readFileSync(join(project.folder, kept));
    expect((await run("import-dump.mjs", [dumpPath("x64.core"), kept])).status).not.toBe(0);
    expect(readFileSync(join(project.folder, kept))).toEqual(before);
  });
});

describe.runIf(process.platform === "linux")("capture-process.mjs", () => {
  const secret = { MSL_PASSPHRASE: "correct horse" };

  it("captures a process, which goes on, into an encrypted capture", async () => {
    const target = spawn("sleep", ["60"]);
    try {
      const { status, out } = await run("capture-process.mjs", [String(target.pid), "live.msl"], secret);
      expect(status, out).toBe(0);
      expect(target.exitCode).toBeNull();
      const path = join(project.folder, "live.msl");
      const capture = await openCapture(path, { keys: { passphrase: secret.MSL_PASSPHRASE } });
      expect(capture.header.pid).toBe(target.pid);
      expect((await capture.verify()).verdict).toBe("aead-ok");
      await capture.close();
    } finally {
      target.kill("SIGKILL");
    }
  });

  it("ends with 2 without a passphrase, and with 5 for a process that does not exist", async () => {
    expect((await run("capture-process.mjs", ["1"], { MSL_PASSPHRASE: "" })).status).toBe(2);
    // The largest id that Linux gives is below 2^22.
    const { status, err } = await run("capture-process.mjs", [String(2 ** 22)], secret);
    expect(err).toContain("There is no process");
    expect(status).toBe(5);
  });
});
