import { describe, expect, it } from "vitest";
import {
  BlockRecords,
  BlockWalk,
  Core,
  decodeLz4Block,
  decodeLz4BlockPieces,
  decodeLz4Frame,
  decodeLz4FramePieces,
  decodeLz4FrameUpTo,
  decodeZstd,
  decodeZstdPieces,
  decodeZstdUpTo,
  encodeZstd,
  pageRunBatches,
  pageRuns,
  SharedWindows,
  SlabChain,
} from "../src/index.js";

type Call = (options: never) => unknown;

const BYTES = new Uint8Array(8);
const SIZE = { bytes: 8, exact: true };
const CORE = { core: {} };
const DECODING = { ...CORE, into: [1, 2] };
const SLABS = { size: 1024, threads: 1, slabBytes: 1024, fed: true };

/** Every function that takes options, with a wrong value for each of them. */
const CALLS: readonly [string, Call, object][] = [
  ["decodeZstd", (options) => decodeZstd(BYTES, 8, options), { ...DECODING, windowLimit: -1 }],
  ["decodeZstdUpTo", (options) => decodeZstdUpTo(BYTES, 8, options), { ...DECODING, windowLimit: 1.5 }],
  ["decodeZstdPieces", (options) => decodeZstdPieces(BYTES, SIZE, options), { ...CORE, windowLimit: "8" }],
  ["decodeLz4Block", (options) => decodeLz4Block(BYTES, 8, options), DECODING],
  ["decodeLz4BlockPieces", (options) => decodeLz4BlockPieces(BYTES, 8, options), CORE],
  ["decodeLz4Frame", (options) => decodeLz4Frame(BYTES, 8, options), DECODING],
  ["decodeLz4FrameUpTo", (options) => decodeLz4FrameUpTo(BYTES, 8, options), DECODING],
  ["decodeLz4FramePieces", (options) => decodeLz4FramePieces(BYTES, SIZE, options), CORE],
  ["pageRuns", (options) => pageRuns(BYTES, 8, options), { ...CORE, reservedAs: "captured", limit: Number.NaN }],
  ["pageRunBatches", (options) => pageRunBatches(BYTES, 8, options), { ...CORE, reservedAs: "captured" }],
  ["BlockWalk", (options) => new BlockWalk(new BlockRecords(), 64, options), { ...CORE, bigEndian: 1 }],
  ["Core", (options) => new Core(options), { shared: "no", initialBytes: -1, maximumBytes: Number.NaN }],
  [
    "SlabChain",
    (options: object) => new SlabChain({ ...SLABS, ...options }),
    { size: -1, threads: 0.5, slabBytes: "1024", fed: 1 },
  ],
  [
    "SharedWindows",
    (options: object) => new SharedWindows({ threads: 1, windows: 1, windowBytes: 1024, ...options }),
    { threads: 0.5, windows: -1, windowBytes: "1024" },
  ],
];

describe.each(CALLS)("%s", (of, call, wrong) => {
  it("a function throws for an option that the function does not have", () => {
    expect(() => call({ notAnOption: 1 } as never)).toThrow(`${of}: there is no option "notAnOption"`);
  });

  it.each(Object.entries(wrong))("a function throws for a wrong value of the option %s", (name, value) => {
    const expected = typeof value === "number" && name !== "fed" && name !== "bigEndian" ? RangeError : TypeError;
    expect(() => call({ [name]: value } as never)).toThrow(expected);
    expect(() => call({ [name]: value } as never)).toThrow(`${of}: the option ${name} is `);
    expect(() => call({ [name]: null } as never)).toThrow(TypeError);
  });
});

it("a function throws a TypeError for a Zstandard level that does not exist", () => {
  for (const level of ["best", "toString", 3]) expect(() => encodeZstd(BYTES, level as never)).toThrow(TypeError);
});
