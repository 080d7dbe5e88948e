/** Faults that the fuzzer found. */
import { isDeepStrictEqual } from "node:util";
import { encodeZstd } from "@memslice/core-wasm";
import { describe, expect, it } from "vitest";
import { hexText } from "../src/format/layout/uuid-text.js";
import { blockJson, MslReader, MslSliceReader, openCapture } from "../src/index.js";
import { fixtureBytes } from "./fixtures.js";
import { concatenated, vectorV1 } from "./vectors.js";

interface BlockSpec {
  readonly type: number;
  readonly flags?: number;
  readonly payloadVersion?: number;
  readonly payload: Uint8Array;
}

/** A capture of one block. All hashes are zero: readers do not compare them. */
function captureOf({ type, flags = 0, payloadVersion = 1, payload }: BlockSpec): Uint8Array {
  const header = new Uint8Array(80);
  const view = new DataView(header.buffer);
  header.set([0x4d, 0x53, 0x4c, 0x43]);
  view.setUint16(4, type, true);
  view.setUint16(6, flags, true);
  view.setUint32(8, 80 + payload.length, true);
  view.setUint16(12, payloadVersion, true);
  return concatenated(vectorV1(0).slice(0, 64), header, payload);
}

/** `map`: 2 bits for each page. */
function region(pageSizeLog2: number, map: Uint8Array, pageData: Uint8Array): Uint8Array {
  const head = new Uint8Array(32);
  new DataView(head.buffer).setBigUint64(8, BigInt(map.length * 4) << BigInt(pageSizeLog2), true);
  head[0x12] = pageSizeLog2;
  return concatenated(head, map, pageData);
}

/** 64 bytes of 0x41 as a zstd frame; a published vector. */
const ZSTD = Uint8Array.from("28b52ffd20404500001041410100930016".match(/../g) ?? [], (pair) => Number.parseInt(pair, 16));

describe("reading by address", () => {
  it("a read by address returns the right bytes at offsets above 2^53 in a region", async () => {
    // 65,536 pages of 1 TiB, Unmapped but for page 40,000.
    const map = new Uint8Array(16_384).fill(0xaa);
    map[10_000] = 0x2a;
    const data = Uint8Array.from({ length: 64 }, (_, i) => i);
    const capture = await openCapture(captureOf({ type: 1, payload: region(40, map, data) }));
    const page = 40_000n << 40n;
    for (const offset of [0, 1, 3, 5, 29]) {
      const { segments } = await capture.memory.read(page + BigInt(offset), 2);
      expect(segments.map(({ state, bytes }) => [state, ...(bytes ?? [])])).toEqual([["captured", offset, offset + 1]]);
    }
    const { segments } = await capture.memory.read(page + (1n << 40n) - 1n, 2);
    expect(segments.map(({ state, length }) => [state, length])).toEqual([
      ["missing", 1],
      ["unmapped", 1],
    ]);
  });

  it("a read of 0 bytes has no segment", async () => {
    const capture = await openCapture(
      captureOf({ type: 1, payload: region(10, new Uint8Array(8).fill(0xaa), new Uint8Array(0)) }),
    );
    expect(await capture.memory.read(0x123n, 0)).toMatchObject({ segments: [], complete: true });
  });
});

describe("a strict reader", () => {
  const refused = [
    ["contradicting compression flags", "BLK-COMPALGO", { type: 0x1002, flags: 2, payload: new Uint8Array(8) }],
    ["compressed data without its size", "CMP-NOPREFIX", { type: 0x1002, flags: 3, payload: ZSTD }],
    [
      "a region without PayloadVersion",
      "BLK-PAYLOADVERSION",
      { type: 1, payloadVersion: 0, payload: region(10, new Uint8Array(8).fill(0xaa), new Uint8Array(0)) },
    ],
  ] as const;

  it.each(refused)("every strict reader refuses %s", async (_, id, spec) => {
    const bytes = captureOf(spec);
    const block = (await openCapture(bytes, { strict: true })).blocks.at(0);
    expect(new MslSliceReader(bytes, { strict: true }).at(0).decode()).toMatchObject({ problem: { id } });
    expect(await block.decode()).toMatchObject({ problem: { id } });
    expect(await blockJson(block)).toMatchObject({ problem: { id } });
    expect(new MslSliceReader(bytes).at(0).decode().payload).toBeDefined();
  });
});

