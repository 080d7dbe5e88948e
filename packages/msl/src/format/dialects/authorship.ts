/** What is known of who wrote a capture, for the payloads whose bytes leave a choice. */
import type { SlicedWork } from "../../sliced-work.js";
import { BLOCK_HEADER_SIZE } from "../block-header.js";
import { detectDialect } from "./detect-dialect.js";
import { type Authorship, type Dialect, producerOf } from "./dialects.js";
import type { Evidence } from "./evidence.js";
import { isMarkedContext, MARKING_TYPES, mayBeMarkedContext } from "./marks.js";

/** The label of a capture whose blocks are all known, and what it means for payloads. */
export function* authorshipOf(evidence: Evidence): SlicedWork<{ readonly dialect: Dialect; readonly authorship: Authorship }> {
  const dialect = yield* detectDialect(evidence);
  const producer = producerOf(dialect);
  const marked = hasMemslicerMarks(evidence);
  return { dialect, authorship: { marked, memslicer: marked || producer === "memslicer", memdiver: producer === "memdiver" } };
}

function hasMemslicerMarks({ records, count, peeked }: Evidence): boolean {
  for (const type of MARKING_TYPES) {
    const index = records.indexOfType(type);
    if (index >= 0 && index < count) return true;
  }
  for (const [index, bytes] of peeked) {
    const looked = mayBeMarkedContext(records.type(index), records.flags(index));
    if (looked && isMarkedContext(bytes.subarray(BLOCK_HEADER_SIZE, records.length(index)))) return true;
  }
  return false;
}
