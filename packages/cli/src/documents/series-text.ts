/** The report of `msl capture --repeat` as text and as JSON. */
import type { MslError } from "@memslice/msl";
import type { Channel } from "../output.js";
import { byteText, counted, timeText } from "../terminal/quantity-text.js";
import { safeText } from "../terminal/safe-text.js";
import { type CaptureReport, captureJson, captureVerdicts } from "./capture-text.js";

export interface SeriesReport {
  readonly pid: number;
  /** How many captures were asked for. */
  readonly count: number;
  readonly everyMs: number;
  readonly captures: readonly { readonly file: string; readonly capture: CaptureReport }[];
  /** Why there are fewer captures than were asked for, or why the last one is not complete. */
  readonly ended?: "process-ended" | "interrupted" | "failed";
  readonly error?: MslError;
  /** A last capture without its end. */
  readonly partial?: string;
}

export function seriesJson({ pid, count, everyMs, captures, ended, error, partial }: SeriesReport): object {
  return {
    ...{ schema: "msl.capture/1", pid, asked: count, everyMs },
    complete: ended === undefined && captures.every(({ capture }) => capture.complete),
    captures: captures.map(({ file, capture }) => captureJson(file, capture)),
    ...(ended && { ended }),
    ...(partial !== undefined && { partial }),
    ...(error && { error: { code: error.code, message: error.message } }),
  };
}

export function seriesText({ pid, count, captures, ended, partial }: SeriesReport, { style }: Channel): string {
  const [first] = captures;
  const lines = captures.flatMap(({ file, capture }) => {
    const { pages, pageBytes, digest, sha256, startedNs, freeze } = capture;
    const stopped = freeze && freeze.method !== "before" ? `, stopped for ${freeze.stoppedMs.toFixed(1)} ms` : "";
    return [
      safeText(file),
      `    ${timeText(startedNs)}  ${byteText(pages.captured * pageBytes)}${stopped}`,
      sha256 === undefined ? `    Digest  ${digest ?? ""}` : `    SHA-256  ${sha256}`,
      ...(first && first.capture.exePath !== capture.exePath
        ? [`    It runs another program now: ${safeText(capture.exePath)}`]
        : []),
      ...captureVerdicts(capture).map((line) => `    ${line}`),
    ];
  });
  const verdicts = {
    "process-ended": `Process ${pid} has ended: ${captures.length} of ${count} captures were taken`,
    interrupted: `Interrupted: ${captures.length} of ${count} captures are complete`,
    failed: `The series ended early: ${captures.length} of ${count} captures were taken`,
  };
  const rest = partial === undefined ? "" : `; ${safeText(partial)} holds what was read, and has no end`;
  const head = `process ${pid}  ${safeText(first?.capture.exePath ?? "")}: ${counted(captures.length, "captures")}`;
  return `${[style("bold", head), ...lines.map((line) => `  ${line}`), ...(ended ? [style("yellow", `${verdicts[ended]}${rest}`)] : [])].join("\n")}\n`;
}
