/** Strings in memory, with their addresses. */

import { MslError } from "@memslice/msl";
import { countOf, listOf, oneOf, requireOptions, tableOf } from "@memslice/msl/work";
import { type Findings, type FindingsOptions, findingsOf, foundList } from "../asking/question.js";
import type { Memory } from "../memory.js";
import { FINDINGS } from "../options/questions.js";
import { OpenRuns } from "./open-runs.js";
import type { MemoryString } from "./run-decoder.js";
import { STRING_ENCODINGS, type StringEncoding } from "./text-looker.js";

/** Options of `strings`. */
export interface StringsOptions extends FindingsOptions {
  /** The fewest characters of a string. Default 4. */
  readonly minimum?: number;
  /** Default: ascii and utf-16le. */
  readonly encodings?: readonly StringEncoding[];
  /** The most characters of a string that are returned: `length` counts all bytes of a longer one. Default 4,096. */
  readonly longest?: number;
}

export const STRINGS = tableOf<StringsOptions>("strings")({
  ...FINDINGS,
  minimum: countOf("characters", 1),
  encodings: listOf(oneOf(STRING_ENCODINGS)),
  longest: countOf("characters"),
});

/** Strings in batches, in the order of their addresses; at one address in the order of the encodings. */
export type Strings = Findings<readonly MemoryString[]>;

/** A character of UTF-16 may lie on both sides of a border between two pieces. */
const OVERLAP = 2;

/**
 * Strings as GNU strings finds them: runs of printable characters of ASCII and tabs, at any alignment, in one byte or in two. With "utf-8", other
 * characters count, too; controls and bytes that are no UTF-8 end a string. No string lies across a hole. Throws `usage` for options that make no
 * sense, and what the memory throws.
 */
export function strings(memory: Memory, options: StringsOptions = {}): Strings {
  requireOptions(STRINGS, options);
  const { minimum = 4, longest = 4096 } = options;
  const encodings = [...new Set(options.encodings ?? (["ascii", "utf-16le"] as const))];
  if (encodings.length === 0) throw new MslError("usage", "There is no encoding to look for");
  return findingsOf(memory, { kind: "text", spec: { encodings, minimum }, overlap: OVERLAP }, options, () => {
    const open = new OpenRuns({ minimum, longest, encodings });
    return {
      *findingsOf(answered) {
        return foundList(yield* open.closedBy(answered));
      },
    };
  });
}
