/** How often the rule of classes is right about known data: the README states the rates, and this test measures them. */
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { brotliCompressSync, constants, deflateRawSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { entropy, FlatMemory, WINDOW_CLASSES } from "../../src/index.js";
import { elfSection } from "../support/elf-section.js";

const MIB = 1 << 20;
const ROOT = fileURLToPath(new URL("../../../../", import.meta.url));

/** Numbers that are the same in every run and look random: xorshift of 32 bits. */
function* numbers(): Generator<number, never> {
  for (let state = 0x9e3779b9; ; ) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    yield state >>> 0;
  }
}

function random(bytes: number): Uint8Array {
  const source = numbers();
  return new Uint8Array(Uint32Array.from({ length: bytes / 4 }, () => source.next().value).buffer);
}

const section = (name: string) => elfSection(process.execPath, name, 64 * MIB) ?? new Uint8Array(0);
const text = Buffer.concat(
  ["packages/msl/src", "packages/msl/test", "docs"].flatMap((folder) =>
    readdirSync(`${ROOT}${folder}`, { recursive: true, encoding: "utf8" })
      .filter((name) => /\.(ts|md)$/.test(name))
      .map((name) => readFileSync(`${ROOT}${folder}/${name}`)),
  ),
);
const code = section(".text");
const compressible = Buffer.concat([text, code.subarray(0, 8 * MIB)]);

const DATA: Readonly<Record<string, () => Uint8Array>> = {
  "machine code of x86-64": () => code,
  "source text": () => text,
  "source text in UTF-16": () => Buffer.from(text.toString("latin1"), "utf16le"),
  "output of deflate": () => deflateRawSync(compressible),
  "output of Brotli": () => brotliCompressSync(compressible, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }),
  "random bytes": () => random(8 * MIB),
  zeros: () => new Uint8Array(MIB),
  "pointers of 8 bytes": () => {
    const source = numbers();
    return new Uint8Array(
      BigUint64Array.from({ length: MIB / 8 }, () => 0x7f3a_0000_0000n + BigInt(source.next().value) * 8n).buffer,
    );
  },
  "unwind tables": () => section(".eh_frame"),
};

/** Rows of the table in the README: data, class, least share of windows in hundredths. */
const ROWS = Array.from(
  readFileSync(`${ROOT}packages/analysis/README.md`, "utf8").matchAll(
    /^\| ([\w -]+) \| `([\w-]+)` \| ([\d.]+) % \| ([\d.]+) % \|$/gm,
  ),
  ([, data = "", name = "", pages = "", kibibytes = ""]) =>
    [
      [data, name, 4096, Number(pages)],
      [data, name, 1024, Number(kibibytes)],
    ] as const,
).flat();

/** Hundredths of whole windows by class. */
async function sharesOf(bytes: Uint8Array, windowBytes: number): Promise<Record<string, number>> {
  const windows = Math.floor(bytes.length / windowBytes);
  const counts: number[] = WINDOW_CLASSES.map(() => 0);
  const asked = entropy(new FlatMemory(bytes, 0n), { windowBytes, limit: windows });
  for await (const { classes } of asked) for (const number of classes) counts[number] = (counts[number] ?? 0) + 1;
  return Object.fromEntries(WINDOW_CLASSES.map((name, number) => [name, (100 * (counts[number] ?? 0)) / windows]));
}

const isMeasured = process.arch === "x64" && code.length > MIB;

describe.skipIf(!isMeasured)("the class of a window is right as often as the README says", () => {
  it("the README has a row for all data", () => {
    expect([...new Set(ROWS.map(([data]) => data))]).toEqual(Object.keys(DATA));
  });

  it.each(ROWS)("%s are %s, windows of %i bytes", async (data, name, windowBytes, least) => {
    const shares = await sharesOf(DATA[data]?.() ?? new Uint8Array(0), windowBytes);
    expect(shares[name], JSON.stringify(shares)).toBeGreaterThanOrEqual(least);
  });
});
