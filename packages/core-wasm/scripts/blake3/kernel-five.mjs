/**
 * Five inputs of the same length at once: four in the lanes of the vectors, the fifth in integers.
 *
 * Why a fifth: vector operations on their own wait for each other's results while the integer units stand idle; another input
 * fills the gaps. Why no sixth: only the 16 + 16 state words are locals, everything else waits in the scratch. Whatever is added,
 * scalar or vector, no longer fits the registers, and the spills halve the speed.
 *
 * Why bytes ahead are touched: the inputs are read a block here and a block there, which processors do not see coming. One byte of
 * each cache line, in the order of addresses, they do: they fetch what follows before it is asked for.
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
  return ["/** What hashFive needs at `scratch`. */", `export const SCRATCH_BYTES: usize = ${SCRATCH_BYTES};`, ""];
}

/** Each of the fifth input's statements goes right behind those of the lanes. */
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
      "Chaining values of five inputs. Each has `blocks` blocks and lies `stride` bytes behind the one before.",
      "`counterStep` is 1 for chunks, 0 for parents. `output` may be `input` if there is one block.",
      "At `ahead` lie as many bytes as the inputs have; they are touched meanwhile, in the order of addresses.",
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
 * Its chaining words wait in the scratch rather than at `output`, which may still hold input. Its message words are negated: V8
 * subtracts straight from the stack, where they are kept, but adds only from a register.
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

/** Chunk counters of the lanes, 64 bits split into low and high words: a low word that wrapped around carries one. */
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
