/** Reading by address after `transcode`: the same bytes and states as before, or the report names the addresses. */
import { readFileSync } from "node:fs";
import { encodeZstd } from "@memslice/core-wasm";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { BlockFlag, type TranscodeOptions } from "../src/index.js";
import { differencesByAddress, untold } from "./addresses.js";
import { type BlockSpec, captureOf, PAGE, regionPayload } from "./build-capture.js";
import { fixtureBytes, READABLE } from "./fixtures.js";
import { opened, transcoded } from "./transcode-support.js";
import { concatenated } from "./vectors.js";
import { requireConforming } from "./write-support.js";

const OVERLAPS = new URL("../../../fixtures/overlaps/", import.meta.url);
const overlapping = (name: string) => new Uint8Array(readFileSync(new URL(`${name}.msl`, OVERLAPS)));

interface LegacySpec {
  readonly base: bigint;
  readonly size: number;
  readonly pageSize: number;
  readonly states: readonly number[];
  readonly time: bigint;
  readonly fill: number;
  /** The number of bytes of page data beyond what the pages need (zeros); negative for missing bytes. */
  readonly more: number;
}

/** A region of MSL 0.1, whose last page may pass its end. */
function legacyPayload({ base, size, pageSize, states, time, fill, more }: LegacySpec): Uint8Array {
  const pages = Math.ceil(size / pageSize);
  const map = new Uint8Array(Math.ceil(pages / 32) * 8);
  let data = 0;
  for (let page = 0; page < pages; page++) {
    const state = states[page % states.length] ?? 0;
    map[page >> 2] = (map[page >> 2] ?? 0) | (state << (6 - 2 * (page & 3)));
    if (state === 0) data += Math.min(pageSize, size - page * pageSize);
  }
  const payload = new Uint8Array(32 + map.length + Math.max(0, data + more));
  const view = new DataView(payload.buffer);
  view.setBigUint64(0, base, true);
  view.setBigUint64(8, BigInt(size), true);
  payload.set([3, 1], 16);
  view.setUint16(18, pageSize, true);
  view.setUint32(20, pages, true);
  view.setBigUint64(24, time, true);
  payload.set(map, 32);
  payload.fill(fill, 32 + map.length, 32 + map.length + data);
  return payload;
}

const ZSTD = 3;
/** More than one zstd block. */
const CAPTURED_200: readonly number[] = Array(200).fill(0);

/** A region whose compressed page data can be damaged at its end: the head and the page states lie before it. */
function compressedRegion({ base, states }: { readonly base: bigint; readonly states: readonly number[] }): Uint8Array {
  const payload = regionPayload({ base, states, fill: 4 });
  const start = payload.indexOf(4, 32 + states.length / 4);
  payload.forEach((_, i) => {
    if (i >= start) payload[i] = (i * 2654435761) >>> 13;
  });
  const data = encodeZstd(payload);
  const stored = new Uint8Array(8 + data.length);
  new DataView(stored.buffer).setBigUint64(0, BigInt(payload.length), true);
  stored.set(data, 8);
  return stored;
}

/** With the header of memslicer 0.2, which fills payloads to 8 bytes: version bytes 00 01, no ClockSource. */
function memslicerCapture(blocks: readonly BlockSpec[]): Uint8Array {
  const bytes = captureOf(blocks);
  bytes.set([0, 1], 10);
  bytes[0x38] = 0;
  return bytes;
}

const END: BlockSpec = { type: 0xfff, payload: new Uint8Array(48) };

const legacy = (spec: Partial<LegacySpec>, block: Partial<BlockSpec> = {}): BlockSpec => ({
  type: 1,
  version: 0,
  payload: legacyPayload({ base: 0x1000n, size: 0x800, pageSize: 4096, states: [0], time: 0n, fill: 1, more: 0, ...spec }),
  ...block,
});

