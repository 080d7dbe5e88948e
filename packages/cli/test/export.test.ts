/** `msl export`: what it writes for each format, what it reports, and when it refuses. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileSink, MslWriter, pagesOf } from "@memslice/msl";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonSchemas } from "../scripts/json-schemas.mjs";
import { capture, msl } from "./run-msl.js";

const scratch = mkdtempSync(join(tmpdir(), "msl-export-"));
const SAMPLE = join(scratch, "sample.msl");
const PAGE = 4096;
const BASE = 0x7f0000000000n;
const SECRET = Uint8Array.from({ length: 48 }, (_, i) => i + 1);

/** A captured, a failed and a captured page; the first one begins with a TLS secret. Two Key Hints: one with a client random, one without. */
beforeAll(async () => {
  const writer = new MslWriter(await fileSink(SAMPLE), {
    header: { osType: "Linux", archType: "x86_64", pid: 7 },
    contents: ["MemoryRegion", "KeyHint"],
  });
  await writer.processIdentity({ ppid: 1, sessionId: 0, startTimeNs: 0n });
  await writer.moduleListIndex({ entries: [] });
  const pageData = new Uint8Array(2 * PAGE).fill(9);
  pageData.set(SECRET);
  const states = [1, 1, 1].map((count, i) => ({ count, state: i === 1 ? ("failed" as const) : ("captured" as const) }));
  const { uuid } = await writer.memoryRegion(
    {
      ...{ baseAddr: BASE, regionSize: BigInt(3 * PAGE), protection: 3, regionType: "heap", pageSizeLog2: 12, timestampNs: 0n },
      ...{ pageData, pages: pagesOf(states) },
    },
    { hasKeyHints: true },
  );
  const hint = { regionUuid: uuid, keyLen: 48, confidence: 2, keyState: 1, regionOffset: 0n, keyType: 2, protocol: 1 } as const;
  await writer.keyHint({ ...hint, note: `client_random ${"ab".repeat(32)}` });
  await writer.keyHint({ ...hint, note: "" });
  await writer.end();
});
afterAll(() => rmSync(scratch, { recursive: true }));

const schemas = jsonSchemas();
const validator = (name: string) =>
  new Ajv2020({ strictTypes: false }).compile(JSON.parse(schemas[`json/${name}.schema.json`] ?? ""));
const at = (name: string) => join(scratch, name);
const run = (format: string, out: string, ...options: readonly string[]) =>
  msl(["export", SAMPLE, "--to", format, "-o", out, ...options]);

