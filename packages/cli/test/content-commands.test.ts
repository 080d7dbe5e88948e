/** `msl hexdump` and `msl read`: the bytes that they show and copy, and the holes that they name. */
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileSink, MslWriter, pagesOf } from "@memslice/msl";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonSchemas } from "../scripts/json-schemas.mjs";
import { msl } from "./run-msl.js";

const scratch = mkdtempSync(join(tmpdir(), "msl-content-"));
const SAMPLE = join(scratch, "sample.msl");
const PAGE = 4096;
const HEAP = 0x7f0000000000n;
const BYTES = Uint8Array.from({ length: 2 * PAGE }, (_, i) => (i * 7 + (i >> 8)) & 0xff);

/** A heap of a captured, a failed and a captured page; an unmapped page behind it; a module 0x20 bytes into the heap. */
beforeAll(async () => {
  const writer = new MslWriter(await fileSink(SAMPLE), {
    header: { osType: "Linux", archType: "x86_64", pid: 7 },
    contents: ["ModuleEntry", "MemoryRegion"],
  });
  await writer.processIdentity({ ppid: 1, sessionId: 0, startTimeNs: 0n });
  const module = { baseAddr: HEAP + 0x20n, moduleSize: 0x800n, path: "/lib/\u001b[31mlib\u202e-x.so" };
  await writer.moduleListIndex({ entries: [module] });
  await writer.moduleEntry(module);
  const states = [
    { count: 1, state: "captured" },
    { count: 1, state: "failed" },
    { count: 1, state: "captured" },
    { count: 1, state: "unmapped" },
  ] as const;
  await writer.memoryRegion({
    ...{ baseAddr: HEAP, regionSize: BigInt(4 * PAGE), protection: 3, regionType: "heap", pageSizeLog2: 12, timestampNs: 0n },
    ...{ pageData: BYTES, pages: pagesOf(states) },
  });
  await writer.end();
});
afterAll(() => rmSync(scratch, { recursive: true }));

const lines = (text: string) => text.trimEnd().split("\n");
const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

function validated(command: string, text: string): Record<string, unknown> {
  const schema = JSON.parse(jsonSchemas()[`json/${command}.schema.json`] ?? "");
  const document = JSON.parse(text) as Record<string, unknown>;
  const validate = new Ajv2020({ strictTypes: false }).compile(schema);
  expect(validate(document) ? [] : validate.errors).toEqual([]);
  return document;
}

/** A row as `hexdump` prints it, made from the bytes of the sample by hand. */
function row(offset: number, first: number, last: number): string {
  const places = Array.from({ length: 16 }, (_, i) => offset + i);
  const held = places.map((at) => (at < first || at >= last ? undefined : BYTES[at]));
  const hex = held.map((byte) => (byte === undefined ? "  " : byte.toString(16).padStart(2, "0"))).join(" ");
  const ascii = held.map((byte) => (byte === undefined ? " " : byte > 0x1f && byte < 0x7f ? String.fromCharCode(byte) : "."));
  return `${(HEAP + BigInt(offset)).toString(16)}  ${hex} |${ascii.join("")}|`;
}

