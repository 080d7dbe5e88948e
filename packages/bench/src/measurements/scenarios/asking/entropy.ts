/**
 * Entropy of pages. The bar is on the whole question, per thread: over a capture of 1 GiB in the page cache it takes at most twice the time of the same question
 * whose kernel only copies each page. The kernel alone is shown beside copying kernels, without a bar: counting takes a load and a store for each byte.
 */
import { join } from "node:path";
import { Histogram, ScanCore, ScanWindow } from "@memslice/core-wasm/scan";
import { fileSink } from "@memslice/msl";
import { inMemoryFolder, requireRoom } from "../../../captures/capture-file.js";
import { memoryLike } from "../../../captures/memory-like.js";
import { Random } from "../../../captures/random.js";
import { compare } from "../../harness/compare.js";
import type { Finding } from "../../harness/findings.js";
import { copyKernels } from "../../peers/copy-kernels.js";
import type { Scenario, ScenarioOptions } from "../../scenario.js";
import { writeRegions } from "../../workloads/written-regions.js";
import { askMemory, type Contest, held, MIB, meanSeconds } from "./contest.js";

/** Fits in the second-level cache of a processor, as the window of a question does. */
const WINDOW_BYTES = MIB;
const PAGE_BYTES = 4096;
const LAST_PAGE = WINDOW_BYTES - PAGE_BYTES;
const SEED = 3;
const REGION_BYTES = 16 * MIB;
const FULL_REGIONS = 64;
const QUICK_REGIONS = 4;

const MEMORY: Contest = {
  question: "entropy",
  title: "entropy of pages",
  peers: [],
  ours: [
    { threads: 1, bars: [] },
    { threads: 2, bars: [] },
  ],
};

export const entropy: Scenario = {
  name: "entropy",
  summary:
    "entropy of pages: the question against the same question with a kernel that only copies (the bar), counting bytes against copying them, and peak memory",
  run: { question, counting, memory: (options) => held(MEMORY, options) },
};

async function* question(options: ScenarioOptions): AsyncGenerator<Finding> {
  yield await questionOver("memory of a process", memoryLike(REGION_BYTES), options);
  yield await questionOver("random bytes", randomBytes(REGION_BYTES), options);
}

/** Both questions find as many pages as the capture has. */
async function questionOver(title: string, region: Uint8Array, { quick }: ScenarioOptions): Promise<Finding> {
  const place = inMemoryFolder();
  try {
    const regions = quick ? QUICK_REGIONS : FULL_REGIONS;
    const size = regions * REGION_BYTES;
    requireRoom(place.folder, size + MIB);
    const capture = join(place.folder, "entropy.msl");
    await writeRegions(await fileSink(capture), { regions, regionBytes: REGION_BYTES, pageData: () => region });
    const asking = (name: "entropy" | "copying") => ({
      run: () => askMemory(capture, name, 1).answer,
      elsewhere: { time: meanSeconds(() => askMemory(capture, name, 1)) },
    });
    return await compare(
      {
        title: `entropy of pages in ${size / MIB} MiB, ${title}, 1 thread, the question alone, ${size / PAGE_BYTES} found by each`,
        work: { amount: size, unit: "bytes" },
        ours: { name: "memslice, opened capture", ...asking("entropy") },
        peers: [
          {
            name: "the same question, with a kernel that only copies pages by vectors of 16 bytes",
            ...asking("copying"),
            ...(!quick && { bar: { atLeast: 0.5 } }),
          },
        ],
        check: (found) =>
          Number(found) === size / PAGE_BYTES ? undefined : `finds ${found} pages, expected ${size / PAGE_BYTES}`,
      },
      { rounds: quick ? 6 : 9, attempts: 1, warmUpSeconds: 0, leadInSeconds: 0, sampleSeconds: 0 },
    );
  } finally {
    place.remove();
  }
}

async function* counting(options: ScenarioOptions): AsyncGenerator<Finding> {
  yield await against("memory of a process", memoryLike(WINDOW_BYTES), options);
  yield await against("zeros", new Uint8Array(WINDOW_BYTES), options);
  yield await against("one value other than zero", new Uint8Array(WINDOW_BYTES).fill(0x41), options);
  yield await against("random bytes", randomBytes(WINDOW_BYTES), options);
}

function randomBytes(length: number): Uint8Array {
  const random = new Random(SEED);
  return Uint8Array.from({ length }, () => random.below(256));
}

async function against(title: string, content: Uint8Array, { quick }: ScenarioOptions): Promise<Finding> {
  const core = new ScanCore();
  const from = new ScanWindow(core, WINDOW_BYTES);
  const to = new ScanWindow(core, WINDOW_BYTES);
  const histogram = new Histogram(core);
  const { copyBytes, copyVectors } = copyKernels(core);
  from.bytes.set(content);
  const right = digestOf(countsOf(content.subarray(LAST_PAGE)));
  /** Whether the last page was copied: its first and its last byte are other ones before. */
  const copied = (copy: (start: number) => void) => () => {
    const places = [LAST_PAGE, WINDOW_BYTES - 1];
    for (const place of places) to.bytes[place] = ~(content[place] ?? 0);
    for (let start = 0; start < WINDOW_BYTES; start += PAGE_BYTES) copy(start);
    return places.every((place) => to.bytes[place] === content[place]);
  };
  return compare(
    {
      title: `counting the bytes of pages of 4 KiB, ${title}, 1 thread`,
      work: { amount: WINDOW_BYTES, unit: "bytes" },
      ours: {
        name: "memslice",
        run: () => {
          let counts = histogram.counts(from, 0, PAGE_BYTES);
          for (let start = PAGE_BYTES; start < WINDOW_BYTES; start += PAGE_BYTES)
            counts = histogram.counts(from, start, PAGE_BYTES);
          return digestOf(counts) === right;
        },
      },
      peers: [
        {
          name: "copying by vectors of 16 bytes, WebAssembly",
          run: copied((start) => copyVectors(from.address + start, PAGE_BYTES, to.address + start)),
        },
        {
          name: "copying byte by byte, WebAssembly",
          run: copied((start) => copyBytes(from.address + start, PAGE_BYTES, to.address + start)),
        },
      ],
      check: (isRight) => (isRight ? undefined : "counts or copies other bytes"),
    },
    { rounds: quick ? 9 : 31, attempts: 2, warmUpSeconds: 0.3, leadInSeconds: 0, sampleSeconds: 0.05 },
  );
}

/** The obvious way. */
function countsOf(bytes: Uint8Array): Uint32Array {
  const counts = new Uint32Array(256);
  for (const byte of bytes) counts[byte] = (counts[byte] ?? 0) + 1;
  return counts;
}

/** A number that changes if a count does. */
function digestOf(counts: Uint32Array): number {
  return counts.reduce((digest, count) => (Math.imul(digest, 31) + count) | 0, 0);
}
