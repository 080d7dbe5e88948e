/**
 * Four messages that have nothing to do with each other, in the four lanes of the vectors: as many blocks of each as all four go on
 * for. Their chaining words come from memory and go back there, so that another message can take a lane in between.
 */
import { compression, swizzleMasks, vectorLanes } from "./lanes.mjs";
import { CHAINING_WORDS } from "./round.mjs";
import { braces, exportedFunction, LANES, loadMessages, splat, storeChainingValues, times, VECTOR_BYTES } from "./source.mjs";

export function compressFour() {
  const lanes = vectorLanes({ state: "v", message: (i) => `message${i}` });
  const start = {
    chaining: (i) => `h${i}`,
    counterLow: splat(0),
    counterHigh: splat(0),
    blockLength: "blockLengths",
    flags: "flags",
  };
  return exportedFunction({
    documentation: [
      "Compresses `blocks` blocks of each of four inputs, 64 bytes and one after the other, into the chaining words at `chaining`: word i of",
      "input l is element l of vector i. All are in chunk number 0. `lengths` and `firstFlags` are for the four inputs, a byte each: the",
      "length of every block, and the flags of the first one.",
    ],
    name: "compressFour",
    parameters: [
      ...times(LANES, (lane) => `input${lane}: usize`),
      "blocks: u32",
      "lengths: u32",
      "firstFlags: u32",
      "chaining: usize",
    ],
    body: [
      ...swizzleMasks(),
      `const blockLengths = ${widened("lengths")};`,
      `let flags = ${widened("firstFlags")};`,
      ...times(CHAINING_WORDS, (i) => `let h${i} = v128.load(chaining, ${i * VECTOR_BYTES});`),
      ...braces("for (; blocks > 0; blocks--)", [
        ...loadMessages((lane) => `input${lane}`),
        ...compression([{ lane: lanes, start }]),
        ...times(CHAINING_WORDS, (i) => `h${i} = ${lanes.chaining(i)};`),
        `flags = ${splat(0)};`,
        ...times(LANES, (lane) => `input${lane} += BLOCK_BYTES;`),
      ]),
      ...times(CHAINING_WORDS, (i) => `v128.store(chaining, h${i}, ${i * VECTOR_BYTES});`),
    ],
  });
}

export function storeFour() {
  return exportedFunction({
    documentation: ["Stores the chaining values of four inputs, as compressFour leaves them, one at each address."],
    name: "storeFour",
    parameters: ["chaining: usize", ...times(LANES, (lane) => `output${lane}: usize`)],
    body: [
      ...times(CHAINING_WORDS, (i) => `const h${i} = v128.load(chaining, ${i * VECTOR_BYTES});`),
      ...storeChainingValues(
        (i) => `h${i}`,
        (lane) => ({ address: `output${lane}`, offset: 0 }),
      ),
    ],
  });
}

/** The four bytes of a word as words. */
function widened(bytes) {
  return `i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(i32x4.splat(${bytes})))`;
}