describe("msl hexdump", () => {
  it("shows 256 bytes in rows of 80 columns, with the place of the first row of each region and module", () => {
    const { status, stdout, stderr } = msl(["hexdump", SAMPLE, "7f0000000000"]);
    expect([status, stderr]).toEqual([0, ""]);
    const shown = lines(stdout);
    expect(shown).toHaveLength(16);
    expect(shown[0]).toBe(`${row(0, 0, 256)}  heap`);
    expect(shown[1]).toBe(row(16, 0, 256));
    expect(shown[2]).toBe(`${row(32, 0, 256)}  heap \\u{1b}[31mlib\\u{202e}-x.so+0x0`);
    for (const line of shown.slice(3)) expect(line).toHaveLength(80);
  });

  it("names each hole, and never shows it as bytes", () => {
    const { status, stdout } = msl(["hexdump", SAMPLE, "7f0000000ff8", "0x3008"]);
    expect(status).toBe(4);
    const shown = lines(stdout);
    expect(shown[0]).toBe(`${row(0xff0, 0xff8, 0x1000)}  heap`);
    expect(shown[1]).toBe("7f0000001000  -- 4096 bytes could not be read when memory was captured --  heap");
    expect(shown).toHaveLength(2 + PAGE / 16 + 1);
    expect(shown.at(-1)).toBe("7f0000003000  -- 4096 bytes not mapped --  heap");
    const beyond = msl(["hexdump", SAMPLE, "7f0000003ff0-7f0000004010"]);
    expect(lines(beyond.stdout).at(-1)).toBe("7f0000004000  -- 16 bytes in no region of the capture --");
  });

  it("a hole of nearly the whole address space is one line", () => {
    const { stdout, status } = msl(["hexdump", SAMPLE, "0-7f0000000000"]);
    expect([status, stdout]).toEqual([4, `000000000000  -- ${HEAP} bytes in no region of the capture --\n`]);
  });

  it.each([
    [["heap+0x10", "16"], "7f0000000010"],
    [["dec:139637976727568", "16"], "7f0000000010"],
    [["0x7f0000000010-0x7f0000000020"], "7f0000000010"],
  ])("the operands %j name an address", (words, first) => {
    const { stdout, status } = msl(["hexdump", SAMPLE, ...words]);
    expect([status, lines(stdout).length, stdout.slice(0, 12)]).toEqual([0, 1, first]);
  });

  it("the name of a module or of a region alone stands for all of it", () => {
    expect(lines(msl(["hexdump", SAMPLE, "/lib/\u001b[31mlib\u202e-x.so"]).stdout)).toHaveLength(0x800 / 16);
    expect(lines(msl(["hexdump", SAMPLE, "heap"]).stdout)).toHaveLength((2 * PAGE) / 16 + 2);
  });

  it("prints pieces without gaps as JSON, with the bytes of captured ones only", () => {
    const document = validated("hexdump", msl(["hexdump", SAMPLE, "heap", "--json"]).stdout);
    const pieces = document["pieces"] as { address: string; state: string; length: string; bytes?: string }[];
    expect(pieces.map(({ address, state, length }) => [address, state, length])).toEqual([
      ["0x7f0000000000", "captured", "4096"],
      ["0x7f0000001000", "failed", "4096"],
      ["0x7f0000002000", "captured", "4096"],
      ["0x7f0000003000", "unmapped", "4096"],
    ]);
    expect(pieces.map(({ bytes }) => bytes)).toEqual([
      Buffer.from(BYTES.subarray(0, PAGE)).toString("hex"),
      undefined,
      Buffer.from(BYTES.subarray(PAGE)).toString("hex"),
      undefined,
    ]);
    const rows = lines(msl(["hexdump", SAMPLE, "heap", "--ndjson"]).stdout).map(
      (line) => JSON.parse(line) as Record<string, unknown>,
    );
    expect(rows.map(({ schema: _, file: __, ...piece }) => piece)).toEqual(pieces);
  });

  it.each([
    [[]],
    [["7f0000000000", "1", "2"]],
    [["zzz"]],
    [["7f0000000000", "zzz"]],
    [["7f0000000000", "0"]],
    [["ffffffffffffff00", "257"]],
    [["\u001b[31m"]],
  ])("refuses the operands %j", (words) => {
    const { status, stderr } = msl(["hexdump", SAMPLE, ...words]);
    expect(status).toBe(2);
    expect(stderr.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe("msl read", () => {
  const out = (name: string) => join(scratch, name);

  it("copies the bytes, and reports their number and their SHA-256", () => {
    const { status, stdout } = msl(["read", SAMPLE, "7f0000000010", "0x20", "-o", out("plain")]);
    const wanted = BYTES.subarray(0x10, 0x30);
    expect(readFileSync(out("plain"))).toEqual(Buffer.from(wanted));
    expect([status, stdout]).toEqual([0, `0x7f0000000010  32 bytes  ${out("plain")}\nSHA-256   ${sha256(wanted)}\n`]);
  });

  it("writes the bytes to standard output, and the report to standard error", () => {
    const { status, stdout, stderr } = msl(["read", SAMPLE, "7f0000000000", "2", "-o", "-"]);
    expect([status, Buffer.from(stdout, "utf8")]).toEqual([0, Buffer.from(BYTES.subarray(0, 2))]);
    expect(stderr).toContain(sha256(BYTES.subarray(0, 2)));
  });

  it("refuses a hole, and leaves no file", () => {
    const { status, stderr } = msl(["read", SAMPLE, "heap", "-o", out("holed")]);
    expect([status, existsSync(out("holed"))]).toEqual([4, false]);
    expect(stderr).toContain("8192 of 16384 bytes were not captured, first 4096 at 0x7f0000001000 (failed)");
    expect(stderr).toContain("--fill BYTE");
  });

  it("fills holes with the byte that --fill names, and says how many", () => {
    const { status, stdout } = msl(["read", SAMPLE, "heap", "-o", out("filled"), "--fill", "0xcc", "--json"]);
    const hole = Buffer.alloc(PAGE, 0xcc);
    const wanted = Buffer.concat([BYTES.subarray(0, PAGE), hole, BYTES.subarray(PAGE), hole]);
    expect(readFileSync(out("filled")).equals(wanted)).toBe(true);
    expect(status).toBe(0);
    expect(validated("read", stdout)).toEqual({
      schema: "msl.read/1",
      file: SAMPLE,
      out: out("filled"),
      address: "0x7f0000000000",
      length: "16384",
      captured: "8192",
      filled: { failed: "4096", unmapped: "4096", missing: "0", absent: "0" },
      sha256: sha256(wanted),
    });
  });

  it("replaces a file with --force only, and never the capture itself", () => {
    writeFileSync(out("there"), "there");
    expect(msl(["read", SAMPLE, "heap+0", "16", "-o", out("there")]).status).toBe(2);
    expect(readFileSync(out("there"), "utf8")).toBe("there");
    expect(msl(["read", SAMPLE, "heap+0", "16", "-o", out("there"), "--force"]).status).toBe(0);
    expect(readFileSync(out("there"))).toHaveLength(16);
    const { size } = statSync(SAMPLE);
    expect(msl(["read", SAMPLE, "heap+0", "16", "-o", SAMPLE, "--force"]).status).toBe(2);
    expect(statSync(SAMPLE).size).toBe(size);
  });

  it.each([
    [["7f0000000000"]],
    [["heap", "-o", "x", "--fill", "256"]],
    [["heap", "-o", "x", "--fill", "-1"]],
    [["heap", "-o", "x", "--fill", "\u001b"]],
    [["7f0000000000", "-o", "x"]],
    [["heap"]],
  ])("refuses the words %j", (words) => {
    expect(msl(["read", SAMPLE, ...words], { cwd: scratch }).status).toBe(2);
    expect(existsSync(out("x"))).toBe(false);
  });

  it("reports a full disk", () => {
    const { status, stderr } = msl(["read", SAMPLE, "7f0000000000", "16", "-o", "/dev/full"]);
    expect([status, stderr]).toEqual([2, `msl: ${SAMPLE}: /dev/full cannot be written: no space left on device (ENOSPC)\n`]);
  });
});
