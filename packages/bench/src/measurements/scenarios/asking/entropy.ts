/** Counting bytes for entropy, against kernels that only copy them; and the memory of the question. */
import { Histogram, ScanCore, ScanWindow } from "@memslice/core-wasm/scan";
import { memoryLike } from "../../../captures/memory-like.js";
import { Random } from "../../../captures/random.js";
import { compare } from "../../harness/compare.js";
import type { Finding } from "../../harness/findings.js";
import { copyKernels } from "../../peers/copy-kernels.js";
import type { Scenario, ScenarioOptions } from "../../scenario.js";
import { type Contest, held, MIB } from "./contest.js";

/** Fits in the second-level cache of a processor, as the window of a question does. */
const WINDOW_BYTES = MIB;
const PAGE_BYTES = 4096;
const LAST_PAGE = WINDOW_BYTES - PAGE_BYTES;
const SEED = 3;

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
  summary: "entropy of pages: counting bytes against copying them, and peak memory",
  run: { counting, memory: (options) => held(MEMORY, options) },
};

async function* counting(options: ScenarioOptions): AsyncGenerator<Finding> {
  const random = new Random(SEED);
  yield await against("memory of a process", memoryLike(WINDOW_BYTES), options);
  yield await against("zeros", new Uint8Array(WINDOW_BYTES), options);
  yield await against("one value other than zero", new Uint8Array(WINDOW_BYTES).fill(0x41), options);
  yield await against(
    "random bytes",
    Uint8Array.from({ length: WINDOW_BYTES }, () => random.below(256)),
    options,
  );
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
          bar: { atLeast: 0.5 },
        },
        {
          name: "copying byte by byte, WebAssembly",
          run: copied((start) => copyBytes(from.address + start, PAGE_BYTES, to.address + start)),
          bar: { atLeast: 0.5 },
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