describe("a region as JSON", () => {
  it.each(["lm-basic", "md-zstd", "md-lz4"])(
    "JSON of a region has the deviations of its header, compression and head: %s",
    async (name) => {
      const bytes = fixtureBytes(name);
      const slice = new MslSliceReader(bytes);
      const found: unknown[] = [];
      for (const block of (await openCapture(bytes)).blocks.ofType(1)) {
        const decoded = slice
          .at(block.index)
          .decode()
          .deviations.map(({ id, offset }) => ({ id, offset }));
        found.push(...decoded);
        const json = await blockJson(block);
        expect(json["deviations"] ?? []).toMatchObject(decoded);
      }
      expect(found).not.toEqual([]);
    },
  );

  it("JSON of a region has its deviations beside a problem: x-compalgo-3", async () => {
    const capture = await openCapture(fixtureBytes("x-compalgo-3"));
    expect(await blockJson(capture.blocks.at(5))).toMatchObject({
      problem: { id: "BLK-COMPALGO" },
      deviations: [{ id: "BLK-COMPALGO", offset: 1486, field: "flags" }],
    });
  });

  it("JSON and decoding report the same deviations for zeros and for other bytes behind the last page of a region of MSL 0.1", async () => {
    // Page size 4105, region of 4096 bytes: the page passes the region's end by nine bytes, which are no surplus.
    const head = new Uint8Array(40);
    const view = new DataView(head.buffer);
    view.setBigUint64(8, 4096n, true);
    view.setUint16(0x12, 4105, true);
    view.setUint32(0x14, 1, true);
    for (const [last, id] of [
      [0, "BLK-PADDING"],
      [1, "REG-SURPLUS"],
    ] as const) {
      const data = new Uint8Array(4112).fill(0x41, 0, 4105);
      data[4111] = last;
      const bytes = captureOf({ type: 1, payloadVersion: 0, payload: concatenated(head, data) });
      const expected = { id, offset: 64 + 80 + 40 + 4105, field: "pageData" };
      expect(new MslSliceReader(bytes).at(0).decode().deviations.at(-1)).toMatchObject(expected);
      const json = await blockJson((await openCapture(bytes)).blocks.at(0));
      expect(json["deviations"]).toEqual(expect.arrayContaining([expect.objectContaining(expected)]));
    }
  });

  it("JSON of a region that is cut off has its head and the number of captured bytes that are there", async () => {
    const whole = captureOf({ type: 1, payload: region(10, new Uint8Array(8), new Uint8Array(32 * 1024)) });
    const capture = await openCapture(whole.subarray(0, whole.length - 1000));
    expect(await blockJson(capture.blocks.at(0))).toMatchObject({
      problem: { id: "BLK-TRUNCATED" },
      partial: { numPages: "32", pageStates: [[0, 32, 0]], capturedBytes: String(31 * 1024 + 24) },
    });
  });
});

describe("a strict stream", () => {
  it("a strict stream reader ends at End-of-Capture, and counts the bytes behind it in the same chunk as trailing bytes", async () => {
    const bytes = concatenated(fixtureBytes("ms-basic-plain"), new Uint8Array(200).fill(0x5a));
    const slice = new MslSliceReader(bytes, { strict: true });
    const stream = MslReader.from([bytes], { strict: true });
    for await (const _ of stream) {
      // Reads block headers only.
    }
    expect(stream.end).toMatchObject({ reason: "end", trailingBytes: 200 });
    expect(stream.end).toEqual(slice.end);
  });
});

