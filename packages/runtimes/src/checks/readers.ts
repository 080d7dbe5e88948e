/** Compares the readers of bytes and of streams with random access, block by block. */
import type { Check, Environment } from "./check.js";
import { requireEqual, text } from "./require.js";
import { streamOf } from "./streams.js";

const SAMPLES = ["ms-basic-plain", "ms-zstd-mixed", "ms-lz4-mixed", "md-investigation-full", "md-lz4", "lm-basic", "lm-zstd"];

export const READERS: readonly Check[] = [
  {
    name: "reads bytes synchronously (MslSliceReader)",
    run: async (environment) => {
      for (const sample of SAMPLES) {
        const slice = new environment.msl.MslSliceReader(await environment.bytes(sample));
        const blocks = Array.from(slice, (block) => text(block.decode()));
        requireEqual(sample, blocks, await blocksOf(environment, sample));
      }
    },
  },
  {
    name: "reads a ReadableStream (MslReader)",
    run: async (environment) => {
      for (const sample of SAMPLES) {
        const reader = environment.msl.MslReader.from(streamOf(await environment.bytes(sample)));
        const blocks: string[] = [];
        for await (const block of reader) blocks.push(text(await block.decode()));
        requireEqual(sample, blocks, await blocksOf(environment, sample));
      }
    },
  },
];

async function blocksOf({ msl, bytes }: Environment, sample: string): Promise<string[]> {
  const capture = await msl.openCapture(await bytes(sample));
  const blocks: string[] = [];
  for (const block of capture.blocks) blocks.push(text(await block.decode()));
  return blocks;
}