describe("msl export", () => {
  it("writes an ELF core, and names what is not in it", () => {
    const { status, stdout } = run("elf-core", at("a.core"));
    expect([status, stdout.split("\n")[0]]).toEqual([
      0,
      `${at("a.core")}: ELF core, 12.0 KiB: 8.00 KiB of memory, 3 segments, 0 threads, 0 modules`,
    ]);
    expect(stdout).toContain("not captured: 4.00 KiB failed");
    expect(stdout).toContain("no place   KeyHint");
    const bytes = readFileSync(at("a.core"));
    // e_type, e_machine; the third PT_LOAD stands behind the first one: p_vaddr, p_filesz of all three.
    expect([bytes.readUInt16LE(16), bytes.readUInt16LE(18), bytes.readUInt16LE(0x38)]).toEqual([4, 62, 4]);
    const headers = [1, 2, 3].map((i) => 64 + 56 * i);
    expect(headers.map((place) => bytes.readBigUInt64LE(place + 16))).toEqual([BASE, BASE + 4096n, BASE + 8192n]);
    expect(headers.map((place) => Number(bytes.readBigUInt64LE(place + 32)))).toEqual([PAGE, 0, PAGE]);
  });

  it("writes only the memory of --range, in every format that has memory", () => {
    for (const format of ["elf-core", "minidump"]) {
      const { status, stdout } = run(format, at(`range.${format}`), "--range", `${BASE.toString(16)}+4096`);
      expect([status, stdout.split("\n")[0]]).toEqual([0, expect.stringContaining("4.00 KiB of memory, 1 segment")]);
      expect(stdout).toContain("no place   Ranges: Only memory in 1 range of addresses was asked for");
      expect(stdout).toContain("The output has everything that was captured in the ranges asked for and that");
    }
    const refused = run("key-log", at("range.log"), "--range", "heap");
    expect([refused.status, refused.stderr]).toEqual([2, expect.stringContaining("--range has no meaning with --to key-log")]);
  });

  it("--json prints a document of the schema, on standard error if the core goes to standard output", () => {
    const { stdout } = run("elf-core", at("b.core"), "--json");
    const document = JSON.parse(stdout);
    const validate = validator("export");
    expect(validate(document) ? [] : validate.errors).toEqual([]);
    expect(document).toMatchObject({
      target: "elf-core",
      segments: 3,
      memory: { captured: "8192", failed: "4096" },
      complete: true,
    });
    const piped = msl(["export", SAMPLE, "--to", "elf-core", "-o", "-", "--json"]);
    expect(JSON.parse(piped.stderr)).toMatchObject({ out: "-", size: document.size });
    expect(piped.stdout.startsWith("\u007fELF")).toBe(true);
  });

  it("writes raw memory into a new folder, with a manifest of the schema", () => {
    const folder = at("raw");
    expect(run("raw", folder).status).toBe(0);
    expect(readdirSync(join(folder, "regions"))).toEqual(["0001-7f0000000000-heap.bin"]);
    const content = readFileSync(join(folder, "regions/0001-7f0000000000-heap.bin"));
    expect([content.length, content.subarray(0, 48)]).toEqual([2 * PAGE, Buffer.from(SECRET)]);
    const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));
    const validate = validator("raw");
    expect(validate(manifest) ? [] : validate.errors).toEqual([]);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(statSync(join(folder, "manifest.json")).mode & 0o777).toBe(0o600);
  });

  it("a sparse raw file has holes as long as the memory that was not captured", () => {
    const folder = at("sparse");
    expect(run("raw", folder, "--layout", "sparse", "--range", "heap").status).toBe(0);
    const content = readFileSync(join(folder, "memory.raw"));
    expect([content.length, content[PAGE], content[2 * PAGE]]).toEqual([3 * PAGE, 0, 9]);
    const { files } = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8"));
    expect(files[0].runs[1]).toEqual({ address: "0x7f0000001000", length: "4096", state: "failed" });
  });

  it("writes the TLS secrets of Key Hints as a key log, and returns 4 for a hint that lacks its client random", () => {
    const { status, stdout } = run("key-log", at("keys.log"));
    expect(readFileSync(at("keys.log"), "utf8")).toBe(
      `CLIENT_RANDOM ${"ab".repeat(32)} ${Buffer.from(SECRET).toString("hex")}\n`,
    );
    expect([status, stdout]).toEqual([4, expect.stringContaining("left out   KeyHint: 1 Key Hint: no client random")]);
    expect(stdout).not.toContain(Buffer.from(SECRET).toString("hex"));
    const none = msl(["export", capture("r2-dgm"), "--to", "key-log", "-o", at("none.log")]);
    expect([none.status, readFileSync(at("none.log"), "utf8")]).toEqual([1, ""]);
  });

  it("returns 1 for a capture with an altered byte in its pages, and says where", () => {
    const bytes = readFileSync(SAMPLE);
    const flipped = bytes.indexOf(Buffer.alloc(PAGE - SECRET.length, 9));
    bytes[flipped] = 8;
    writeFileSync(at("altered.msl"), bytes);
    const options = ["export", at("altered.msl"), "--to", "elf-core", "-o"];
    const { status, stdout } = msl([...options, at("altered.core")]);
    expect([status, stdout]).toEqual([1, expect.stringContaining("ALTERED: the content does not match its hashes")]);
    expect(stdout).toMatch(/Block 3 at offset \d+: its PrevHash or block 2/);
    expect(existsSync(at("altered.core"))).toBe(true);
    const document = JSON.parse(msl([...options, at("altered.json.core"), "--json"]).stdout);
    expect(document).toMatchObject({ complete: true, integrity: { outcome: "altered" } });
    expect(JSON.parse(run("elf-core", at("intact.core"), "--json").stdout)).toMatchObject({ integrity: { outcome: "intact" } });
  });

  it("returns 4 for a capture that was cut off", () => {
    writeFileSync(at("cut.msl"), readFileSync(SAMPLE).subarray(0, -600));
    const { status, stdout } = msl(["export", at("cut.msl"), "--to", "elf-core", "-o", at("cut.core")]);
    expect([status, stdout]).toEqual([4, expect.stringContaining("missing    EndOfCapture")]);
  });

  it("overwrites no file without --force, and no folder at all", () => {
    writeFileSync(at("there.core"), "mine");
    expect(run("elf-core", at("there.core")).status).toBe(2);
    expect(readFileSync(at("there.core"), "utf8")).toBe("mine");
    expect(run("elf-core", at("there.core"), "--force").status).toBe(0);
    expect(run("elf-core", SAMPLE, "--force").status).toBe(2);
    mkdirSync(at("there"));
    writeFileSync(join(at("there"), "mine"), "mine");
    expect(run("raw", at("there")).status).toBe(2);
    expect(readdirSync(at("there"))).toEqual(["mine"]);
  });

  it.each([
    ["a format that it does not know", ["--to", "lime", "-o", "x"], "--to takes elf-core, minidump, raw, key-log"],
    ["no format", ["-o", "x"], "needs a format"],
    ["no OUT", ["--to", "raw"], "-o OUT"],
    ["standard output for a folder", ["--to", "raw", "-o", "-"], "standard output cannot be"],
    [
      "an option of another format",
      ["--to", "raw", "-o", "x", "--made-up-thread"],
      "--made-up-thread has no meaning with --to raw",
    ],
    ["an unknown layout", ["--to", "raw", "-o", "x", "--layout", "tar"], "--layout takes regions, sparse"],
  ])("refuses %s", (_, args, message) => {
    const { status, stderr } = msl(["export", SAMPLE, ...args], { cwd: scratch });
    expect([status, stderr]).toEqual([2, expect.stringContaining(message)]);
    expect(existsSync(at("x"))).toBe(false);
  });
});
