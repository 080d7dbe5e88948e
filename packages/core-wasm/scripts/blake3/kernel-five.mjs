/**
 * The kernel for five inputs of the same length: four in the lanes of the vectors, the fifth in integers.
 *
 * The fifth input is there because vector operations alone wait for each other's results, while the integer units are idle. A sixth would be
 * too much: the 16 + 16 state words are locals, and all other values lie in the scratch. Any further value, scalar or vector, does not fit the
 * registers, and spilling it halves the speed.
 *
 * The kernel prefetches the bytes at `ahead`, because the inputs are read in an order of addresses that processors do not predict. They do
 * predict loads of one byte of each cache line in ascending order, and fetch the lines behind them.
 */
import { compression, scalarLane, swizzleMasks, vectorLanes } from "./lanes.mjs";
import { BLOCK_WORDS, CHAINING_WORDS } from "./round.mjs";
import {
  blockLoop,
  exportedFunction,
  LANES,
  loadMessages,
  splat,
  storeChainingValues,
  times,
  VECTOR_BYTES,
  WORD_BYTES,
} from "./source.mjs";

const INPUTS = LANES + 1;

/** Layout of the scratch: message words, chaining words and counters of the lanes, then the chaining words of the fifth input. */
const MESSAGE = 0;
const CHAINING = MESSAGE + BLOCK_WORDS * VECTOR_BYTES;
const COUNTER_LOWS = CHAINING + CHAINING_WORDS * VECTOR_BYTES;
const COUNTER_HIGHS = COUNTER_LOWS + VECTOR_BYTES;
const FIFTH_CHAINING = COUNTER_HIGHS + VECTOR_BYTES;
const SCRATCH_BYTES = FIFTH_CHAINING + CHAINING_WORDS * WORD_BYTES;

export function scratchBytes() {
  return ["/** Bytes at `scratch` that hashFive uses. */", `export const SCRATCH_BYTES: usize = ${SCRATCH_BYTES};`, ""];
}

/** Each half round of the fifth input comes directly behind the same half round of the lanes. */
export function hashFive() {
  const lanes = vectorLanes({ state: "v", message: (i) => loadVector(MESSAGE, i) });
  const start = {
    chaining: (i) => loadVector(CHAINING, i),
    counterLow: loadVector(COUNTER_LOWS),
    counterHigh: loadVector(COUNTER_HIGHS),
    blockLength: splat("BLOCK_BYTES"),
    flags: splat("flags"),
  };
  const fifth = fifthInput();
  return exportedFunction({
    documentation: [
      "Chaining values of five inputs of `blocks` blocks each. An input begins `stride` bytes after the one before it.",
      "`counterStep` is 1 for chunks, 0 for parents. `output` may be `input` if there is one block.",
      "Prefetches the bytes at `ahead`, of which there are as many as the inputs have.",
    ],
    name: "hashFive",
    parameters: [
      "input: usize",
      "stride: usize",
      "blocks: u32",
      "counter: u64",
      "counterStep: u32",
      "firstFlags: u32",
      "lastFlags: u32",
      "output: usize",
      "scratch: usize",
      "ahead: usize",
    ],
    body: [
      ...laneCounters(),
      ...swizzleMasks(),
      ...times(INPUTS, (i) => `let input${i} = input + ${i} * stride;`),
      ...times(CHAINING_WORDS, (i) => storeVector(CHAINING, i, splat(`IV_${i}`))),
      ...fifth.begin,
      ...blockLoop(
        [],
        [
          ...loadMessages((lane) => `input${lane}`),
          ...times(BLOCK_WORDS, (i) => storeVector(MESSAGE, i, `message${i}`)),
          ...fifth.beginBlock,
          ...compression([{ lane: lanes, start }, fifth]),
          ...times(CHAINING_WORDS, (i) => storeVector(CHAINING, i, lanes.chaining(i))),
          ...fifth.endBlock,
          ...times(INPUTS, (i) => `load<u8>(ahead, ${i} * BLOCK_BYTES);`),
          `ahead += ${INPUTS} * BLOCK_BYTES;`,
          ...times(INPUTS, (i) => `input${i} += BLOCK_BYTES;`),
        ],
      ),
      ...times(CHAINING_WORDS, (i) => `const h${i} = ${loadVector(CHAINING, i)};`),
      ...storeChainingValues(
        (i) => `h${i}`,
        (lane) => ({ address: "output", offset: `${lane} * HASH_BYTES` }),
      ),
      ...fifth.finish,
    ],
  });
}

/**
 * The statements of the fifth input. Its chaining words lie in the scratch and not at `output`, which may be part of the input. Its message
 * words are negated, because V8 can subtract a word on the stack, where they lie, but adds a word from a register only.
 */
function fifthInput() {
  const lane = scalarLane({ state: "w", message: (i) => `negated${i}`, negated: true });
  const load = (word) => `load<u32>(scratch, ${FIFTH_CHAINING + word * WORD_BYTES})`;
  const store = (word, value) => `store<u32>(scratch, ${value}, ${FIFTH_CHAINING + word * WORD_BYTES});`;
  return {
    lane,
    start: {
      chaining: load,
      counterLow: "<u32>fifthCounter",
      counterHigh: "<u32>(fifthCounter >> 32)",
      blockLength: "BLOCK_BYTES",
      flags: "flags",
    },
    begin: [`const fifthCounter = counter + ${LANES} * counterStep;`, ...times(CHAINING_WORDS, (i) => store(i, `IV_${i}`))],
    beginBlock: times(BLOCK_WORDS, (i) => `const negated${i} = 0 - load<u32>(input${LANES}, ${i * WORD_BYTES});`),
    endBlock: times(CHAINING_WORDS, (i) => store(i, lane.chaining(i))),
    finish: times(CHAINING_WORDS, (i) => `store<u32>(output, ${load(i)}, ${LANES} * HASH_BYTES + ${i * WORD_BYTES});`),
  };
}

/** Chunk counters of the lanes: 64 bits in two words. A low word that wraps around carries one. */
function laneCounters() {
  return [
    `const firstLows = ${splat("counter")};`,
    `const counterLows = i32x4.add(firstLows, i32x4.mul(${splat("counterStep")}, i32x4(0, 1, 2, 3)));`,
    `const counterHighs = i32x4.sub(${splat("(counter >> 32)")}, v128.lt<u32>(counterLows, firstLows));`,
    storeVector(COUNTER_LOWS, 0, "counterLows"),
    storeVector(COUNTER_HIGHS, 0, "counterHighs"),
  ];
}

function loadVector(area, index = 0) {
  return `v128.load(scratch, ${area + index * VECTOR_BYTES})`;
}

function storeVector(area, index, vector) {
  return `v128.store(scratch, ${vector}, ${area + index * VECTOR_BYTES});`;
}
