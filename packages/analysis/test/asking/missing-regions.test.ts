/** What a capture lacks as a whole is in the coverage of every question to its memory. */
import { readFileSync } from "node:fs";
import { BytesSink, type Capture, openCapture, writeCapture } from "@memslice/msl";
import { describe, expect, it } from "vitest";
import {
  type Coverage,
  compare,
  countMatches,
  entropy,
  entropyByRegion,
  FlatMemory,
  findKeys,
  missingRegions,
  pointersTo,
  pointerTable,
  regionMemory,
  scanYara,
  search,
  strings,
  textPattern,
} from "../../src/index.js";

const BASE = 0x10000n;
const BYTES = 4096;
const EOC_BYTES = 32;
/** The first byte of CapBitmap in the header, and its bit for memory. */
const CAP_BITMAP = 0x10;
const MEMORY_REGIONS = 1;
const NOTHING = { unreadableRegions: 0, regionsMissing: false, cutOff: false };

async function written(regions: number): Promise<Uint8Array> {
  const sink = new BytesSink();
  const region = { protection: 3, regionType: "heap", pageSizeLog2: 12, timestampNs: 0n, regionSize: BigInt(BYTES) } as const;
  await writeCapture(sink, {
    header: { osType: "Linux", archType: "x86_64", pid: 7 },
    blocks: [
      { payload: { kind: "ProcessIdentity", ppid: 1, sessionId: 0, startTimeNs: 0n, exePath: "", cmdLine: "" } },
      { payload: { kind: "ModuleListIndex", entries: [] } },
      ...Array.from({ length: regions }, (_, i) => ({
        payload: {
          kind: "MemoryRegion" as const,
          ...region,
          baseAddr: BASE + BigInt(i * BYTES),
          pageData: new Uint8Array(BYTES).fill(1),
        },
      })),
    ],
  });
  return sink.bytes();
}

const whole = () => written(2);
const cutOff = async () => (await written(2)).subarray(0, -EOC_BYTES);
const withoutRegions = async () => {
  const bytes = await written(0);
  bytes[CAP_BITMAP] = (bytes[CAP_BITMAP] ?? 0) | MEMORY_REGIONS;
  return bytes;
};
const withUnreadable = async () => {
  const sample = readFileSync(new URL("../../../../fixtures/captures/x-region-size-huge.msl", import.meta.url));
  return new Uint8Array(sample);
};

async function coverageOf(question: AsyncIterable<unknown> & { readonly coverage: Coverage }): Promise<Coverage> {
  for await (const _ of question);
  return question.coverage;
}

const REGION = [{ start: BASE, end: BASE + BigInt(BYTES) }];

/** A question of each kind, with all of its findings taken. */
const QUESTIONS: Readonly<Record<string, (capture: Pick<Capture, "memory" | "regions">) => Promise<Coverage>>> = {
  search: ({ memory }) => coverageOf(search(memory, [textPattern("nowhere")])),
  countMatches: async ({ memory }) => (await countMatches(memory, [textPattern("nowhere")])).coverage,
  strings: ({ memory }) => coverageOf(strings(memory)),
  entropy: ({ memory }) => coverageOf(entropy(memory)),
  entropyByRegion: (capture) => coverageOf(entropyByRegion(capture)),
  pointersTo: ({ memory }) => coverageOf(pointersTo(memory, { start: 0n, end: 1n })),
  pointerTable: async ({ memory }) => (await pointerTable(memory, REGION)).coverage,
  findKeys: ({ memory }) => coverageOf(findKeys(memory)),
  scanYara: ({ memory }) => coverageOf(scanYara(memory, 'rule r { strings: $a = "nowhere" condition: $a }')),
};

describe.each(Object.entries(QUESTIONS))("%s", (_, ask) => {
  it.each([
    ["a whole capture", whole, NOTHING, true],
    ["a capture that ends in its End-of-Capture", cutOff, { ...NOTHING, cutOff: true }, false],
    ["a capture without the memory that its header announces", withoutRegions, { ...NOTHING, regionsMissing: true }, false],
    ["a capture with a region that cannot be read", withUnreadable, { ...NOTHING, unreadableRegions: 1 }, false],
  ])("tells what is missing of %s", async (_, make, missing, complete) => {
    const capture = await openCapture(await make());
    expect(await ask(capture)).toMatchObject({ ...missing, complete });
    await capture.close();
  });
});

describe("compare", () => {
  it("tells what is missing of each side, and is complete only if nothing is", async () => {
    const captures = await Promise.all([whole(), cutOff(), withoutRegions()].map(async (bytes) => openCapture(await bytes)));
    const [a, b, c] = captures;
    if (!a || !b || !c) throw new Error("Expected three captures");
    const summaryOf = async (one: Capture, other: Capture) => {
      const comparison = compare(one, other);
      for await (const _ of comparison);
      return comparison.summary;
    };
    expect(await summaryOf(a, a)).toMatchObject({ complete: true, coverage: { a: NOTHING, b: NOTHING } });
    expect(await summaryOf(a, b)).toMatchObject({
      different: false,
      complete: false,
      coverage: { a: NOTHING, b: { ...NOTHING, cutOff: true } },
    });
    expect(await summaryOf(c, a)).toMatchObject({ complete: false, coverage: { a: { ...NOTHING, regionsMissing: true } } });
    for (const one of captures) await one.close();
  });
});

describe("missingRegions", () => {
  it("the memory of one region lacks what its capture lacks: the region may go on behind the end of the file", async () => {
    const capture = await openCapture(await cutOff());
    const [region] = await capture.regions();
    if (!region) throw new Error("Expected a region");
    expect(await missingRegions(regionMemory(capture, region))).toEqual({ ...NOTHING, cutOff: true });
    await capture.close();
  });

  it("nothing is missing of a memory that is of no capture", async () => {
    expect(await missingRegions(new FlatMemory(new Uint8Array(16), 0n))).toEqual(NOTHING);
  });
});
