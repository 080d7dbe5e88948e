import { pathToFileURL } from "node:url";
import { isDeepStrictEqual } from "node:util";
import fc from "fast-check";
import { describe, expect, it, vi } from "vitest";
import { answer, servedBytes } from "../../runtimes/src/launch/range-answers.js";
import { BlockType, CachingSource, type Capture, httpSource, openCapture } from "../src/index.js";
import { fixtureBytes, fixturePath, READABLE } from "./fixtures.js";
import { serve, serveFile } from "./http-server.js";
import {
  endBlock,
  moduleBlock,
  patternAt,
  processBlock,
  regionBlock,
  type VirtualModule,
  virtualCapture,
} from "./virtual-capture.js";

const GIB = 1024 ** 3;
const PAGE = 4096;

interface RegionSpec {
  readonly baseAddr: bigint;
  readonly pages: number;
}

type BlockSpec = VirtualModule | RegionSpec;

function moduleSpec(i: number): VirtualModule {
  return { baseAddr: 0x7f00_0000_0000n + BigInt(i) * 0x100000n, path: `/usr/lib/x86_64-linux-gnu/libexample-${i}.so.${i % 7}` };
}

function regionSpecs(pages: readonly number[]): RegionSpec[] {
  let baseAddr = 0x10000n;
  return pages.map((count) => {
    const region = { baseAddr, pages: count };
    baseAddr += BigInt(count + 1) * BigInt(PAGE);
    return region;
  });
}

/** Numbers from 0 to 1, the same on every run. */
function fractions(count: number): number[] {
  let state = 0x2545f491;
  return Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  });
}

/** Page counts that are together just below 10 GiB, in the proportions of `weights`, each at least 1. */
function pagesInProportion(weights: readonly number[]): number[] {
  const sum = weights.reduce((a, b) => a + b, 0);
  const total = (10 * GIB) / PAGE - 4096;
  return weights.map((weight) => Math.max(1, Math.floor((weight / sum) * total)));
}

/** Weights from one page to a gigabyte, uniform on a logarithmic scale. */
const ofAllSizes = (count: number) => pagesInProportion(fractions(count).map((x) => 2 ** (18 * x)));

/** Up to 64 KiB, with a large one for every 49 small ones. */
const mostlySmall = (count: number) =>
  pagesInProportion(fractions(count).map((x, i) => (i % 50 === 49 ? 16_000 : (1 + 15 * x) / 1e2)));

const MODULES_FIRST: BlockSpec[] = [...range(400).map(moduleSpec), ...regionSpecs(ofAllSizes(1598))];
const INTERLEAVED: BlockSpec[] = regionSpecs(pagesInProportion(Array(999).fill(1))).flatMap((region, i) => [
  moduleSpec(i),
  region,
]);
const EQUAL_REGIONS: BlockSpec[] = [...range(8).map(moduleSpec), ...regionSpecs(pagesInProportion(Array(1990).fill(1)))];
const SMALL_REGIONS: BlockSpec[] = [...range(98).map(moduleSpec), ...regionSpecs(mostlySmall(1900))];

function range(length: number): number[] {
  return Array.from({ length }, (_, i) => i);
}

function isModule(spec: BlockSpec): spec is VirtualModule {
  return "path" in spec;
}

function captureOf(specs: readonly BlockSpec[]) {
  const blocks = specs.map((spec) => (isModule(spec) ? moduleBlock(spec) : regionBlock(spec.baseAddr, spec.pages)));
  return virtualCapture([processBlock(), ...blocks, endBlock()]);
}

async function listModules(capture: Capture): Promise<VirtualModule[]> {
  const modules: VirtualModule[] = [];
  for (const block of capture.blocks.ofType(BlockType.ModuleEntry)) {
    const { payload } = await block.decode();
    if (payload?.kind === "ModuleEntry") modules.push({ baseAddr: payload.baseAddr, path: payload.path });
  }
  return modules;
}

