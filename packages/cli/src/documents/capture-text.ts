/** The report of `msl capture` as text and as JSON. */
import type { AcquireProgress, AcquireReport, LeftOutReason, ModifiedRule } from "@memslice/acquire";
import type { Channel } from "../output.js";
import { hanging } from "../terminal/columns.js";
import { progressText } from "../terminal/progress.js";
import { byteText, counted, timeText } from "../terminal/quantity-text.js";
import { safeText } from "../terminal/safe-text.js";
import { gapTexts, hostTexts } from "./investigation-text.js";

/** `sha256`: digest of the file of an encrypted capture, in hexadecimal. */
export interface CaptureReport extends AcquireReport {
  readonly sha256?: string;
}

/** Entries of each list that the text shows without --verbose. */
const SHOWN = 5;

const LEFT_OUT: Readonly<Record<LeftOutReason, string>> = {
  dontdump: "excluded from core dumps (--dont-dump captures it)",
  device: "of devices (--devices captures it)",
  ranges: "outside --ranges",
  paths: "outside --paths",
  protection: "without the rights of --protection",
  "max-region": "larger than --max-region",
  "file-backed": "of files (--skip-file-backed)",
  "not-modified": "of files, and without copies of their own (--only-modified)",
  "same-as-file": "of files, and copies with the bytes of the file (--only-modified)",
};

/** How modified pages were found, and whether copies of pages were looked for. */
const MODIFIED: Readonly<Record<ModifiedRule, { readonly text: string; readonly hasCopies: boolean }>> = {
  compared: { text: "compared with their file", hasCopies: true },
  "page-map": { text: "by the page map alone, because the file cannot be read", hasCopies: true },
  shared: { text: "shared: what was written is in the file", hasCopies: false },
  whole: { text: "captured whole, because they cannot be read elsewhere", hasCopies: false },
};

export function captureText(out: string, report: CaptureReport, { style, verbose, width }: Channel): string {
  const { pages, modules, processThreads, changes, digest, sha256 } = report;
  const seconds = Number(report.endedNs - report.startedNs) / 1e9;
  const bytes = pages.captured * report.pageBytes;
  const list = (entries: readonly string[]) =>
    verbose || entries.length <= SHOWN
      ? entries
      : [...entries.slice(0, SHOWN), `and ${entries.length - SHOWN} more; -v shows all`];
  const rows: (readonly [string, readonly string[]])[] = [
    ["Process", [`pid ${report.pid}  ${safeText(report.exePath)}`]],
    ["Acquired", [`${timeText(report.startedNs)} to ${timeText(report.endedNs)}`]],
    ["Stopped", [stoppedText(report)]],
    [
      "Memory",
      [
        `${byteText(bytes)} in ${seconds.toFixed(2)} s, ${byteText(seconds > 0 ? bytes / seconds : 0)}/s, ${counted(report.regionBlocks, "blocks")}`,
      ],
    ],
    ["Pages", [`${pages.captured} captured, ${pages.failed} failed, ${pages.unmapped} unmapped`]],
    ["Left out", list(leftOutTexts(report))],
    ["Modified", modifiedTexts(report)],
    ["Changes", list(changes.flatMap((round, index) => round.map((one) => changeText(one, index))))],
    [
      "Modules",
      [`${modules.length}, ${modules.filter(({ diskHash }) => diskHash !== undefined).length} with the digest of their file`],
    ],
    ["Threads", [`${processThreads.length} (registers are not captured)`]],
    ...(report.investigation ? [["Host", hostTexts(report.investigation)] as const] : []),
    ["Capture", [`${report.dumpUuid}, ${byteText(report.size)}, ${counted(report.blocks, "blocks")}`]],
    ["FileHash", [report.fileHash]],
    ...(digest === undefined ? [] : [["Digest", [`${digest} (of the whole file: record it outside the file)`]] as const]),
    ...(sha256 === undefined ? [] : [["SHA-256", [`${sha256} (of the whole file: record it outside the file)`]] as const]),
  ];
  const lines = rows.flatMap(([name, entries]) =>
    entries.map((entry, index) => hanging(`  ${(index === 0 ? name : "").padEnd(12)}  `, entry, width)),
  );
  return `${[style("bold", safeText(out)), ...lines, ...captureVerdicts(report).map((line) => style("yellow", line))].join("\n")}\n`;
}

