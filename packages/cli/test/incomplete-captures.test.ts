import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { capture, msl } from "./run-msl.js";

const folder = mkdtempSync(join(tmpdir(), "msl-incomplete-"));
afterAll(() => rmSync(folder, { recursive: true }));

function written(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** The bytes of the first block of a type. */
function blockOf(bytes: Buffer, type: number): Buffer {
  for (let at = 64; ; at += bytes.readUInt32LE(at + 8)) {
    if (bytes.readUInt16LE(at + 4) === type) return bytes.subarray(at, at + bytes.readUInt32LE(at + 8));
  }
}

describe("a region that was appended behind End-of-Capture", () => {
  const original = readFileSync(capture("ms-basic-plain"));
  const path = written("appended.msl", Buffer.concat([original, blockOf(original, 0x0001)]));

  it("verify reports a region behind End-of-Capture, and ends with status 4", () => {
    const { status, stdout } = msl(["verify", path]);
    expect(stdout).toMatch(/: Incomplete: .*\(chain-ok\+filehash-ok\+appended-blocks, BLAKE3\)/);
    expect(stdout).toContain("1 block follows End-of-Capture (1 MemoryRegion): added after the capture was finished");
    expect(status).toBe(4);
    expect(msl(["verify", "-"], { input: readFileSync(path) }).status).toBe(4);
    expect(msl(["info", "--verify", path]).status).toBe(4);
  });

  it("the JSON of verify lists blocks behind End-of-Capture", () => {
    const { integrity, outcome } = JSON.parse(msl(["verify", "--json", path]).stdout);
    expect(outcome).toBe("incomplete");
    expect(integrity.appended).toEqual([{ type: 1, typeName: "MemoryRegion", count: 1 }]);
  });

  it("an index that an analysis tool appended does not change the status of verify", () => {
    const { status, stdout } = msl(["verify", capture("x-append-after-eoc")]);
    expect(stdout).toContain("an appendix as analysis tools add it");
    expect(status).toBe(0);
  });
});

describe("a kind of block that CapBitmap announces and the capture does not have", () => {
  const bytes = Buffer.from(readFileSync(capture("ms-basic-plain")));
  bytes.writeUInt8(bytes.readUInt8(0x11) | 0x08, 0x11);
  const path = written("announced.msl", bytes);

  it("info and verify name announced blocks that are missing, as text and as JSON", () => {
    expect(msl(["info", path]).stdout).toMatch(/^ {2}Warning +SystemContext: announced in the header/m);
    expect(msl(["verify", path]).stdout).toContain("CapBitmap announces SystemContext, but there are no such blocks");
    expect(JSON.parse(msl(["info", "--json", path]).stdout).announcedButMissing).toEqual(["SystemContext"]);
    expect(JSON.parse(msl(["verify", "--json", path]).stdout).integrity.announcedButMissing).toEqual(["SystemContext"]);
  });

  it("info does not name announced blocks that the capture has", () => {
    expect(msl(["info", capture("ms-basic-plain")]).stdout).not.toContain("announced in the header");
  });
});

describe("a capture whose region and End-of-Capture are found behind damage", () => {
  it.each(["info", "maps", "blocks"])("%s --salvage does not deny the blocks that it lists", (command) => {
    const { stdout, stderr, status } = msl([command, capture("x-blocklen-small"), "--salvage"]);
    const text = `${stdout}${stderr}`.replace(/\s+/g, " ");
    expect(status).toBe(4);
    expect(text).toMatch(/no End-of-Capture before (its|the) damage, and none behind it with a FileHash that holds/);
    expect(text).not.toMatch(/the capture has no (such blocks|block with it)|what follows its end|did not finish/);
    if (command !== "blocks") expect(text).toMatch(/MemoryRegions.* before the damage/);
  });
});

describe("an address in no region that can be read", () => {
  it.each([
    ["hexdump", []],
    ["read", ["--fill", "0", "-o", "-"]],
  ])("%s says that a capture that was cut off may have lost it", (command, options) => {
    const told = /in no region that can be read, and the capture has no End-of-Capture/;
    expect(msl([command, capture("x-trunc-midstream"), "0x10", "16", ...options]).stderr.replace(/\s+/g, " ")).toMatch(told);
    expect(msl([command, capture("ms-basic-plain"), "0x10", "16", ...options]).stderr).not.toMatch(told);
  });
});

describe("a block of type 0x0000, which may be a block of any kind", () => {
  const told = /block 4 has the type 0x0000, which must not appear/;

  it.each([
    ["maps", []],
    ["modules", []],
    ["search", ["--text", "A"]],
    ["hexdump", ["0x400000"]],
  ])("%s says that it may be missing here", (command, options) => {
    expect(msl([command, capture("x-block-type-0"), ...options]).stderr.replace(/\s+/g, " ")).toMatch(told);
    expect(msl([command, capture("x-unknown-type"), ...options]).stderr).not.toMatch(/0x0000/);
  });
});

it("repair names -o where it is given two files", () => {
  const { status, stderr } = msl(["repair", capture("ms-noeoc"), "b.msl"]);
  expect([status, stderr]).toEqual([2, expect.stringMatching(/needs one file, and -o OUT for the new capture/)]);
});
