/** `msl extract`: the files, their names, and the manifest that says which byte is which. */
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { safeFileName } from "@memslice/convert";
import { fileSink, MslWriter, openCapture, pagesOf } from "@memslice/msl";
import { Ajv2020 } from "ajv/dist/2020.js";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { jsonSchemas } from "../scripts/json-schemas.mjs";
import { capture, msl } from "./run-msl.js";

const scratch = mkdtempSync(join(tmpdir(), "msl-extract-"));
const SAMPLE = join(scratch, "sample.msl");
const PAGE = 4096;
const HEAP = 0x7f0000000000n;
const BYTES = Uint8Array.from({ length: 2 * PAGE }, (_, i) => (i * 7 + (i >> 8)) & 0xff);
const HOSTILE = "../../../etc/\u001b[31m..\\..\\\u202epass wd";

/** A heap of a captured, a failed and a captured page, and a module with a hostile name that begins in the middle of the first page. */
beforeAll(async () => {
  const writer = new MslWriter(await fileSink(SAMPLE), {
    header: { osType: "Linux", archType: "x86_64", pid: 7 },
    contents: ["ModuleEntry", "MemoryRegion"],
  });
  await writer.processIdentity({ ppid: 1, sessionId: 0, startTimeNs: 0n });
  const module = { baseAddr: HEAP + 0x800n, moduleSize: 0x1800n, path: HOSTILE };
  await writer.moduleListIndex({ entries: [module] });
  await writer.moduleEntry(module);
  const states = [1, 1, 1].map((count, i) => ({ count, state: i === 1 ? ("failed" as const) : ("captured" as const) }));
  await writer.memoryRegion({
    ...{ baseAddr: HEAP, regionSize: BigInt(3 * PAGE), protection: 3, regionType: "heap", pageSizeLog2: 12, timestampNs: 0n },
    ...{ pageData: BYTES, pages: pagesOf(states) },
  });
  await writer.end();
});
afterAll(() => rmSync(scratch, { recursive: true }));

interface Run {
  readonly address: string;
  readonly length: string;
  readonly state: string;
  readonly offset?: string;
}
interface TableEntry {
  readonly path: string;
  readonly kind: string;
  readonly table: string;
  readonly format: string;
  readonly rows: number;
  readonly bytes: string;
  readonly sha256: string;
}
interface Entry {
  readonly path: string;
  readonly address: string;
  readonly length: string;
  readonly bytes: string;
  readonly sha256: string;
  readonly runs: readonly Run[];
}

const validate = new Ajv2020({ strictTypes: false }).compile(JSON.parse(jsonSchemas()["json/extract.schema.json"] ?? ""));

/** Extracts, and reads the manifest. */
function extracted(file: string, name: string, ...options: string[]) {
  const folder = join(scratch, name);
  const result = msl(["extract", file, "-o", folder, ...options]);
  const manifest = JSON.parse(readFileSync(join(folder, "manifest.json"), "utf8")) as { files: Entry[]; problems: string[] };
  expect(validate(manifest) ? [] : validate.errors).toEqual([]);
  return { folder, manifest, ...result };
}

