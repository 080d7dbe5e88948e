/** One input: the fastest form for a single chunk, and for the chunks that the wider kernels leave over. */
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
      "Compresses `blocks` blocks into the chaining value at `output`: those at `input` one after the other, except that the last",
      "one lies at `last`, 64 bytes of which `lastLength` count. `output` may overlap `last` if there is one block.",
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
