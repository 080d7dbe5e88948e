/** The report of `msl capture --tree` as text and as JSON. */
import type { TreeChanges, TreeProcess } from "@memslice/acquire";
import type { Channel } from "../output.js";
import { byteText, counted } from "../terminal/quantity-text.js";
import { safeText } from "../terminal/safe-text.js";
import { type CaptureReport, captureJson, captureVerdicts } from "./capture-text.js";
import { processJson } from "./process-text.js";

/** A process of the tree, and its capture or what kept it from being captured. */
export interface TreeRow {
  readonly process: TreeProcess;
  /** The name of its file in the folder, also of one without its end; absent if there is none. */
  readonly file?: string;
  readonly capture?: CaptureReport;
  readonly error?: { readonly code: string; readonly message: string };
}

export interface TreeReport {
  readonly folder: string;
  /** The root. */
  readonly pid: number;
  readonly rows: readonly TreeRow[];
  readonly changes: TreeChanges;
}

/** Whether every process that was of the tree at any time is captured completely, and as it was asked for. */
export function isTreeComplete({ rows, changes }: TreeReport): boolean {
  return (
    changes.appeared.length === 0 &&
    rows.every(({ process, capture }) => capture?.complete === true && !changes.notStopped.has(process.pid))
  );
}

export function treeJson(report: TreeReport): object {
  const { folder, pid, rows, changes } = report;
  return {
    ...{ schema: "msl.capture/1", folder, pid, complete: isTreeComplete(report) },
    processes: rows.map(({ process, file, capture, error }) => {
      const { depth, dumpUuid: _, permitted: __, findings, ...described } = process;
      const notStopped = changes.notStopped.get(process.pid);
      return {
        ...{ ...processJson(described), depth, findings },
        ...(file !== undefined && { file }),
        ...(capture && { capture: captureJson(file ?? "", stoppedFor(capture, changes)) }),
        ...(error && { error }),
        ...(notStopped !== undefined && { notStopped }),
      };
    }),
    appeared: changes.appeared.map(processJson),
    ended: changes.ended,
  };
}

/** The report with the whole time for which the process was stopped: it went on with the others, later than its own capture was complete. */
function stoppedFor(capture: CaptureReport, { freezes }: TreeChanges): CaptureReport {
  const freeze = freezes.get(capture.pid);
  return capture.freeze && freeze ? { ...capture, freeze } : capture;
}

export function treeText(report: TreeReport, { style }: Channel): string {
  const { folder, pid, rows, changes } = report;
  const captured = rows.filter(({ capture }) => capture).length;
  const head = `${safeText(folder)}  tree of process ${pid}: ${counted(rows.length, "processes")}, ${captured} captured`;
  const lines = rows.flatMap((row) => rowLines(row, changes).map((line, index) => (index === 0 ? line : `      ${line}`)));
  const verdicts = [
    ...stoppedText(changes),
    ...changes.appeared.map(({ pid: one, name }) => `Process ${one} (${safeText(name)}) appeared later, and is not captured`),
    ...changes.ended.map((one) => `Process ${one} has ended since`),
  ];
  const summary = verdicts.map((line) => (line.startsWith("Stopped") ? line : style("yellow", line)));
  return `${[style("bold", head), ...lines.map((line) => `  ${line}`), ...summary].join("\n")}\n`;
}

function rowLines({ process, file, capture, error }: TreeRow, { notStopped }: TreeChanges): string[] {
  const name = `${process.pid}  ${safeText(process.name)}${process.depth === 0 ? "" : `  (parent ${process.parentPid})`}`;
  const problem = notStopped.get(process.pid);
  if (!capture) {
    const partial = file === undefined ? "" : `; ${safeText(file)} holds what was read, and has no end`;
    return [name, `not captured: ${safeText(error?.message ?? "")}${partial}`];
  }
  const { pages, pageBytes, digest, sha256 } = capture;
  return [
    name,
    `${safeText(file ?? "")}  ${byteText(pages.captured * pageBytes)}, ${counted(pages.failed, "failed pages")}, ${counted(capture.modules.length, "modules")}`,
    sha256 === undefined ? `Digest  ${digest ?? ""}` : `SHA-256  ${sha256}`,
    ...captureVerdicts(capture),
    ...(problem === undefined ? [] : [`It went on running: ${safeText(problem)}`]),
  ];
}

function stoppedText({ freezes }: TreeChanges): string[] {
  const own = [...freezes.values()].filter(({ method }) => method !== "before");
  if (own.length === 0) return [];
  const most = Math.max(...own.map(({ stoppedMs }) => stoppedMs));
  return [`Stopped together: ${counted(own.length, "processes")}, for up to ${most.toFixed(1)} ms`];
}
