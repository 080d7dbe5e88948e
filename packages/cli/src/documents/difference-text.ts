/** What `msl compare` found, as text and as JSON. */
import type {
  ChangedRegion,
  ChangedState,
  ComparedCoverage,
  ComparedModule,
  ComparedRegion,
  ComparisonSummary,
  Difference,
} from "@memslice/analysis";
import { codeName, REGION_TYPE } from "@memslice/msl";
import { flowed, hanging } from "../terminal/columns.js";
import { hexText } from "../terminal/hex-text.js";
import { byteText, counted } from "../terminal/quantity-text.js";
import { safeText } from "../terminal/safe-text.js";
import { addressText } from "./place-text.js";
import { protectionText } from "./protection-text.js";

/** The lines below the verdict, in at most `width` columns. */
export function summaryLines(summary: ComparisonSummary, width: number | undefined): string[] {
  const { changedBytes, changedRanges, changedPages, pageSize, equalBytes, addedBytes, removedBytes } = summary;
  const { stateChangedBytes, notAlignedBytes, regions, reprotectedBytes, modules, coverage } = summary;
  const lines = [
    `Bytes     ${changedBytes} changed in ${counted(changedRanges, "ranges")} on ${counted(changedPages, "pages")} of ${byteText(pageSize)}; ${size(equalBytes)} equal`,
    `Memory    ${size(addedBytes)} added, ${size(removedBytes)} removed, ${size(stateChangedBytes)} in another state${notAlignedBytes > 0n ? `, ${size(notAlignedBytes)} not aligned` : ""}`,
    `Regions   ${regions.added} added, ${regions.removed} removed, ${regions.changed} changed${reprotectedBytes > 0n ? `; ${size(reprotectedBytes)} under another protection` : ""}`,
    `Modules   ${modules.added} added, ${modules.removed} removed, ${modules.moved} moved, ${modules.changed} changed`,
    `Compared  ${size(coverage.a.compared)}${notCompared("A", coverage.a)}${notCompared("B", coverage.b)}`,
  ];
  const parts = lines.flatMap((line) => line.split("\n"));
  return parts.map((part) => hanging(`  ${part.slice(0, SUMMARY_INDENT)}`, part.slice(SUMMARY_INDENT), width));
}

/** Columns before the values of a summary. */
const SUMMARY_INDENT = 10;

function notCompared(
  side: string,
  { notComparable, failed, missing, overlapped, unreadableRegions, regionsMissing, cutOff }: ComparedCoverage,
): string {
  const gaps = [
    notComparable > 0n && `${size(notComparable)} without a counterpart`,
    failed > 0n && `${size(failed)} of pages that failed`,
    missing > 0n && `${size(missing)} that the capture lacks`,
    overlapped > 0n &&
      `${size(overlapped)} of regions that overlap others of the same capture (msl hexdump --block N shows one of them)`,
    unreadableRegions > 0 && `${counted(unreadableRegions, "regions")} that cannot be read`,
    regionsMissing && "memory, since the header announces MemoryRegions, and the chain reaches no block with it",
    cutOff && "what follows its end, since End-of-Capture is missing",
  ].filter((gap) => gap !== false);
  return gaps.length === 0 ? "" : `\n          not of ${side}: ${gaps.join(", ")}`;
}

export const DIFFERENCE_HEADING = "what            A               B               size      difference";

/** Digits of most addresses, with 0x. */
const ADDRESS_WIDTH = 14;

/** `place`: of the address in A, or else of the address in B. `width`: columns of the terminal, if there is one. */
export function differenceLine(difference: Difference, place: string, width: number | undefined): string {
  const { a, b } = sidesOf(difference);
  const cells = [
    nameOf(difference).padEnd(14),
    (a === undefined ? "-" : addressText(a)).padEnd(ADDRESS_WIDTH),
    (b === undefined ? "-" : b === a ? "=" : addressText(b)).padEnd(ADDRESS_WIDTH),
    lengthText(difference).padEnd(8),
    safeText(detail(difference, place)),
  ];
  return flowed(cells, width);
}

/** The addresses of the sides that have the memory. */
export function sidesOf({ a, b, ...difference }: Difference): {
  readonly a?: bigint | undefined;
  readonly b?: bigint | undefined;
} {
  if (difference.kind !== "state") return { a, b };
  return { a: difference.from === "absent" ? undefined : a, b: difference.to === "absent" ? undefined : b };
}

function nameOf(difference: Difference): string {
  switch (difference.kind) {
    case "bytes":
      return "bytes changed";
    case "state":
      return difference.change === "state" ? "state changed" : `memory ${difference.change}`;
    case "not-comparable":
      return "not comparable";
    case "region":
      return isReprotection(difference) ? "reprotected" : `region ${difference.change}`;
    case "module":
      return `module ${isMove(difference) ? "moved" : difference.change}`;
  }
}

