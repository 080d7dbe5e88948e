/** `msl import`: what it prints, its statuses, and OUT. */
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { misfits } from "./json-validation.js";
import { capture, msl } from "./run-msl.js";

const scratch = mkdtempSync(join(tmpdir(), "msl-import-"));
afterAll(() => rmSync(scratch, { recursive: true }));

const memory = Buffer.from(Array.from({ length: 10_000 }, (_, at) => (at * 7) & 0xff));
const raw = join(scratch, "memory.bin");
writeFileSync(raw, memory);
const sha256 = createHash("sha256").update(memory).digest("hex");

let outs = 0;
const newOut = () => join(scratch, `out-${outs++}.msl`);

describe("msl import", () => {
  it("makes a capture that verifies and reads the bytes at their addresses, and says what it found", () => {
    const out = newOut();
    const { status, stdout } = msl(["import", raw, "--base", "0x400000", "--arch", "arm64", "--pid", "7", "-o", out]);
    expect(stdout).toContain("raw bytes, 9.77 KiB, ");
    expect(stdout).toContain("ARM64, process 7");
    expect(stdout).toContain(`SHA-256 ${sha256}`);
    expect(stdout).toContain("3 pages captured (12.0 KiB), 0 pages failed (0 bytes), 0 pages unmapped (0 bytes)");
    expect(status).toBe(0);
    expect(msl(["verify", out]).status).toBe(0);
    const read = msl(["read", out, "400000", "10000", "-o", join(scratch, "read.bin")]);
    expect(read.status).toBe(0);
    expect(readFileSync(join(scratch, "read.bin")).equals(memory)).toBe(true);
  });

  it("prints a document that its schema describes", () => {
    const { stdout, status } = msl(["import", raw, "--format", "raw", "-o", newOut(), "--json"]);
    const document = JSON.parse(stdout);
    expect(misfits("import", document)).toEqual([]);
    expect(document).toMatchObject({
      schema: "msl.import/1",
      file: raw,
      format: "raw",
      sourceSize: "10000",
      sourceSha256: sha256,
    });
    expect(document.pages.captured).toEqual({ pages: 3, bytes: "12288" });
    expect(status).toBe(0);
  });

  it("has status 4 for a dump that ends early, and OUT says it", () => {
    const maps = join(scratch, "maps.txt");
    writeFileSync(maps, "1000-9000 rw-p 00000000 00:00 0 [heap]\n");
    const out = newOut();
    const { status, stdout } = msl(["import", raw, "--maps", maps, "-o", out]);
    // Two pages of eight are whole; 1808 bytes of the third one are there.
    const cut = "the image lacks the end of 1 of its mappings: 24576 bytes are failed pages; of these the image has 1808 bytes";
    expect(stdout).toContain(cut);
    expect(status).toBe(4);
    expect(msl(["dump", out]).stdout).toContain(`DAMAGED: ${cut}`);
    expect(msl(["maps", out]).stdout).toContain("heap");
  });

  it("encrypts and compresses OUT", () => {
    const key = join(scratch, "key");
    writeFileSync(key, "42".repeat(32));
    const out = newOut();
    const { status } = msl(["import", raw, "--base", "0", "-o", out, "--out-key-file", key, "--compression", "zstd"]);
    expect(status).toBe(0);
    expect(msl(["verify", out, "--key-file", key]).status).toBe(0);
    expect(msl(["verify", out]).status).toBe(2);
  });

  it("takes FILE from standard input and writes OUT to standard output", () => {
    const { status, stdout } = msl(["import", "-", "--base", "0", "-o", "-", "-q"], { input: memory });
    expect(status).toBe(0);
    expect(stdout.slice(0, 8)).toBe("MEMSLICE");
  });

  it.each([
    [["import", raw], 2, "--output OUT"],
    [["import", "-o", "x"], 2, "needs one file"],
    [
      ["import", raw, "-o", "OUT"],
      3,
      `${raw}: The file is in no format that is known; for the bytes of memory themselves give --format raw`,
    ],
    [["import", capture("ms-basic-plain"), "-o", "OUT"], 3, "msl transcode rewrites captures"],
    [["import", process.execPath, "-o", "OUT"], 3, "is a program or a library"],
    [["import", raw, "--base", "zz", "-o", "OUT"], 2, "--base takes an address"],
    [["import", raw, "--arch", "vax", "-o", "OUT"], 2, "--arch takes x86"],
    [["import", raw, "--base", "0", "--page-size", "4095", "-o", "OUT"], 2, "pageSize is 4095"],
    [["import", raw, "--base", "0", "--limit", "outputLimit=1", "-o", "OUT"], 3, "--limit outputLimit=VALUE"],
    [["import", raw, "--maps", join(scratch, "none"), "-o", "OUT"], 2, "cannot be read"],
    [["import", join(scratch, "none"), "-o", "OUT"], 2, "ENOENT"],
  ])("%j has status %i, a sentence, and no OUT", (words, status, sentence) => {
    const out = newOut();
    const result = msl(words.map((word) => (word === "OUT" ? out : word)));
    expect(result.stderr).toContain(sentence);
    expect(result).toMatchObject({ status, stdout: "" });
    expect(existsSync(out)).toBe(false);
    expect(readdirSync(scratch).filter((name) => name.endsWith(".partial"))).toEqual([]);
  });

  it("replaces OUT with --force alone", () => {
    const out = newOut();
    writeFileSync(out, "kept");
    expect(msl(["import", raw, "--base", "0", "-o", out]).status).toBe(2);
    expect(readFileSync(out, "utf8")).toBe("kept");
    expect(msl(["import", raw, "--base", "0", "-o", out, "--force"]).status).toBe(0);
  });
});