async function compared(source: Uint8Array, salvage = false, options: TranscodeOptions = {}) {
  const { bytes, report } = await transcoded(source, { ...options, salvage });
  const differences = await differencesByAddress(source, bytes, salvage);
  expect(untold(differences, report)).toEqual([]);
  if (differences.length > 0) expect(report.complete).toBe(false);
  return { bytes, report, differences };
}

describe("a region of MSL 0.1 that ends inside a page", () => {
  it("a region of MSL 0.1 that ends inside a page does not cover the region behind it after transcode", async () => {
    const { bytes, report, differences } = await compared(captureOf([legacy({ base: 0x1800n, fill: 2 }), legacy({}), END]));
    await requireConforming(bytes);
    expect(differences).toEqual([]);
    expect(report.addresses).toEqual([]);
    expect(report.complete).toBe(true);
  });

  it("transcode drops page data behind the end of a region of MSL 0.1, and the report has the dropped bytes", async () => {
    const tail = legacy({ more: 2048 });
    tail.payload?.fill(0xee, tail.payload.length - 2048);
    const { bytes, report, differences } = await compared(captureOf([legacy({ base: 0x1800n, fill: 2 }), tail, END]));
    await requireConforming(bytes);
    expect(differences).toEqual([]);
    expect(report.blocks.flatMap(({ changes }) => changes)).toContainEqual(
      expect.objectContaining({ id: "dropped", lint: "REG-SURPLUS", bytes: "ee".repeat(2048) }),
    );
    expect(report.complete).toBe(false);
  });

  it("transcode loses the last bytes of a region of MSL 0.1 that do not fill a page of 1,024 bytes, and the report has the bytes and their addresses", async () => {
    const { report, bytes } = await compared(captureOf([legacy({ size: 0x806, fill: 7 })]));
    await requireConforming(bytes);
    expect(report.addresses).toEqual([
      { start: "0x1800", end: "0x1806", before: { state: "captured", block: 0 }, after: { state: "failed", block: 0 } },
      { start: "0x1806", end: "0x1c00", before: { state: "absent" }, after: { state: "failed", block: 0 } },
    ]);
    expect(report.blocks.flatMap(({ changes }) => changes)).toContainEqual(
      expect.objectContaining({ id: "pages-failed", lint: "REG-ALIGN", bytes: "07".repeat(6) }),
    );
  });
});

describe("a region of MSL 0.1 whose page size is no power of two", () => {
  it("transcode divides pages of 3,072 bytes into pages of 1,024 bytes", async () => {
    const source = captureOf([legacy({ size: 0x1800, pageSize: 0xc00, states: [0, 1], fill: 3 })]);
    const { bytes, report } = await compared(source);
    await requireConforming(bytes);
    expect(report.addresses).toEqual([]);
    const [head] = await opened(bytes, async (capture) => (await capture.regions()).map((region) => region.head));
    expect(head).toMatchObject({ pageSize: 1024, numPages: 6 });
  });

  it("transcode leaves out a region whose page size has no divisor that 1.1 allows, and the report has its addresses", async () => {
    const { report } = await compared(captureOf([legacy({ size: 0x1800, pageSize: 0x10ff, fill: 3 })]));
    expect(report.leftOut).toContainEqual(expect.objectContaining({ index: 0, reason: "problem" }));
    expect(report.addresses).toEqual([
      { start: "0x1000", end: "0x2800", before: { state: "captured", block: 0 }, after: { state: "absent" } },
    ]);
  });
});

describe("a region that the end of the capture cuts off inside its page-state map", () => {
  it("the report has the addresses of a region whose page-state map is cut off, also with keepNonConforming", async () => {
    const whole = captureOf([legacy({ size: 0x800, pageSize: 0x200, states: [1, 2, 1, 2] })]);
    // One byte of the map has the states of all four pages; the seven bytes that pad it are not all there.
    const { report } = await compared(whole.subarray(0, whole.length - 1), false, { keepNonConforming: true });
    expect(report.addresses.map(({ start, end, before, after }) => [start, end, before.state, after.state])).toEqual([
      ["0x1000", "0x1200", "failed", "absent"],
      ["0x1200", "0x1400", "unmapped", "absent"],
      ["0x1400", "0x1600", "failed", "absent"],
      ["0x1600", "0x1800", "unmapped", "absent"],
    ]);
    expect(report.complete).toBe(false);
  });
});