describe("lists of entries", () => {
  /** Rows of an unknown type without a body, three bytes each. */
  function rows(count: number): Uint8Array {
    const payload = new Uint8Array(8 + 3 * count);
    new DataView(payload.buffer).setUint32(0, count, true);
    return payload;
  }

  it("a list of entries ends at entryLimit", () => {
    const limited = { entryLimit: 8192 };
    const decode = (count: number) => new MslSliceReader(captureOf({ type: 0x54, payload: rows(count) }), limited).at(0).decode();
    expect(decode(8192).payload).toMatchObject({ kind: "ConnectivityTable", rowCount: 8192 });
    const { problem, partial } = decode(8193);
    expect(problem).toMatchObject({ id: "CMP-LIMIT", at: 8 + 3 * 8192 });
    expect(partial?.["rows"]).toHaveLength(8192);
  });

  it("a table of type 0x0055 whose rows exceed entryLimit stays raw, and is reported", () => {
    const { payload, deviations } = new MslSliceReader(captureOf({ type: 0x55, payload: rows(5000) }), { entryLimit: 64 })
      .at(0)
      .decode();
    expect(payload?.kind).toBe("Raw");
    expect(deviations.map(({ id }) => id)).toEqual(["CMP-LIMIT"]);
  });

  it("the default of entryLimit allows 100,000 rows", () => {
    const { payload } = new MslSliceReader(captureOf({ type: 0x54, payload: rows(100_000) })).at(0).decode();
    expect(payload).toMatchObject({ kind: "ConnectivityTable", rowCount: 100_000 });
  });

  it("the default of entryLimit is lower for a payload of few stored bytes", () => {
    const payload = rows(60_000);
    const stored = concatenated(new Uint8Array(8), encodeZstd(payload));
    new DataView(stored.buffer).setBigUint64(0, BigInt(payload.length), true);
    const { partial } = new MslSliceReader(captureOf({ type: 0x54, flags: 3, payload: stored })).at(0).decode();
    expect(partial?.["rows"]).toHaveLength(4096 + Math.floor(stored.length / 3));
  });

  it("the default of entryLimit bounds a list of a million rows of three bytes", () => {
    const { problem, partial } = new MslSliceReader(captureOf({ type: 0x54, payload: rows(1_000_000) })).at(0).decode();
    expect(problem).toMatchObject({ id: "CMP-LIMIT", message: expect.stringContaining("(entryLimit)") });
    expect(partial?.["rows"]).toHaveLength(98_304 + Math.floor((8 + 3 * 1_000_000) / 128));
  });
});

it("hexText gives the right digits for bytes of any length", () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, i) => (i * 7) & 0xff);
  expect(hexText(bytes)).toBe(Buffer.from(bytes).toString("hex"));
  for (const length of [0, 31, 32, 33, 255]) {
    expect(hexText(bytes.subarray(0, length))).toBe(Buffer.from(bytes.subarray(0, length)).toString("hex"));
  }
  expect(hexText(bytes.subarray(0, 256))).toBe(Buffer.from(bytes.subarray(0, 256)).toString("hex"));
});

describe("page data of MSL 0.1 that is compressed and does not decode", () => {
  /** Block 1 of the sample is a region of one page at 0x9000; its frame begins at offset 384. */
  const damaged = fixtureBytes("lm-zstd");
  // The reserved bit of the frame header.
  damaged[388] = (damaged[388] ?? 0) | 0x08;
  const cut = fixtureBytes("lm-zstd").slice(0, 1000);

  it.each([
    ["damaged", damaged, "CMP-SIZE"],
    ["cut off", cut, "BLK-TRUNCATED"],
  ])("compressed page data of MSL 0.1 that is %s is not read as memory", async (_, bytes, problem) => {
    const capture = await openCapture(bytes);
    const { segments } = await capture.memory.read(0x9000n, 4096);
    expect(segments.map(({ state, length, bytes: found }) => [state, length, found])).toEqual([["missing", 4096, undefined]]);
    expect((await capture.blocks.at(1).decode()).problem?.id).toBe(problem);
    expect((await blockJson(capture.blocks.at(1), { digests: true }))["payload"]).toBeUndefined();
    expect(new MslSliceReader(bytes).at(1).decode().problem?.id).toBe(problem);
  });
});

describe("deviations of the header", () => {
  it("are the same for every reader, in their prototype and as JSON too", async () => {
    const bytes = vectorV1(0).slice();
    // Reserved header flags 0x0100, a deviation with values.
    bytes[13] = 1;
    const slice = new MslSliceReader(bytes).deviations;
    const { deviations } = await openCapture(bytes);
    expect(slice[0]?.id).toBe("HDR-RESERVED");
    expect(isDeepStrictEqual(slice, deviations)).toBe(true);
    expect(JSON.parse(JSON.stringify(slice[0]))).not.toHaveProperty("values");
  });
});
