/** `msl export --to key-log`: the TLS secrets of Key Hints as a key log (RFC 9850). */
import type { KeyLog } from "@memslice/analysis";
import type { ExportNote } from "@memslice/convert";
import type { Sink } from "@memslice/msl";
import { unreadableHints } from "../tables/hints-table.js";
import { withoutEnd } from "../tables/table-command.js";
import { counted } from "../terminal/quantity-text.js";
import type { ExportRequest, ExportResult } from "./export-request.js";

/**
 * The lines that hints would have which can be read in two ways, as comments: a program that read them would keep the last one for a client random, right or
 * wrong.
 */
export function commentsOf(leftOut: KeyLog["leftOut"]): string[] {
  return leftOut.flatMap(({ hint, candidates }) =>
    candidates
      ? [
          `# Key Hint in block ${hint.block.index} can be read in two ways (KEY-AMBIGUOUS); at most one of these lines is right:`,
          ...candidates.map((line) => `# ${line}`),
        ]
      : [],
  );
}

/** Hints of other protocols have no place in a key log; the others lack a part of their line. */
const NO_PLACE = "not TLS";

export async function writeKeyLog({ capture, signal }: ExportRequest, sink: Sink): Promise<ExportResult> {
  const { keyLogLines } = await import("@memslice/analysis");
  const hints = await capture.keyHints(signal);
  const { lines, leftOut } = keyLogLines(hints);
  const bytes = new TextEncoder().encode([...lines, ...commentsOf(leftOut)].map((line) => `${line}\n`).join(""));
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
