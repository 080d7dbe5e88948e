import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { decodeZstd, encodeLz4Block } from "@memslice/core-wasm";
import { expect, it } from "vitest";
import { transcode } from "../src/index.js";
import { captureOf, moduleEntryPayload, moduleListPayload, regionPayload } from "./build-capture.js";

const CHILD = fileURLToPath(new URL("./children/many-regions.mjs", import.meta.url));
const TRANSCODING = fileURLToPath(new URL("./children/transcode-regions.mjs", import.meta.url));
/** Half of the memory that V8 fills with short-lived objects. The used part depends on the load of the machine. */
const YOUNG = "--max-semi-space-size=8";
const REGIONS = 100_000;
const LZ4 = 5;
const ZSTD = 3;
const MiB = 1024 * 1024;

/** Regions of one page, 8 KiB apart; every thousandth page was captured. */
function manyRegions(): Uint8Array {
  return captureOf(
    Array.from({ length: REGIONS }, (_, i) => {
      const states = [i % 1000 === 0 ? 0 : 1];
      return { type: 1, uuid: i & 0xffff, payload: regionPayload({ base: BigInt(i) << 13n, states, fill: 7 }) };
    }),
  );
}

/** Regions of `pages` pages that were not captured, as LZ4 blocks with UncompressedSize. */
function manyCompressed(count: number, pages: number): Uint8Array {
  const states = Array<number>(pages).fill(1);
  return captureOf(
    Array.from({ length: count }, (_, i) => {
      const payload = regionPayload({ base: BigInt(i) << 32n, states, fill: 7 });
      const block = encodeLz4Block(payload);
      const stored = new Uint8Array(8 + block.length);
      new DataView(stored.buffer).setBigUint64(0, BigInt(payload.length), true);
      stored.set(block, 8);
      return { type: 1, flags: LZ4, uuid: i & 0xffff, payload: stored };
    }),
  );
}

/** A zstd frame of one stored block, with a window of 1 KiB and without its size (RFC 8878, section 3.1.1). */
function zstdFrame(payload: Uint8Array): Uint8Array {
  const frame = new Uint8Array(9 + payload.length);
  frame.set([0x28, 0xb5, 0x2f, 0xfd, 0x00, 0x00]);
  const header = 1 | (payload.length << 3);
  frame.set([header & 0xff, (header >> 8) & 0xff, header >> 16], 6);
  frame.set(payload, 9);
  return frame;
}

/** Regions of one page that was not captured, as zstd frames with or without UncompressedSize. */
function manyFrames(count: number, isSizeStated: boolean): Uint8Array {
  return captureOf(
    Array.from({ length: count }, (_, i) => {
      const payload = regionPayload({ base: BigInt(i) << 12n, states: [1], fill: 7 });
      const frame = zstdFrame(payload);
      const stored = new Uint8Array((isSizeStated ? 8 : 0) + frame.length);
      if (isSizeStated) new DataView(stored.buffer).setBigUint64(0, BigInt(payload.length), true);
      stored.set(frame, stored.length - frame.length);
      return { type: 1, flags: ZSTD, uuid: i & 0xffff, payload: stored };
    }),
  );
}

interface Findings {
  readonly regions: number;
  readonly ranges: number;
  readonly unchanged: number;
  readonly peak: number;
  readonly retained: number;
}

function run(child: string, ...args: string[]): Findings {
  return JSON.parse(execFileSync(process.execPath, [YOUNG, "--expose-gc", child, ...args], { encoding: "utf8" }));
}

