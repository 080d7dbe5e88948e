/** Kernels that walk: over block headers in memory, and over the runs of a page-state map. */
import { BlockRecords, BlockWalk, pageRunBatches } from "@memslice/core-wasm";
import { naivePageRuns } from "../peers/naive-page-runs.js";
import { pageMaps } from "../workloads/page-maps.js";
import { resident } from "../workloads/resident.js";
import { BLOCK_HEADER_BYTES, moduleBlocks, syntheticCapture } from "../workloads/synthetic-capture.js";
import type { Kernel } from "./kernel.js";

/**
 * So few that the table of records comes from the heap of the process: allocating memory from the operating system takes as long as
 * walking.
 */
const MODULES = 200;
const BLOCKS = MODULES + 3;
const FIRST_BLOCK = 64;
const MAGIC = 0x4d534c43;

export const walking: Kernel = {
  id: "walk",
  title: `walk over ${BLOCKS} block headers in linear memory`,
  work: { amount: BLOCKS, unit: "blocks" },
  peerIsAlike: false,
  input: () => Buffer.concat([...syntheticCapture("modules", moduleBlocks(MODULES))]),
  ours(input) {
    const capture = resident(input);
    const run = () => {
      const records = new BlockRecords();
      const walk = new BlockWalk(records, FIRST_BLOCK);
      walk.walk(capture(), 0);
      return `${records.count} blocks, end at ${walk.next}`;
    };
    return { name: "memslice BlockWalk", run, result: run };
  },
  peer(input) {
    const view = new DataView(input.buffer, input.byteOffset, input.length);
    const run = () => {
      const offsets = new Float64Array(BLOCKS);
      const lengths = new Uint32Array(BLOCKS);
      const types = new Uint16Array(BLOCKS);
      const flags = new Uint16Array(BLOCKS);
      const identities = new Uint8Array(2 * 16 * BLOCKS);
      let count = 0;
      let at = FIRST_BLOCK;
      for (; at + BLOCK_HEADER_BYTES <= input.length && view.getUint32(at) === MAGIC; count++) {
        offsets[count] = at;
        types[count] = view.getUint16(at + 4, true);
        flags[count] = view.getUint16(at + 6, true);
        const length = view.getUint32(at + 8, true);
        lengths[count] = length;
        for (let byte = 0; byte < 32; byte++) identities[32 * count + byte] = input[at + 16 + byte] ?? 0;
        at += length;
      }
      return `${count} blocks, end at ${at}`;
    };
    return { name: "loop over a DataView into typed arrays", run, result: run };
  },
};

/** Number of pages in the page-state map. */
const PAGES = 256 * 1024;

export const pageRunsKernel: Kernel = {
  id: "page-runs",
  title: `runs of a page-state map, ${PAGES} pages in runs of about 1000`,
  work: { amount: PAGES, unit: "pages" },
  peerIsAlike: false,
  input() {
    const { map } = pageMaps(PAGES).find(({ name }) => name === "runs of about 1000") ?? { map: new Uint8Array(PAGES / 4) };
    return map;
  },
  ours(input) {
    const map = resident(input);
    const run = () => [...pageRunBatches(map(), PAGES)];
    const runs = () => run().flatMap(({ starts, states }) => Array.from(starts, (start, i) => `${start} ${states[i]}`));
    return { name: "memslice pageRunBatches", run, result: () => runs().join() };
  },
  peer(input) {
    const run = () => naivePageRuns(input, PAGES);
    const runs = ({ starts, states }: ReturnType<typeof run>) => starts.map((start, i) => `${start} ${states[i]}`);
    return { name: "loop over the pages", run, result: () => runs(run()).join() };
  },
};