describe("pages without their bytes", () => {
  it("transcode keeps unmapped and failed pages of a region whose page data does not decompress, and marks its captured pages as failed", async () => {
    const payload = compressedRegion({ base: 0x1000n, states: [...CAPTURED_200, 1, 2, ...CAPTURED_200] });
    payload.fill(0xff, payload.length - 64);
    const { bytes, report } = await compared(captureOf([{ type: 1, flags: ZSTD, payload }]));
    await requireConforming(bytes);
    const states = await opened(bytes, async ({ memory }) =>
      (await memory.read(0x1000n, 402 * PAGE)).segments.map(({ state, length }) => [state, length / PAGE]),
    );
    expect(states).toEqual([
      ["failed", 201],
      ["unmapped", 1],
      ["failed", 200],
    ]);
    expect(report.blocks.flatMap(({ changes }) => changes)).toContainEqual(
      expect.objectContaining({ id: "pages-failed", lint: "CMP-SIZE" }),
    );
  });

  it("zeros that pad a copied payload are not read as bytes of missing pages", async () => {
    const region = regionPayload({ base: 0x1000n, states: [0, 0], fill: 5, short: PAGE - 1 });
    const source = memslicerCapture([{ type: 1, payload: concatenated(region, new Uint8Array(7)) }]);
    const { report, differences } = await compared(source, false, { keepNonConforming: true });
    expect(report.output.conforming).toBe(false);
    expect(differences).toEqual([]);
  });

  it("the report has the addresses at which an older region shows after transcode because pages above it lacked bytes", async () => {
    const region = (fill: number, time: bigint, short: number): BlockSpec => ({
      type: 1,
      payload: regionPayload({ base: 0x1000n, states: [0, 0], time, fill, short }),
    });
    const { report } = await compared(captureOf([region(1, 1n, 0), region(2, 2n, PAGE + 24)]));
    const after = { state: "captured", block: 0 };
    expect(report.addresses).toEqual([
      { start: "0x1000", end: "0x13e8", before: { state: "captured", block: 1 }, after },
      { start: "0x13e8", end: "0x1800", before: { state: "missing", block: 1 }, after },
    ]);
    expect(report.complete).toBe(false);
  });
});

describe("regions that are not selected", () => {
  it("the report marks addresses that show another region because of the selection with selection true", async () => {
    const region = (fill: number, protection: number, regionType: number): BlockSpec => {
      const payload = regionPayload({ base: 0x1000n, states: [0], fill, protection });
      payload[17] = regionType;
      return { type: 1, payload };
    };
    const { report } = await transcoded(captureOf([region(1, 3, 1), region(2, 3, 2)]), { select: { regionTypes: [1] } });
    expect(report.addresses).toEqual([
      {
        start: "0x1000",
        end: "0x1400",
        before: { state: "captured", block: 1 },
        after: { state: "captured", block: 0 },
        selection: true,
      },
    ]);
    expect(report.leftOut).toHaveLength(1);
  });
});

describe("captures by an attacker", () => {
  /**
   * Reads of these captures differ before and after: bytes that 1.1 cannot hold are lost, and the report has their addresses. No address reads as a
   * byte of another region without an entry in the report.
   */
  it.each([
    ["wrong-byte-153", "a region without its bytes lets another through, and one has pages of 512 bytes"],
    ["wrong-byte-5004235", "two regions end inside a page of 1,024 bytes"],
    ["invented-243845", "a region ends inside a page, and must not cover the next one"],
    ["invented-5095667", "the same, in pages of 32 KiB"],
    ["invented-682", "two regions are cut off, and cover each other"],
    ["lost-silently-2132", "pages of 512 bytes cannot be written, so the region is left out"],
  ])("%s: %s", async (name) => {
    const { bytes, report, differences } = await compared(overlapping(name));
    await requireConforming(bytes);
    expect(differences.length).toBeGreaterThan(0);
    expect(report.complete).toBe(false);
  });

  it("transcode gives no address captured bytes that it did not have before", async () => {
    for (const name of ["invented-243845", "invented-5095667", "wrong-byte-5004235"]) {
      const { differences } = await compared(overlapping(name));
      expect(differences.filter(({ after }) => after === "captured")).toEqual([]);
    }
  });
});

