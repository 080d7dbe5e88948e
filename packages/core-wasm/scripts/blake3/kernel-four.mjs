/**
 * Four inputs that have nothing to do with each other, in the four lanes of the vectors: as many blocks of each as all four go on for.
 * Their chaining words come from memory and go back there, so that another message can take a lane in between (message-lanes.ts).
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
    "/** What compressFour keeps: word i of input l is element l of vector i; then the low and high words of the chunk numbers. */",
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
      "Compresses `blocks` blocks of each of four inputs, 64 bytes and one after the other, into the chaining words at `state`. `lengths` and",
      "`firstFlags` have a byte for each input: the length of every block, and the flags of the first one. The last one has `lastFlags`, too.",
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
    documentation: ["Stores the chaining values of four inputs, as compressFour leaves them, one at each address."],
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

/** The four bytes of a word as words. */
function widened(bytes) {
  return `i32x4.extend_low_i16x8_u(i16x8.extend_low_i8x16_u(i32x4.splat(${bytes})))`;
}
