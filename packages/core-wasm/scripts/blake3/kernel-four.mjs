/**
 * The kernel for four independent inputs in the four lanes of the vectors: it compresses the same number of blocks of each. Chaining words are
 * loaded from memory and stored there, so that another message can take a lane between two calls (message-lanes.ts).
 */
import { compression, swizzleMasks, vectorLanes } from "./lanes.mjs";
import { CHAINING_WORDS } from "./round.mjs";
import { braces, exportedFunction, LANES, loadMessages, splat, storeChainingValues, times, VECTOR_BYTES } from "./source.mjs";

/** Layout of the state: chaining words, and the chunk numbers of the lanes in two halves. */
const COUNTER_LOWS = CHAINING_WORDS * VECTOR_BYTES;
const COUNTER_HIGHS = COUNTER_LOWS + VECTOR_BYTES;
const STATE_BYTES = COUNTER_HIGHS + VECTOR_BYTES;

export function fourState() {
  return [
    "/** The state of compressFour: word i of input l is element l of vector i. The low and high words of the chunk numbers follow. */",
    ...Object.entries({ FOUR_COUNTER_LOWS: COUNTER_LOWS, FOUR_COUNTER_HIGHS: COUNTER_HIGHS, FOUR_STATE_BYTES: STATE_BYTES }).map(
      ([name, value]) => `export const ${name}: usize = ${value};`,
    ),
    "",
  ];
}

export function compressFour() {
  const lanes = vectorLanes({ state: "v", message: (i) => `message${i}` });
  const start = {
    chaining: (i) => `h${i}`,
    counterLow: `v128.load(state, ${COUNTER_LOWS})`,
    counterHigh: `v128.load(state, ${COUNTER_HIGHS})`,
    blockLength: "blockLengths",
    flags: "flags",
  };
  return exportedFunction({
    documentation: [
      "Compresses `blocks` blocks of each of four inputs, which lie one after the other, into the chaining words at `state`. `lengths` and",
      "`firstFlags` have a byte for each input: the length of every block, and the flags of the first block. `lastFlags` are those of the last.",
    ],
    name: "compressFour",
    parameters: [
      ...times(LANES, (lane) => `input${lane}: usize`),
      "blocks: u32",
      "lengths: u32",
      "firstFlags: u32",
      "lastFlags: u32",
      "state: usize",
    ],
    body: [
      ...swizzleMasks(),
      `const blockLengths = ${widened("lengths")};`,
      `let flags = ${widened("firstFlags")};`,
      ...times(CHAINING_WORDS, (i) => `let h${i} = v128.load(state, ${i * VECTOR_BYTES});`),
      ...braces("for (; blocks > 0; blocks--)", [
        `if (blocks == 1) flags = v128.or(flags, ${splat("lastFlags")});`,
        ...loadMessages((lane) => `input${lane}`),
        ...compression([{ lane: lanes, start }]),
        ...times(CHAINING_WORDS, (i) => `h${i} = ${lanes.chaining(i)};`),
        `flags = ${splat(0)};`,
        ...times(LANES, (lane) => `input${lane} += BLOCK_BYTES;`),
      ]),
      ...times(CHAINING_WORDS, (i) => `v128.store(state, h${i}, ${i * VECTOR_BYTES});`),
    ],
  });
}

export function storeFour() {
  return exportedFunction({
    documentation: ["Stores the chaining values that compressFour has left at `state`, one at each address."],
    name: "storeFour",
    parameters: ["state: usize", ...times(LANES, (lane) => `output${lane}: usize`)],
    body: [
      ...times(CHAINING_WORDS, (i) => `const h${i} = v128.load(state, ${i * VECTOR_BYTES});`),
      ...storeChainingValues(
        (i) => `h${i}`,
        (lane) => ({ address: `output${lane}`, offset: 0 }),
      ),
    ],
  });
}

/** Widens the four bytes of a word to the four words of a vector. */
function widened(bytes) {
  return `i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(i32x4.splat(${bytes})))`;
}
