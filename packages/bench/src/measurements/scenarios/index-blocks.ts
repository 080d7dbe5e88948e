/** Indexing a capture of many small blocks from a file in page cache, opening included. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openCapture } from "@memslice/msl";
import { writeCapture } from "../../captures/capture-file.js";
import { type Comparison, compare } from "../harness/compare.js";
import type { Finding } from "../harness/findings.js";
import { heapKept } from "../harness/garbage.js";
import { type PlainBlock, readHashedBlocks, readPlainBlocks, readTextBlocks } from "../peers/obvious-reader.js";
import type { Scenario, ScenarioOptions } from "../scenario.js";
import { moduleBlocks, syntheticCapture } from "../workloads/synthetic-capture.js";

/** Total number of blocks: Process Identity, Module List Index, modules, End-of-Capture. */
const BLOCKS = 200_000;
const QUICK_BLOCKS = 50_000;
const BLOCKS_BESIDE_MODULES = 3;
const ABOUT_BLOCK_BYTES = 200;

/** The facts about a block that every reader must find. */
type Place = Pick<PlainBlock, "offset" | "type" | "length">;

interface IndexedBlocks {
  readonly length: number;
  at(index: number): Place | undefined;
}

export const index: Scenario = {
  name: "index",
  summary: "indexing a capture of many small blocks, against the obvious reader",
  run: indexing,
};

async function* indexing({ quick }: ScenarioOptions): AsyncGenerator<Finding> {
  const folder = mkdtempSync(join(tmpdir(), "memslice-bench-"));
  try {
    const path = join(folder, "small-blocks.msl");
    const count = quick ? QUICK_BLOCKS : BLOCKS;
    const modules = count - BLOCKS_BESIDE_MODULES;
    writeCapture(path, syntheticCapture("modules", moduleBlocks(modules)), count * ABOUT_BLOCK_BYTES);
    const pace = {
      rounds: quick ? 6 : 15,
      attempts: quick ? 1 : 3,
      warmUpSeconds: quick ? 0.2 : 1,
      leadInSeconds: 0,
      sampleSeconds: 0,
    };
    yield await compare(comparison(path, count, quick), pace);
    const perBlock = async (read: (path: string) => unknown) => (await heapKept(() => read(path))) / count;
    yield {
      kind: "figure",
      title: "JavaScript heap kept by openCapture",
      value: await perBlock(indexed),
      unit: "bytes per block",
      bar: { atMost: 1 },
    };
    yield {
      kind: "figure",
      title: "JavaScript heap kept by the obvious reader",
      value: await perBlock(readTextBlocks),
      unit: "bytes per block",
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function comparison(path: string, count: number, quick: boolean): Comparison<IndexedBlocks> {
  return {
    title: `indexing ${count} blocks of about 200 bytes, file in page cache, opening included`,
    work: { amount: count, unit: "blocks" },
    ours: { name: "memslice openCapture", run: () => indexed(path) },
    peers: [
      { name: "obvious reader, UUIDs as text", run: () => readTextBlocks(path), bar: { atLeast: 15 } },
      ...(quick ? [] : [{ name: "obvious reader, UUIDs and PrevHash as text", run: () => readHashedBlocks(path) }]),
      { name: "obvious reader, numbers only", run: () => readPlainBlocks(path) },
    ],
    check: (blocks) => difference(blocks, count),
  };
}

/** Opens and closes the capture: closing is part of the time. */
async function indexed(path: string): Promise<IndexedBlocks> {
  const capture = await openCapture(path);
  await capture.close();
  return capture.blocks;
}

function difference(blocks: IndexedBlocks, count: number): string | undefined {
  if (blocks.length !== count) return `finds ${blocks.length} blocks, not ${count}`;
  let index = 0;
  for (const { offset, type, length } of expectedPlaces(count - BLOCKS_BESIDE_MODULES)) {
    const block = blocks.at(index);
    if (block?.offset !== offset || block.type !== type || block.length !== length) return `is wrong about block ${index}`;
    index++;
  }
  return undefined;
}

/** Positions of the blocks, computed from the sizes of their payloads: independent of readers and of the writer. */
function* expectedPlaces(modules: number): Generator<Place> {
  yield { offset: 64, type: 0x40, length: 80 + 32 };
  yield { offset: 176, type: 0x10, length: 80 + 8 };
  let offset = 264;
  for (let module = 0; module < modules; module++) {
    const length = 176 + 8 * (module % 7);
    yield { offset, type: 0x02, length };
    offset += length;
  }
  yield { offset, type: 0xfff, length: 80 + 48 };
}
