/**
 * The compression function as AssemblyScript: for one input in 32-bit integers, or for four inputs side by side in vectors, where state word i
 * of input l is element l of vector i.
 */
import { CHAINING_WORDS, HALF_ROUNDS, MIXING_STEPS, STATE_WORDS } from "./round.mjs";
import { splat, times } from "./source.mjs";

/** A rotation by whole bytes is one swizzle; two shifts and an or would be three instructions. */
const SWIZZLES = {
  16: { mask: "rotation16", bytes: [2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13] },
  8: { mask: "rotation8", bytes: [1, 2, 3, 0, 5, 6, 7, 4, 9, 10, 11, 8, 13, 14, 15, 12] },
};

/** The masks, as statements before the block loop: engines keep loop invariants in registers. */
export function swizzleMasks() {
  return Object.values(SWIZZLES).map(({ mask, bytes }) => `const ${mask} = i8x16(${bytes.join(", ")});`);
}

/** The statements of one input. Its state words are named `state`0..15. `message(i)` is the expression of message word i, negated if `negated`. */
export function scalarLane({ state, message, negated = false }) {
  return {
    word: (i) => `${state}${i}`,
    constant: (word) => word,
    declaration: (i) => `let ${state}${i}: u32`,
    add: (target, word) => [`${target} = ${target} + ${word};`],
    addMessage: (target, i, word) => [`${target} = ${target} ${negated ? "-" : "+"} ${message(i)} + ${word};`],
    xorRotate: (target, other, bits) => [`${target} = rotr<u32>(${target} ^ ${other}, ${bits});`],
    chaining: (i) => `${state}${i} ^ ${state}${i + CHAINING_WORDS}`,
  };
}

/** The statements of four inputs. The vectors of state words are named `state`0..15. `message(i)` is the expression of the vector of message words i. */
export function vectorLanes({ state, message }) {
  return {
    word: (i) => `${state}${i}`,
    constant: splat,
    declaration: (i) => `let ${state}${i}`,
    add: (target, word) => [`${target} = i32x4.add(${target}, ${word});`],
    addMessage: (target, i, word) => [`${target} = i32x4.add(i32x4.add(${target}, ${message(i)}), ${word});`],
    xorRotate: (target, other, bits) => [`${target} = v128.xor(${target}, ${other});`, `${target} = ${rotated(target, bits)};`],
    chaining: (i) => `v128.xor(${state}${i}, ${state}${i + CHAINING_WORDS})`,
  };
}

function rotated(vector, bits) {
  const swizzle = SWIZZLES[bits];
  if (swizzle) return `v128.swizzle(${vector}, ${swizzle.mask})`;
  return `v128.or(i32x4.shr_u(${vector}, ${bits}), i32x4.shl(${vector}, ${32 - bits}))`;
}

/**
 * One compression in each of `lanes`. Half rounds of the lanes alternate, so that the processor overlaps them. `start` of a lane has the
 * expressions of the chaining words and of the last four state words. Behind these statements `lane.chaining(i)` is chaining word i.
 */
export function compression(lanes) {
  return [
    ...lanes.flatMap(({ lane, start }) => times(STATE_WORDS, (i) => `${lane.declaration(i)} = ${initialWord(lane, start, i)};`)),
    ...HALF_ROUNDS.flatMap((mixings) => lanes.flatMap(({ lane }) => halfRound(lane, mixings))),
  ];
}

function initialWord(lane, start, i) {
  if (i < CHAINING_WORDS) return start.chaining(i);
  const tail = [start.counterLow, start.counterHigh, start.blockLength, start.flags];
  return i < 12 ? lane.constant(`IV_${i - CHAINING_WORDS}`) : tail[i - 12];
}

/** Takes each step in all four independent mixings, so that the latency of each mixing is hidden behind the other three. */
function halfRound(lane, mixings) {
  return MIXING_STEPS.flatMap((step) => mixings.flatMap((mixing) => mixingStep(lane, step, mixing)));
}

function mixingStep(lane, step, mixing) {
  const target = lane.word(mixing[step.target]);
  if (step.xor) return lane.xorRotate(target, lane.word(mixing[step.xor]), step.rotate);
  const word = lane.word(mixing[step.add]);
  return step.message ? lane.addMessage(target, mixing[step.message], word) : lane.add(target, word);
}