describe("a capture of 10 GiB with 2,000 blocks over HTTP", () => {
  it.each([
    ["modules first, then regions of all sizes", MODULES_FIRST, 1_650, 1_900_000],
    ["modules and regions in turn", INTERLEAVED, 1_800, 750_000],
    ["regions of one size", EQUAL_REGIONS, 2_000, 1_050_000],
    ["mostly small regions", SMALL_REGIONS, 1_800, 1_900_000],
  ])(
    "listing modules and regions of 10 GiB over HTTP transfers less than 2 MiB: %s",
    async (_name, specs, mostRequests, mostBytes) => {
      const file = captureOf(specs);
      expect(file.size).toBeGreaterThan(9.9 * GIB);
      expect(file.size).toBeLessThan(10 * GIB);
      const server = await serveFile(file);
      const capture = await openCapture(server.url());
      expect(capture.blocks.length).toBe(2_000);
      expect(await listModules(capture)).toEqual(specs.filter(isModule));
      const regions = await capture.regions();
      expect(regions.map(({ baseAddr, head }) => ({ baseAddr, pages: head.numPages }))).toEqual(
        specs.filter((spec) => !isModule(spec)),
      );
      // The bound of each layout: slightly more than the bytes that it needs, and below 2 MiB.
      expect(server.bodyBytes).toBeLessThan(mostBytes);
      expect(server.requests.length).toBeLessThan(mostRequests);
    },
  );

  it("a read by address takes one request for the page-state map and one for the bytes", async () => {
    const file = captureOf(EQUAL_REGIONS);
    const server = await serveFile(file);
    const capture = await openCapture(server.url());
    const region = (await capture.regions())[1_000];
    if (!region) throw new Error("there are 1,990 regions");
    const { requests, bodyBytes } = server;
    const requestsBefore = requests.length;
    const bytesBefore = bodyBytes;
    const read = await capture.memory.read(region.baseAddr + 5_000n, 10_000);
    const dataAt = region.block.payloadOffset + region.head.dataOffset + 5_000;
    expect(read.bytes()).toEqual(Uint8Array.from({ length: 10_000 }, (_, i) => patternAt(dataAt + i)));
    expect(server.requests.length - requestsBefore).toBeLessThanOrEqual(2);
    expect(server.bodyBytes - bytesBefore).toBeLessThan(12_000);
  });
});

describe("walking a metered source", () => {
  /** Lengths of payloads, so that every distance between blocks follows every other distance. */
  const layouts = fc
    .array(
      fc.tuple(fc.constantFrom(8, 176, 300, 520, 700, 2_000, 4_300, 30_000, 70_000, 5_000_000), fc.integer({ min: 1, max: 400 })),
      {
        minLength: 1,
        maxLength: 40,
      },
    )
    .map((runs) => {
      const lengths: number[] = [];
      while (lengths.length < 2_000) for (const [length, count] of runs) lengths.push(...Array<number>(count).fill(length));
      return lengths.slice(0, 2_000);
    });

  it("a metered source is walked with less than 2 MiB for 2,000 blocks, at any distance between them", async () => {
    await fc.assert(
      fc.asyncProperty(layouts, async (lengths) => {
        const file = virtualCapture(lengths.map((data) => ({ type: 0x7777, payload: new Uint8Array(0), data })));
        let bytes = 0;
        const source = {
          size: file.size,
          metered: true,
          read: async (offset: number, length: number) => {
            bytes += length;
            return file.bytes(offset, length);
          },
        };
        const capture = await openCapture(new CachingSource(source, { pageSize: 256 }));
        expect(capture.blocks.length).toBe(2_000);
        expect(bytes).toBeLessThan(2 * 1024 * 1024);
      }),
      { numRuns: 40, seed: 7 },
    );
  });

  it("a metered source with small blocks near each other is walked in few requests", async () => {
    const specs = range(20_000).map(moduleSpec);
    const server = await serveFile(captureOf(specs));
    const capture = await openCapture(server.url());
    expect(capture.blocks.length).toBe(20_002);
    expect(server.requests.length).toBeLessThan(40);
    expect(await listModules(capture)).toEqual(specs);
    expect(server.requests.length).toBeLessThan(40);
  });
});