describe("msl extract", () => {
  it("writes the captured bytes of regions and modules, and a manifest of all addresses", () => {
    const { folder, manifest, status, stdout } = extracted(SAMPLE, "all");
    expect(status).toBe(0);
    expect(stdout).toContain("1 region  8.00 KiB, 4.00 KiB not captured in 1 hole");
    expect(manifest.files.map(({ path }) => path)).toEqual([
      "regions/0001-7f0000000000-heap.bin",
      "modules/0001-7f0000000800-_pass_wd.bin",
      ...["maps.csv", "maps.json", "modules.csv", "modules.json"].map((name) => `tables/${name}`),
    ]);
    const [region, module] = manifest.files.map(({ path }) => readFileSync(join(folder, path)));
    expect(region?.equals(BYTES)).toBe(true);
    expect(module?.equals(BYTES.subarray(0x800, PAGE))).toBe(true);
    expect(manifest.files[0]?.runs).toEqual([
      { address: "0x7f0000000000", length: "4096", state: "captured", offset: "0" },
      { address: "0x7f0000001000", length: "4096", state: "failed" },
      { address: "0x7f0000002000", length: "4096", state: "captured", offset: "4096" },
    ]);
    for (const { path, bytes, sha256 } of manifest.files) {
      const content = readFileSync(join(folder, path));
      expect([bytes, sha256]).toEqual([String(content.length), createHash("sha256").update(content).digest("hex")]);
    }
    expect(statSync(join(folder, "manifest.json")).mode & 0o777).toBe(0o600);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  it("with --fill, every byte stands at its address minus the first one", () => {
    const { folder, manifest, stdout } = extracted(SAMPLE, "filled", "--regions", "--fill", "0xcc");
    const hole = Buffer.alloc(PAGE, 0xcc);
    const wanted = Buffer.concat([BYTES.subarray(0, PAGE), hole, BYTES.subarray(PAGE)]);
    expect(manifest.files).toHaveLength(1);
    expect(stdout).toContain("1 region  8.00 KiB, 4.00 KiB not captured in 1 hole; filled with 0xcc\n");
    expect(readFileSync(join(folder, "regions/0001-7f0000000000-heap.bin")).equals(wanted)).toBe(true);
    expect(manifest.files[0]?.runs.map(({ offset }) => offset)).toEqual(["0", "4096", "8192"]);
  });

  it("writes only what --range selects", () => {
    expect(extracted(SAMPLE, "none", "--range", "1000-2000").manifest.files).toEqual([]);
    expect(extracted(SAMPLE, "one", "--range", "7f0000002000-7f0000002001").manifest.files.map(({ path }) => path)).toEqual([
      "regions/0001-7f0000000000-heap.bin",
    ]);
  });

  it("overwrites nothing, and leaves nothing behind when it fails", () => {
    const folder = join(scratch, "there");
    mkdirSync(folder);
    writeFileSync(join(folder, "mine"), "mine");
    expect(msl(["extract", SAMPLE, "-o", folder]).status).toBe(2);
    expect(msl(["extract", SAMPLE, "-o", join(folder, "mine")]).status).toBe(2);
    expect(msl(["extract", capture("x-bad-magic"), "-o", join(scratch, "bad")]).status).toBe(3);
    expect(readdirSync(folder)).toEqual(["mine"]);
    expect(readFileSync(join(folder, "mine"), "utf8")).toBe("mine");
    expect(existsSync(join(scratch, "bad"))).toBe(false);
    expect(readdirSync(scratch).filter((name) => name.includes("partial"))).toEqual([]);
  });

  it("fills no hole because a length field says so", async () => {
    const path = join(scratch, "huge.msl");
    const header = { osType: "Linux", archType: "x86_64", pid: 7 } as const;
    const writer = new MslWriter(await fileSink(path), { header, contents: ["ModuleEntry"] });
    await writer.processIdentity({ ppid: 1, sessionId: 0, startTimeNs: 0n });
    const module = { baseAddr: 0x1000n, moduleSize: (1n << 64n) - 0x1000n, path: "all" };
    await writer.moduleListIndex({ entries: [module] });
    await writer.moduleEntry(module);
    await writer.end();
    const { status, stderr } = msl(["extract", path, "-o", join(scratch, "huge"), "--fill", "0"]);
    expect([status, stderr]).toEqual([3, expect.stringContaining("--limit fillLimit=VALUE (4294967296)")]);
    expect(existsSync(join(scratch, "huge"))).toBe(false);
    expect(msl(["read", path, "all", "-o", join(scratch, "huge"), "--fill", "0"]).status).toBe(3);
    expect(msl(["extract", SAMPLE, "-o", join(scratch, "two"), "--fill", "0", "--limit", "fillLimit=4097"]).status).toBe(3);
    expect(extracted(path, "packed").manifest.files[0]?.runs[0]?.state).toBe("absent");
  });

  it("fills an empty folder that exists", () => {
    mkdirSync(join(scratch, "empty"));
    expect(extracted(SAMPLE, "empty").status).toBe(0);
  });

  it("ends with 4 when the capture is cut off, and its manifest says so", () => {
    const { status, manifest } = extracted(capture("ms-noeoc"), "cut-off");
    expect([status, manifest.problems]).toEqual([4, [expect.stringContaining("no End-of-Capture")]]);
  });

  it.each(["ms-investigation-full", "rf-threads-x86-keyhints"])(
    "the tables of %s are what the commands print, and have their hash in the manifest",
    (name) => {
      const { folder, manifest, status, stdout } = extracted(capture(name), `tables-${name}`, "--tables");
      const tables = manifest.files as unknown as readonly TableEntry[];
      expect(status).toBe(0);
      expect(stdout).toContain(`${tables.length / 2} tables  `);
      for (const { path, kind, table, format, rows, bytes, sha256 } of tables) {
        const content = readFileSync(join(folder, path));
        const command = table === "registers" ? ["threads", "--registers"] : [table];
        expect([kind, path]).toEqual(["table", `tables/${table}.${format}`]);
        expect(content.toString()).toBe(msl([...command, capture(name), `--${format}`]).stdout);
        expect(msl([...command, capture(name), "--count"]).stdout).toBe(`${rows}\n`);
        expect([bytes, sha256]).toEqual([String(content.length), createHash("sha256").update(content).digest("hex")]);
      }
      expect(readdirSync(join(folder, "tables")).length).toBe(tables.length);
    },
  );

  it("writes no table with --range alone, no table without rows, and says which tables cannot be read", () => {
    expect(existsSync(join(extracted(SAMPLE, "ranged", "--range", "heap").folder, "tables"))).toBe(false);
    const both = extracted(SAMPLE, "ranged-tables", "--range", "heap", "--tables").manifest.files.map(({ path }) => path);
    expect(both).toEqual(["maps.csv", "maps.json", "modules.csv", "modules.json"].map((name) => `tables/${name}`));
    const damaged = extracted(capture("x-pathlen-overrun"), "damaged-table", "--tables");
    expect([damaged.status, damaged.manifest.problems]).toEqual([4, [expect.stringMatching(/ModuleEntry in block \d+: path/)]]);
  });

  it("--json prints the manifest", () => {
    const { folder, stdout } = extracted(SAMPLE, "json", "--json");
    expect(stdout).toBe(readFileSync(join(folder, "manifest.json"), "utf8"));
  });

  it.each(["ms-basic-plain", "md-zstd", "md-lz4", "lm-zstd"])(
    "the files of %s have the bytes that the library reads",
    async (name) => {
      const { folder, manifest } = extracted(capture(name), `sample-${name}`, "--regions");
      const opened = await openCapture(capture(name));
      for (const { path, runs } of manifest.files) {
        const content = readFileSync(join(folder, path));
        for (const { address, length, state, offset } of runs) {
          const { segments } = await opened.memory.read(BigInt(address), Number(length));
          expect(new Set(segments.map((segment) => segment.state))).toEqual(new Set([state]));
          if (offset === undefined) continue;
          const bytes = Buffer.concat(segments.map((segment) => segment.bytes ?? new Uint8Array(0)));
          expect(content.subarray(Number(offset), Number(offset) + Number(length)).equals(bytes)).toBe(true);
        }
      }
      await opened.close();
    },
  );

  it.each([
    [[]],
    [[SAMPLE]],
    [[SAMPLE, SAMPLE, "-o", "x"]],
    [[SAMPLE, "-o", "x", "--fill", "x"]],
    [[SAMPLE, "-o", "x", "--range", "y"]],
  ])("refuses the words %j", (words) => {
    expect(msl(["extract", ...words], { cwd: scratch }).status).toBe(2);
    expect(existsSync(join(scratch, "x"))).toBe(false);
  });
});

describe("names of files", () => {
  it.each([
    ["/lib/x86_64/libc.so.6", "libc.so.6"],
    ["C:\\Windows\\System32\\ntdll.dll", "ntdll.dll"],
    ["..", "_"],
    ["../..", "_"],
    ["", "unnamed"],
    ["/", "unnamed"],
    ["con", "_con"],
    ["LPT1.txt", "_LPT1.txt"],
    ["-rf", "_rf"],
    ["a\u0000b\u001bc", "a_b_c"],
    ["x".repeat(300), "x".repeat(80)],
  ])("%j becomes %j", (text, name) => {
    expect(safeFileName(text)).toBe(name);
  });
});
