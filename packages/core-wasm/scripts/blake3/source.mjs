/** AssemblyScript text for the BLAKE3 kernels. Statements are arrays of lines without indentation. */
import { CHAINING_WORDS } from "./round.mjs";

export const WORD_BYTES = 4;
export const VECTOR_BYTES = 16;
/** Inputs side by side in one vector, and words in one vector. */
export const LANES = 4;

export function times(count, each) {
  return Array.from({ length: count }, (_, index) => each(index)).flat();
}

/** An exported function. `documentation` and `parameters` have an entry for each line. */
export function exportedFunction({ documentation, name, parameters, body }) {
  return [
    "/**",
    ...documentation.map((line) => ` * ${line}`),
    " */",
    `export function ${name}(`,
    ...parameters.map((parameter) => `  ${parameter},`),
    ...braces("): void", body),
    "",
  ];
}

/** A loop that runs `body` for every block of the inputs, with `flags` set. For the last block, `beforeLast` comes first. */
export function blockLoop(beforeLast, body) {
  return [
    "let flags = firstFlags;",
    ...braces("for (let block: u32 = 1; block <= blocks; block++)", [
      ...braces("if (block == blocks)", ["flags |= lastFlags;", ...beforeLast]),
      ...body,
      "flags = 0;",
    ]),
  ];
}

export function braces(header, lines) {
  return [`${header} {`, ...lines.map((line) => `  ${line}`), "}"];
}

/** The word in all four lanes. */
export function splat(word) {
  return `i32x4.splat(<i32>${word})`;
}

/** Loads the blocks at `address(0..3)` and transposes them: each of `message0..message15` holds one message word of all four lanes. */
export function loadMessages(address) {
  return times(4, (quarter) => [
    ...times(LANES, (lane) => `const row${quarter}${lane} = v128.load(${address(lane)}, ${quarter * VECTOR_BYTES});`),
    ...transpose(
      `pairs${quarter}`,
      (lane) => `row${quarter}${lane}`,
      (word) => `message${quarter * 4 + word}`,
    ),
  ]);
}

/** Stores the chaining words `chaining(0..7)` of all four lanes as one chaining value per lane, at `place(lane)`. */
export function storeChainingValues(chaining, place) {
  return times(CHAINING_WORDS / 4, (half) => [
    ...transpose(
      `swapped${half}`,
      (word) => chaining(half * 4 + word),
      (lane) => `value${lane}${half}`,
    ),
    ...times(LANES, (lane) => {
      const { address, offset } = place(lane);
      return `v128.store(${address}, value${lane}${half}, ${offset} + ${half * VECTOR_BYTES});`;
    }),
  ]);
}

/** Transposes a 4 x 4 matrix of words from four row expressions to four column constants. `label` begins the names of intermediate constants. */
function transpose(label, row, column) {
  return [
    `const ${label}low01 = v128.shuffle<i32>(${row(0)}, ${row(1)}, 0, 4, 1, 5);`,
    `const ${label}high01 = v128.shuffle<i32>(${row(0)}, ${row(1)}, 2, 6, 3, 7);`,
    `const ${label}low23 = v128.shuffle<i32>(${row(2)}, ${row(3)}, 0, 4, 1, 5);`,
    `const ${label}high23 = v128.shuffle<i32>(${row(2)}, ${row(3)}, 2, 6, 3, 7);`,
    `const ${column(0)} = v128.shuffle<i64>(${label}low01, ${label}low23, 0, 2);`,
    `const ${column(1)} = v128.shuffle<i64>(${label}low01, ${label}low23, 1, 3);`,
    `const ${column(2)} = v128.shuffle<i64>(${label}high01, ${label}high23, 0, 2);`,
    `const ${column(3)} = v128.shuffle<i64>(${label}high01, ${label}high23, 1, 3);`,
  ];
}