const region = fc.record({
  legacy: fc.boolean(),
  // Near each other, and not on borders of pages.
  base: fc.integer({ min: 0, max: 24 }).map((step) => 0x1000n + BigInt(step * 512 + (step % 5 === 0 ? 1 : 0))),
  states: fc.array(fc.constantFrom(0, 0, 0, 1, 2, 3), { minLength: 1, maxLength: 6 }),
  time: fc.constantFrom(0n, 1n, 2n),
  size: fc.integer({ min: 1, max: 9000 }),
  pageSize: fc.constantFrom(512, 1024, 2048, 4096),
  change: fc.constantFrom(0, 0, 0, 7, 600, 4000, -5, -1024, -3000),
  continuation: fc.constantFrom(false, false, false, true),
});

it("random regions that overlap, end inside pages or are cut off read the same after transcode, or the report has the addresses", async () => {
  const capture = fc.record({
    regions: fc.array(region, { minLength: 1, maxLength: 6 }),
    cut: fc.constantFrom(0, 0, 1, 900, 5000),
  });
  let different = 0;
  await fc.assert(
    fc.asyncProperty(capture, async ({ regions, cut }) => {
      const blocks = regions.map(({ legacy: old, base, states, time, size, pageSize, change, continuation }, i): BlockSpec => {
        const fill = i + 1;
        const flags = continuation && i > 0 ? { flags: BlockFlag.Continuation, parent: i } : {};
        if (old) return legacy({ base, states, time, size, pageSize, fill, more: change }, flags);
        const short = Math.min(Math.max(0, -change), states.filter((state) => state === 0).length * PAGE);
        return { type: 1, payload: regionPayload({ base, states, time, fill, short }), ...flags };
      });
      const whole = captureOf(blocks);
      const source = whole.slice(0, Math.max(144, whole.length - cut));
      const { differences } = await compared(source);
      if (differences.length > 0) different++;
    }),
    { numRuns: 300, seed: 14 },
  );
  // The test would prove nothing if all captures read the same, or none.
  expect(different).toBeGreaterThan(30);
  expect(different).toBeLessThan(270);
}, 120_000);

it.each(READABLE)("%s reads the same by address after transcode, or the report has the addresses", async (name) => {
  await compared(fixtureBytes(name));
});

describe("regions found behind damage", () => {
  const salvaged = async () => {
    const bytes = captureOf([
      { type: 1, payload: regionPayload({ base: 0x1000n, states: [0, 0], fill: 1 }) },
      { type: 0x40, payload: new Uint8Array(24) },
      { type: 1, payload: regionPayload({ base: 0x1400n, states: [0, 0], time: 9n, fill: 2 }) },
    ]);
    const damaged = await opened(bytes, async ({ blocks }) => blocks.at(1).offset);
    bytes.fill(0, damaged, damaged + 16);
    return compared(bytes, true);
  };

  it("the report has the addresses at which a salvaged region covers an intact region in the output only", async () => {
    const { report } = await salvaged();
    expect(report.addresses).toEqual([
      { start: "0x1400", end: "0x1800", before: { state: "captured", block: 0 }, after: { state: "captured", block: 1 } },
    ]);
    expect(report.complete).toBe(false);
  });

  it("the report marks a salvaged region as salvaged, and names its evidence", async () => {
    const { report } = await salvaged();
    const [block] = report.blocks.filter(({ source }) => source.index === 1);
    expect(block?.changes).toContainEqual(
      expect.objectContaining({ id: "salvaged", message: expect.stringMatching(/evidence: (header|framing)\)/) }),
    );
  });
});
