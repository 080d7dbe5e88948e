import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import * as core from "../src/index.js";
import * as scan from "../src/scan/index.js";
import * as slabThread from "../src/slabs/slab-thread.js";
import * as subtreeThread from "../src/subtrees/subtree-thread.js";

function kindOf(value: unknown): string {
  if (typeof value !== "function") return "constant";
  return /^class\b/.test(String(value)) ? "class" : "function";
}

function kindsOf(entry: object): Record<string, string> {
  return Object.fromEntries(Object.entries(entry).map(([name, value]) => [name, kindOf(value)]));
}

it("the package exports these names with these kinds from the main entry, and no others", () => {
  expect(kindsOf(core)).toEqual({
    BLAKE3_DIGEST_BYTES: "constant",
    Blake3: "class",
    Blake3HashChain: "class",
    BlockRecords: "class",
    BlockWalk: "class",
    ChainBreaks: "class",
    Core: "class",
    DECODE_FAILURES: "constant",
    DecodedPieces: "class",
    MOST_EXPANSION: "constant",
    PageRank: "class",
    PageState: "constant",
    SharedWindows: "class",
    SlabChain: "class",
    blake3: "function",
    blake3Batch: "function",
    decodeLz4Block: "function",
    decodeLz4BlockPieces: "function",
    decodeLz4BlockStart: "function",
    decodeLz4Frame: "function",
    decodeLz4FramePieces: "function",
    decodeLz4FrameStart: "function",
    decodeLz4FrameUpTo: "function",
    decodeZstd: "function",
    decodeZstdPieces: "function",
    decodeZstdStart: "function",
    decodeZstdUpTo: "function",
    defaultCore: "function",
    encodeLz4Block: "function",
    encodeLz4BlockInto: "function",
    encodeZstd: "function",
    encodeZstdInto: "function",
    lz4BlockBound: "function",
    mostDecodedBytes: "function",
    pageRunBatches: "function",
    pageRuns: "function",
    tallyPageStates: "function",
    zstdBound: "function",
  });
});

it("the package exports these names from the entry of scan.wasm, and no others", () => {
  expect(kindsOf(scan)).toEqual({
    Differences: "class",
    AesSchedules: "class",
    Histogram: "class",
    ManyPatterns: "class",
    PatternSearch: "class",
    ScanCore: "class",
    ScanWindow: "class",
    TextSearch: "class",
    WindowTallies: "class",
    WordSearch: "class",
    packPatterns: "function",
  });
});

it("the package exports these types from the main entry, and no others", () => {
  const index = readFileSync(new URL("../src/index.ts", import.meta.url), "utf8");
  const alone = [...index.matchAll(/^export type \{([^}]*)\}/gm)].flatMap(([, names = ""]) => names.match(/\w+/g) ?? []);
  const amongValues = [...index.matchAll(/\btype (\w+)/g)].map(([, name = ""]) => name);
  expect([...alone, ...amongValues].sort()).toEqual([
    "BlockWalkOptions",
    "ChainBreak",
    "ChainEnd",
    "ChainResult",
    "CompressedFormat",
    "DecodeError",
    "DecodeFailure",
    "DecodeOptions",
    "DecodeResult",
    "DecodeWholeOptions",
    "DecodedBytes",
    "DecodedEnd",
    "DecodedStart",
    "HashChain",
    "LinearMemoryOptions",
    "OutputSize",
    "PageRuns",
    "PageRunsOptions",
    "PageTally",
    "SharedWindowsOptions",
    "SlabChainOptions",
    "SlabChainResult",
    "SlabJob",
    "WalkStatus",
    "WindowMessage",
    "ZstdLevel",
    "ZstdOptions",
    "ZstdPiecesOptions",
  ]);
});

it("the package exports the work of one thread from the entries slab-thread and subtree-thread, and nothing else", () => {
  expect(kindsOf(slabThread)).toEqual({ hashSlabs: "function" });
  expect(kindsOf(subtreeThread)).toEqual({ SubtreeThread: "class" });
});