describe("content of captures over HTTP", () => {
  it.each(READABLE)("a capture over HTTP has the same content and verdict as from memory: %s", async (name) => {
    const local = await openCapture(fixtureBytes(name));
    const server = await serveFile(servedBytes(fixtureBytes(name)));
    const remote = await openCapture(new URL(server.url()));
    expect(remote.header).toEqual(local.header);
    expect(remote.deviations).toEqual(local.deviations);
    expect(await verdictOf(remote)).toEqual(await verdictOf(local));
    for (const block of local.blocks) {
      const decoded = [await remote.blocks.at(block.index).decode(), await block.decode()];
      // `toEqual` compares page data byte by byte in JavaScript: a large page takes half a minute.
      expect([block.index, isDeepStrictEqual(decoded[0], decoded[1])]).toEqual([block.index, true]);
    }
  });

  it("a capture from a server that ignores ranges reads like one from memory", async () => {
    const [name = ""] = READABLE;
    const bytes = fixtureBytes(name);
    const server = await serve((request, response) => {
      response.writeHead(200, { "content-length": bytes.length }).end(request.method === "HEAD" ? undefined : bytes);
    });
    const capture = await openCapture(server.url());
    expect(await verdictOf(capture)).toEqual(await verdictOf(await openCapture(bytes)));
    expect(server.requests).toHaveLength(2);
    await expect(openCapture(server.url(), { wholeFileLimit: 100 })).rejects.toMatchObject({ code: "source" });
  });

  it("paths and file: URLs are read as files", async () => {
    const [name = ""] = READABLE;
    const path = fixturePath(name);
    const captures = await Promise.all([openCapture(path), openCapture(pathToFileURL(path)), openCapture(fixtureBytes(name))]);
    const [first, second, third] = captures.map(({ header }) => header);
    expect([first, second]).toEqual([third, third]);
    for (const capture of captures) await capture.close();
  });
});

async function verdictOf(capture: Capture) {
  const { elapsedMs: _, ...report } = await capture.verify();
  return report;
}

it("verification makes long reads, and drops no cached page", async () => {
  const specs = [...range(300).map(moduleSpec), ...regionSpecs(Array(20).fill(256 * 4))];
  const file = captureOf(specs);
  const server = await serveFile(file);
  const capture = await openCapture(server.url());
  await capture.regions();
  const before = server.requests.length;
  await capture.verify();
  const slabs = Math.ceil(file.size / 1024 ** 2);
  expect(slabs).toBeGreaterThan(79);
  // Header, last slab and FileHash may be read separately from the slabs.
  expect(server.requests.length - before).toBeLessThanOrEqual(slabs + 3);
  const afterVerify = server.requests.length;
  expect(await listModules(capture)).toHaveLength(300);
  expect(server.requests.length).toBe(afterVerify);
});

describe("aborted readers of one capture", () => {
  it("a cancelled reader does not cancel regions and page states that others wait for", async () => {
    const file = captureOf(regionSpecs(Array(40).fill(2_000)));
    const server = await serveFile(file);
    const capture = await openCapture(new CachingSource(await httpSource(server.url()), { pageSize: 64, maxBytes: 512 }));
    const impatient = new AbortController();
    const first = capture.regions(impatient.signal);
    const second = capture.regions();
    const byAddress = capture.memory.read(0x10000n, 10, impatient.signal);
    impatient.abort();
    await expect(first).rejects.toMatchObject({ code: "aborted" });
    await expect(byAddress).rejects.toMatchObject({ code: "aborted" });
    const regions = await second;
    expect(regions).toHaveLength(40);
    const another = new AbortController();
    const states = [regions[0]?.pages(another.signal), regions[0]?.pages()];
    another.abort();
    await expect(states[0]).rejects.toMatchObject({ code: "aborted" });
    expect((await states[1])?.tally().captured).toBe(2_000);
    expect((await capture.memory.read(0x10000n, 10)).complete).toBe(true);
  });

  it("an abort ends opening, and its requests", async () => {
    const server = await serve((request, response, count) => {
      if (count < 3) answer(captureOf(EQUAL_REGIONS), request, response);
    });
    const controller = new AbortController();
    const opening = openCapture(server.url(), { signal: controller.signal });
    await vi.waitFor(() => expect(server.requests).toHaveLength(3));
    controller.abort();
    await expect(opening).rejects.toMatchObject({ code: "aborted" });
    await vi.waitFor(() => expect(server.cancelled).toBe(1));
  });
});
