/** What is different about a block's payload. */
import type { Deviation } from "../deviations/deviation.js";
import type { CaptureBlock } from "../read/capture-block.js";
import type { TableKind } from "../write/block-kinds.js";
import type { Redaction } from "../write/table-payload.js";
import { mended, shownBytes } from "./mended.js";
import type { TranscodeChange } from "./report.js";

/** The header tells how the output is compressed, and from what. */
const OF_HEADER = new Set(["CMP-LZ4SHAPE"]);

/** The deviations of a block as changes. What a redaction takes out of the output does not come back in the report. */
export function deviationChanges(deviations: readonly Deviation[], redacted: readonly string[] = []): TranscodeChange[] {
  return deviations
    .filter(({ id }) => !OF_HEADER.has(id))
    .map((deviation) => {
      const { bytes: _, ...change } = mended(deviation);
      return redacted.includes(deviation.field ?? "") ? change : mended(deviation);
    });
}

export interface Payloads {
  readonly kind: TableKind;
  /** As the source has it, decompressed. */
  readonly read: Uint8Array;
  readonly encoded: Uint8Array;
  readonly deviations: readonly Deviation[];
  readonly redact: Redaction;
}

/** `others`: what was changed on purpose. Bytes that differ without another reason are told as well: nothing changes in silence. */
export function payloadChanges(
  block: CaptureBlock,
  { kind, read, encoded, deviations, redact }: Payloads,
  others: readonly TranscodeChange[],
): TranscodeChange[] {
  const base = block.compression === "none" ? block.payloadOffset : 0;
  // What was done on purpose about a deviation says more than the deviation; bytes behind the payload are another matter.
  const answered = new Set(others.map(({ lint }) => lint));
  const open = deviations.filter(({ id, field }) => !answered.has(id) || field === "payload");
  const told = deviationChanges(open, redact[kind]).map((change) => {
    if (change.lint !== "LEN-EXTRA" || change.field !== "payload" || change.offset === undefined) return change;
    return { ...change, ...shownBytes(read.subarray(change.offset - base)) };
  });
  const changes = [...told, ...others];
  const at = firstDifference(read, encoded);
  if (at < 0 || changes.length > 0) return changes;
  const message = `The payload of ${read.length} bytes takes ${encoded.length}, and differs from byte ${at} on: the same, stored as 1.1 stores it`;
  return [{ id: "encoding", message }];
}

function firstDifference(a: Uint8Array, b: Uint8Array): number {
  const common = Math.min(a.length, b.length);
  for (let i = 0; i < common; i++) if (a[i] !== b[i]) return i;
  return a.length === b.length ? -1 : common;
}
