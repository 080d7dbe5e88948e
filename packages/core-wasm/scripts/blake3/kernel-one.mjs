/** The kernel for one input: for a single chunk, and for the chunks that the wider kernels leave over. */
import { compression, scalarLane } from "./lanes.mjs";
import { CHAINING_WORDS } from "./round.mjs";
import { blockLoop, exportedFunction, times, WORD_BYTES } from "./source.mjs";

export function compressBlocks() {
  const lane = scalarLane({ state: "v", message: (i) => `load<u32>(input, ${i * WORD_BYTES})` });
  const start = {
    chaining: (i) => `h${i}`,
    counterLow: "<u32>counter",
    counterHigh: "<u32>(counter >> 32)",
    blockLength: "blockLength",
    flags: "flags",
  };
  return exportedFunction({
    documentation: [
      "Compresses `blocks` blocks and writes the chaining value to `output`. The blocks lie one after the other at `input`, except for the",
      "last one, which lies at `last` and has `lastLength` bytes, padded to 64. `output` may overlap `last` if there is one block.",
    ],
    name: "compressBlocks",
    parameters: [
      "input: usize",
      "blocks: u32",
      "last: usize",
      "lastLength: u32",
      "counter: u64",
      "firstFlags: u32",
      "lastFlags: u32",
      "output: usize",
    ],
    body: [
      "let blockLength = BLOCK_BYTES;",
      ...times(CHAINING_WORDS, (i) => `let h${i}: u32 = IV_${i};`),
      ...blockLoop(
        ["blockLength = lastLength;", "input = last;"],
        [
          ...compression([{ lane, start }]),
          ...times(CHAINING_WORDS, (i) => `h${i} = ${lane.chaining(i)};`),
          "input += BLOCK_BYTES;",
        ],
      ),
      ...times(CHAINING_WORDS, (i) => `store<u32>(output, h${i}, ${i * WORD_BYTES});`),
    ],
  });
}