function stoppedText({ freeze }: AcquireReport): string {
  if (!freeze) return "no: it went on running, and memory changed while it was read";
  if (freeze.method === "before")
    return freeze.wentOn ? "it was stopped before, and went on" : "it was stopped before, and stays stopped";
  return `${freeze.method === "cgroup" ? "by the freezer of its control group" : "by SIGSTOP"} for ${freeze.stoppedMs.toFixed(1)} ms`;
}

function leftOutTexts({ leftOut }: AcquireReport): string[] {
  const sums = new Map<LeftOutReason, { mappings: number; bytes: bigint }>();
  for (const { start, end, reason } of leftOut) {
    const sum = sums.get(reason) ?? { mappings: 0, bytes: 0n };
    sums.set(reason, { mappings: sum.mappings + 1, bytes: sum.bytes + end - start });
  }
  return [...sums].map(
    ([reason, { mappings, bytes }]) => `${counted(mappings, "mappings")}, ${byteText(Number(bytes))}: ${LEFT_OUT[reason]}`,
  );
}

function modifiedTexts({ modified = [] }: AcquireReport): string[] {
  return (Object.keys(MODIFIED) as ModifiedRule[]).flatMap((rule) => {
    const mappings = modified.filter((one) => one.rule === rule);
    if (mappings.length === 0) return [];
    const { text, hasCopies } = MODIFIED[rule];
    const sum = (count: (one: (typeof mappings)[number]) => number) => mappings.reduce((all, one) => all + count(one), 0);
    const [copied, equal] = [sum(({ copiedPages }) => copiedPages), sum(({ equalPages }) => equalPages)];
    const copies = hasCopies ? `; ${copied - equal} of ${counted(copied, "copied pages")} captured` : "";
    return [`${counted(mappings.length, "mappings")} of files ${text}${copies}`];
  });
}

function changeText({ start, end, change, path }: AcquireReport["changes"][number][number], round: number): string {
  return `round ${round + 1}: ${start.toString(16)}-${end.toString(16)} ${change}${path === "" ? "" : ` ${safeText(path)}`}`;
}

/** What is not as it was asked for, in sentences. */
export function captureVerdicts({ targetEnded, consistent, freeze, pages, investigation }: AcquireReport): string[] {
  return [
    ...(freeze?.wentOn ? ["Something else let the process go on while it was captured: memory may have changed meanwhile"] : []),
    ...(investigation ? gapTexts(investigation) : []),
    ...(targetEnded ? ["The process ended, or ran another program, before everything was read"] : []),
    ...(pages.failed > 0 ? [`${counted(pages.failed, "pages")} could not be read`] : []),
    ...(consistent || targetEnded ? [] : ["Mappings still changed at the last look: see Changes"]),
  ];
}

export function captureJson(out: string, report: CaptureReport): object {
  const address = (value: bigint) => `0x${value.toString(16)}`;
  const area = ({ start, end, ...rest }: { readonly start: bigint; readonly end: bigint }) => ({
    start: address(start),
    end: address(end),
    ...rest,
  });
  const { endOfCapture: _, startedNs, endedNs, leftOut, modified, changes, modules, abandoned: __, ...rest } = report;
  return {
    ...{ schema: "msl.capture/1", file: out, ...rest, startedNs: String(startedNs), endedNs: String(endedNs) },
    leftOut: leftOut.map(area),
    ...(modified && { modified: modified.map(area) }),
    changes: changes.map((round) => round.map(area)),
    modules: modules.map(({ baseAddr, moduleSize, ...own }) => ({ ...own, base: address(baseAddr), size: String(moduleSize) })),
  };
}

/** The line of progress: bytes, rate and remaining time, and pages by their state. */
export function progressLine(progress: AcquireProgress): string {
  const { captured, failed, unmapped } = progress.pages;
  return `${progressText(progress)}; pages: ${captured} captured, ${failed} failed, ${unmapped} unmapped`;
}