function isMove(difference: Difference): boolean {
  const { kind } = difference;
  return kind === "module" && difference.change === "changed" && difference.fields.every((field) => field === "base");
}

/** Whether nothing differs but the protection. */
function isReprotection({ fields }: ChangedRegion): boolean {
  return fields.length === 1 && fields[0] === "protection";
}

function lengthText(difference: Difference): string {
  if (difference.kind === "module") return size((difference.after ?? difference.before)?.moduleSize ?? 0n);
  return size(difference.length);
}

function detail(difference: Difference, place: string): string {
  switch (difference.kind) {
    case "bytes":
      return `${difference.changed} differ, ${place}`;
    case "state":
      return `${stateText(difference)}, ${place}`;
    case "not-comparable":
      return difference.reason;
    case "region":
      return regionChange(difference, place);
    case "module": {
      const { before, after, fields } = difference;
      const paths = [...new Set([before, after].flatMap((one) => (one ? [one.path] : [])))];
      const changed = fields.filter((field) => field !== "base" && field !== "path");
      return `${paths.join(" -> ")}${changed.length > 0 ? ` (${changed.join(", ")})` : ""}`;
    }
  }
}

/** Of memory that one side lacks, the state on the other side. */
function stateText({ change, from, to }: ChangedState): string {
  return change === "added" ? to : change === "removed" ? from : `${from} -> ${to}`;
}

function regionChange(difference: ChangedRegion, place: string): string {
  const { before, after, fields } = difference;
  if (!before || !after) return [before ?? after].map((region) => region && regionText(region)).join("");
  if (fields.includes("size")) return `${codeName(REGION_TYPE, after.head.regionType)}, before ${size(before.regionSize)}`;
  if (!isReprotection(difference)) return `${regionText(before)} -> ${regionText(after)}`;
  return `${protectionText(before.head.protection)} -> ${protectionText(after.head.protection)}, ${place}`;
}

function regionText({ head }: ComparedRegion): string {
  return `${protectionText(head.protection)} ${codeName(REGION_TYPE, head.regionType)}`;
}

export function summaryJson({ coverage, ...summary }: ComparisonSummary) {
  const side = ({ compared, notComparable, failed, missing, overlapped, unmapped, ...lacking }: ComparedCoverage) => ({
    compared: String(compared),
    notComparable: String(notComparable),
    failed: String(failed),
    missing: String(missing),
    overlapped: String(overlapped),
    unmapped: String(unmapped),
    ...lacking,
  });
  return {
    ...summary,
    ...{ equalBytes: String(summary.equalBytes), changedBytes: String(summary.changedBytes) },
    ...{ changedPages: String(summary.changedPages), addedBytes: String(summary.addedBytes) },
    ...{ removedBytes: String(summary.removedBytes), stateChangedBytes: String(summary.stateChangedBytes) },
    notAlignedBytes: String(summary.notAlignedBytes),
    reprotectedBytes: String(summary.reprotectedBytes),
    coverage: { a: side(coverage.a), b: side(coverage.b) },
  };
}

export function differenceJson(difference: Difference, place: object): object {
  const { kind, a, b } = difference;
  const head = { kind, ...(a !== undefined && { a: addressText(a) }), ...(b !== undefined && { b: addressText(b) }) };
  switch (difference.kind) {
    case "bytes":
      return { ...head, length: String(difference.length), changed: String(difference.changed), ...place };
    case "state": {
      const { change, length, from, to } = difference;
      return { ...head, change, length: String(length), from, to, ...place };
    }
    case "not-comparable":
      return { ...head, length: String(difference.length), reason: difference.reason };
    case "region": {
      const { before, after, length } = difference;
      return { ...head, length: String(length), ...changeJson(difference, regionJson), ...(before && after && place) };
    }
    case "module":
      return { ...head, ...changeJson(difference, moduleJson) };
  }
}

interface Change<T> {
  readonly change: string;
  readonly fields: readonly string[];
  readonly before?: T;
  readonly after?: T;
}

function changeJson<T>({ change, fields, before, after }: Change<T>, jsonOf: (one: T) => object) {
  return { change, fields, ...(before && { before: jsonOf(before) }), ...(after && { after: jsonOf(after) }) };
}

function regionJson({ baseAddr, regionSize, head }: ComparedRegion) {
  return {
    baseAddr: addressText(baseAddr),
    regionSize: String(regionSize),
    protection: head.protection,
    regionType: codeName(REGION_TYPE, head.regionType),
  };
}

function moduleJson({ baseAddr, moduleSize, path, entry }: ComparedModule) {
  return {
    baseAddr: addressText(baseAddr),
    moduleSize: String(moduleSize),
    path,
    ...(entry && { version: entry.version, diskHash: hexText(entry.diskHash) }),
  };
}

function size(bytes: bigint): string {
  return byteText(Number(bytes));
}