it("listing 100,000 regions and their captured ranges takes at most 64 MiB and twice the file", () => {
  const folder = mkdtempSync(join(tmpdir(), "msl-regions-"));
  try {
    const file = join(folder, "many.msl");
    const bytes = manyRegions();
    writeFileSync(file, bytes);
    const { regions, ranges, peak } = run(CHILD, file);
    expect({ regions, ranges }).toEqual({ regions: REGIONS, ranges: REGIONS / 1000 });
    // The peak of a process that only loads the library is subtracted.
    expect(peak - run(CHILD).peak).toBeLessThan(64 * MiB + 2 * bytes.length);
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 120_000);

it.each([
  [40_000, "that state their size", true],
  [100_000, "that state their size", true],
  [40_000, "that have to be decompressed to know their size", false],
])(
  "listing %i zstd regions %s and their captured ranges takes at most 64 MiB and twice the file",
  (count, _, isSizeStated) => {
    const folder = mkdtempSync(join(tmpdir(), "msl-regions-"));
    try {
      const file = join(folder, "zstd.msl");
      const bytes = manyFrames(count, isSizeStated);
      writeFileSync(file, bytes);
      const { regions, ranges, peak, retained } = run(CHILD, file);
      expect({ regions, ranges }).toEqual({ regions: count, ranges: 0 });
      expect(peak - run(CHILD).peak).toBeLessThan(64 * MiB + 2 * bytes.length);
      expect(retained).toBeLessThan(count * 400 + 4 * MiB);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  120_000,
);

it.each([
  ["small maps", 1],
  ["maps of which a digest is kept", 1000],
])(
  "a capture keeps less than 512 bytes for each listed compressed region, with %s",
  (_, pages) => {
    const count = 40_000;
    const folder = mkdtempSync(join(tmpdir(), "msl-regions-"));
    try {
      const file = join(folder, "compressed.msl");
      writeFileSync(file, manyCompressed(count, pages));
      const { regions, ranges, retained } = run(CHILD, file);
      expect({ regions, ranges }).toEqual({ regions: count, ranges: 0 });
      // 4 MiB for code, decoders and cached pages of the file, which do not grow with the regions.
      expect(retained).toBeLessThan(count * 512 + 4 * MiB);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  120_000,
);

/** A limit on old space, because V8 otherwise keeps garbage there while the machine is busy. */
const OLD = "--max-old-space-size=32";

/** Zstd regions whose frames do not begin with the magic number: their addresses cannot be read. */
function manyDamaged(count: number): Uint8Array {
  return captureOf(
    Array.from({ length: count }, (_, i) => ({
      type: 1,
      flags: ZSTD,
      uuid: i & 0xffff,
      payload: new Uint8Array([9, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4]),
    })),
  );
}

/** Process Identity, an index of modules and their Module Entries. */
function manyModules(count: number): Uint8Array {
  const entries = Array.from({ length: count }, (_, i) => ({ type: 2, uuid: i + 3, parent: 2, payload: moduleEntryPayload(i) }));
  const identity = { type: 0x40, payload: new Uint8Array(24) };
  const index = { type: 0x10, flags: 0x10, payload: moduleListPayload(count, 3) };
  return captureOf([identity, index, ...entries]);
}

it.each([
  ["100,000 plain regions", manyRegions, 0x10000],
  ["100,000 modules", () => manyModules(100_000), 100_002],
  ["40,000 zstd regions", () => manyFrames(40_000, true), 40_000],
  ["100,000 regions whose zstd data is damaged", () => manyDamaged(100_000), 0],
] as const)(
  "transcode of a capture of %s, with a signal, takes at most 64 MiB and twice the file",
  (_, make, expected) => {
    const folder = mkdtempSync(join(tmpdir(), "msl-regions-"));
    try {
      const file = join(folder, "many.msl");
      const bytes = make();
      writeFileSync(file, bytes);
      const { unchanged, peak } = run(OLD, TRANSCODING, file);
      // A region whose UUID an earlier region has gets another UUID; an unreadable region is left out.
      expect(unchanged).toBe(expected);
      expect(peak - run(OLD, TRANSCODING).peak).toBeLessThan(64 * MiB + 2 * bytes.length);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  240_000,
);

it("transcode decompresses a small zstd region to list it, to decide about it, to copy it and to compare it, and no more often", async () => {
  let decoded = 0;
  const zstd = (source: Uint8Array, { bytes }: { readonly bytes: number }) => {
    decoded++;
    return decodeZstd(source, bytes);
  };
  const { unchanged } = await transcode(manyFrames(100, true), { write: () => {} }, { codecs: { zstd } });
  expect({ unchanged, decoded }).toEqual({ unchanged: 100, decoded: 400 });
});
