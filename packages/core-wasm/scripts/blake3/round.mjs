/**
 * The BLAKE3 compression function as data, from which every kernel is generated.
 *
 * Source: BLAKE3 paper, sections 2.1 and 2.2.
 */
export const STATE_WORDS = 16;
export const BLOCK_WORDS = 16;
export const CHAINING_WORDS = 8;

const ROUNDS = 7;

/** Word i of a round's message is word PERMUTATION[i] of the round before. */
const PERMUTATION = [2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8];

/** The state is a 4 x 4 matrix of words. A round mixes its columns, then its diagonals. */
const COLUMNS = [
  { a: 0, b: 4, c: 8, d: 12 },
  { a: 1, b: 5, c: 9, d: 13 },
  { a: 2, b: 6, c: 10, d: 14 },
  { a: 3, b: 7, c: 11, d: 15 },
];
const DIAGONALS = [
  { a: 0, b: 5, c: 10, d: 15 },
  { a: 1, b: 6, c: 11, d: 12 },
  { a: 2, b: 7, c: 8, d: 13 },
  { a: 3, b: 4, c: 9, d: 14 },
];

/** The steps of the mixing function G(a, b, c, d, x, y): words are added to the target, or it is combined with a word and rotated right. */
export const MIXING_STEPS = [
  { target: "a", add: "b", message: "x" },
  { target: "d", xor: "a", rotate: 16 },
  { target: "c", add: "d" },
  { target: "b", xor: "c", rotate: 12 },
  { target: "a", add: "b", message: "y" },
  { target: "d", xor: "a", rotate: 8 },
  { target: "c", add: "d" },
  { target: "b", xor: "c", rotate: 7 },
];

/** The seven rounds: 14 half rounds of four independent mixings, each with its four state words and its two message words. */
export const HALF_ROUNDS = messageSchedule().flatMap((words) => [
  withMessage(COLUMNS, words.slice(0, 8)),
  withMessage(DIAGONALS, words.slice(8)),
]);

/** The message words of each round, in the order of their use. */
function messageSchedule() {
  const schedule = [Array.from({ length: BLOCK_WORDS }, (_, word) => word)];
  while (schedule.length < ROUNDS) {
    const previous = schedule[schedule.length - 1];
    schedule.push(PERMUTATION.map((from) => previous[from]));
  }
  return schedule;
}

function withMessage(mixings, words) {
  return mixings.map((mixing, i) => ({ ...mixing, x: words[2 * i], y: words[2 * i + 1] }));
}
