/** `msl export --to key-log`: the TLS secrets of Key Hints as a key log (RFC 9850). */
import type { ExportNote } from "@memslice/convert";
import type { Sink } from "@memslice/msl";
import { unreadableHints } from "../tables/hints-table.js";
import { withoutEnd } from "../tables/table-command.js";
import { counted } from "../terminal/quantity-text.js";
import type { ExportRequest, ExportResult } from "./export-request.js";

/** Hints of other protocols have no place in a key log; the others lack a part of their line. */
const NO_PLACE = "not TLS";

export async function writeKeyLog({ capture, signal }: ExportRequest, sink: Sink): Promise<ExportResult> {
  const { keyLogLines } = await import("@memslice/analysis");
  const hints = await capture.keyHints(signal);
  const { lines, leftOut } = keyLogLines(hints);
  const bytes = new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
  if (bytes.length > 0) await sink.write(bytes);
  const reasons = [...new Set(leftOut.map(({ reason }) => reason))];
  const notes: ExportNote[] = reasons.map((reason) => {
    const hintsOf = counted(leftOut.filter((one) => one.reason === reason).length, "Key Hints");
    return { kind: reason === NO_PLACE ? "no place" : "left out", subject: "KeyHint", message: `${hintsOf}: ${reason}` };
  });
  for (const problem of [...(await unreadableHints(capture, hints, signal)), ...withoutEnd(capture)])
    notes.push({ kind: "missing", subject: "KeyHint", message: problem });
  const complete = notes.every(({ kind }) => kind === "no place");
  return { size: BigInt(bytes.length), lines: lines.length, notes, complete };
}
