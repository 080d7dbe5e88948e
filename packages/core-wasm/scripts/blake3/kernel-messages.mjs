/**
 * Four short messages (one chunk each, of any lengths) in the four lanes of the vectors. A lane whose message has ended keeps its
 * chaining words while the others go on. The last block of each message comes from a copy that is padded with zeros.
 */
import { compression, swizzleMasks, vectorLanes } from "./lanes.mjs";
import { CHAINING_WORDS } from "./round.mjs";
import { braces, exportedFunction, LANES, loadMessages, splat, storeChainingValues, times } from "./source.mjs";

export function hashFourMessages() {
  const lanes = vectorLanes({ state: "v", message: (i) => `message${i}` });
  const start = {
    chaining: (i) => `h${i}`,
    counterLow: splat(0),
    counterHigh: splat(0),
    blockLength: "blockLengths",
    flags: "flags",
  };
  const descriptors = times(LANES, (lane) => `descriptor${lane}: usize`);
  return exportedFunction({
    documentation: [
      "Digests of four messages of at most one chunk, by their descriptors. `lastBlocks` holds the padded last block of each.",
    ],
    name: "hashFourMessages",
    parameters: [...descriptors, "lastBlocks: usize"],
    body: [
      ...times(LANES, (lane) => [
        `const bytes${lane} = descriptorMessage(descriptor${lane});`,
        `const last${lane} = lastBlockIndex(descriptorLength(descriptor${lane}));`,
        `const lastLength${lane} = descriptorLength(descriptor${lane}) - last${lane} * BLOCK_BYTES;`,
      ]),
      `const lasts = ${lanesOf((lane) => `last${lane}`)};`,
      `const lastLengths = ${lanesOf((lane) => `lastLength${lane}`)};`,
      "const longest = max(max(last0, last1), max(last2, last3));",
      ...swizzleMasks(),
      ...times(CHAINING_WORDS, (i) => `let h${i} = ${splat(`IV_${i}`)};`),
      ...braces("for (let block: u32 = 0; block <= longest; block++)", [
        `const blocks = ${splat("block")};`,
        "const isLast = i32x4.eq(blocks, lasts);",
        "const hasEnded = i32x4.gt_s(blocks, lasts);",
        `const blockLengths = v128.bitselect(lastLengths, ${splat("BLOCK_BYTES")}, isLast);`,
        `const flags = v128.or(${splat("(block == 0 ? CHUNK_START : 0)")}, v128.and(isLast, ${splat("(CHUNK_END | ROOT)")}));`,
        ...times(
          LANES,
          (lane) =>
            `const input${lane} = block < last${lane} ? bytes${lane} + block * BLOCK_BYTES : lastBlocks + ${lane} * BLOCK_BYTES;`,
        ),
        ...loadMessages((lane) => `input${lane}`),
        ...compression([{ lane: lanes, start }]),
        ...times(CHAINING_WORDS, (i) => `h${i} = v128.bitselect(h${i}, ${lanes.chaining(i)}, hasEnded);`),
      ]),
      ...storeChainingValues(
        (i) => `h${i}`,
        (lane) => ({ address: `descriptorOutput(descriptor${lane})`, offset: 0 }),
      ),
    ],
  });
}

function lanesOf(word) {
  return times(LANES - 1, (lane) => lane + 1).reduce(
    (vector, lane) => `i32x4.replace_lane(${vector}, ${lane}, <i32>${word(lane)})`,
    splat(word(0)),
  );
}
