/**
 * What a reader of a capture has to know before trusting it or passing it on: the warnings of `msl info`. Each has an id, which programs can rely on, and a
 * sentence. docs/verifying.md lists them. Deviations from the specification are `msl lint`'s.
 */
import type { Capture, CaptureHead, Deviation } from "@memslice/msl";
import { byteText, counted, timeText } from "../terminal/quantity-text.js";
import type { CaptureFacts } from "./capture-facts.js";

/** The ids in the order in which the warnings are shown. */
export const WARNING_IDS = [
  "no-end",
  "cut-off",
  "behind-end",
  "header-damaged",
  "salvaged",
  "absent",
  "no-memory",
  "pages-failed",
  "pages-missing",
  "regions-unreadable",
  "regions-overlap",
  "imported",
  "redacted",
  "clock",
  "plain-keys",
  "weak-passphrase",
] as const;
type WarningId = (typeof WARNING_IDS)[number];

export interface Warning {
  readonly id: WarningId;
  readonly message: string;
}

/** Facts about a capture that no other part of the summary has. */
type End = Pick<Capture["end"], "eocIndex" | "eocEnd" | "truncatedBlock" | "dataEnd">;
type Head = Pick<CaptureHead, "header"> & { readonly deviations: readonly Deviation[] };

/** The warnings about a capture that was opened. */
export function warningsOf(summary: CaptureFacts, end: End): Warning[] {
  return ordered([
    ...completeness(summary, end),
    ...memory(summary),
    ...origin(summary),
    ...clock(summary),
    ...headerWarnings(summary),
  ]);
}

/** The warnings about an encrypted capture without its key. */
export function warningsOfHead(head: Head): Warning[] {
  return ordered([...headerWarnings(head)]);
}

function ordered(warnings: readonly Warning[]): Warning[] {
  return warnings.toSorted((a, b) => WARNING_IDS.indexOf(a.id) - WARNING_IDS.indexOf(b.id));
}

function* completeness(summary: CaptureFacts, { eocIndex, eocEnd, truncatedBlock, dataEnd }: End): Generator<Warning> {
  const { salvaged, blocks, regions, modules, announcedButMissing } = summary;
  if (eocIndex === null)
    yield {
      id: "no-end",
      message: salvaged
        ? "no End-of-Capture before the damage, and none behind it with a FileHash that holds"
        : "no End-of-Capture: the acquisition did not finish, or the end of the file is lost",
    };
  if (truncatedBlock !== null) yield { id: "cut-off", message: `the file ends inside block ${truncatedBlock}` };
  if (eocEnd !== null && dataEnd > eocEnd)
    yield {
      id: "behind-end",
      message: `${counted(dataEnd - eocEnd, "bytes")} behind End-of-Capture: neither chain nor FileHash covers them`,
    };
  if (salvaged) {
    const counts = `${salvaged.blocks} of ${counted(blocks, "blocks")}, ${salvaged.regions} of ${counted(regions.count, "regions")}, ${salvaged.modules} of ${counted(modules, "modules")}`;
    yield { id: "salvaged", message: `${counts} were found by searching: data in captured memory may look like blocks` };
  }
  if (announcedButMissing.length > 0)
    yield {
      id: "absent",
      message: `${announcedButMissing.join(", ")}: announced in the header, but ${salvaged ? "no such blocks stand before the damage" : "the capture has no such blocks"}`,
    };
}

/** The share of failed pages from which on memslicer calls a capture less than good. */
const MANY_FAILED = 0.05;

function* memory({ regions }: CaptureFacts): Generator<Warning> {
  const { captured, failed, missing, neededBytes, heldBytes, unreadable, overlaps } = regions;
  if (captured - missing <= 0) yield { id: "no-memory", message: "no page has all of its bytes: there is no memory to ask" };
  const share = failed / (captured + failed);
  if (share > MANY_FAILED)
    yield {
      id: "pages-failed",
      message: `${percent(share)} of the mapped pages could not be read: ${failed} of ${captured + failed}`,
    };
  if (missing > 0)
    yield {
      id: "pages-missing",
      message: `${counted(missing, "captured pages")} without bytes: ${neededBytes - heldBytes} of the ${neededBytes} bytes of captured pages are not in the capture`,
    };
  if (unreadable.length > 0)
    yield { id: "regions-unreadable", message: `${counted(unreadable.length, "regions")} that cannot be read` };
  if (overlaps > 0)
    yield {
      id: "regions-overlap",
      message: `${counted(overlaps, "overlapping regions")}: an address has several contents`,
    };
}

function* origin({ provenance, investigation, encryption }: CaptureFacts): Generator<Warning> {
  if (provenance) {
    const { toolName, sourceFormatName, importTimeNs, origFileSize } = provenance;
    const size = origFileSize === 0n ? "" : ` of ${byteText(Number(origFileSize))}`;
    const tool = toolName === "" ? "an unnamed program" : toolName;
    yield {
      id: "imported",
      message: `not captured from a process, but made by ${tool} at ${timeText(importTimeNs)} from a file${size} (${sourceFormatName})`,
    };
  }
  const { keys } = investigation.tables;
  if (keys > 0 && !encryption)
    yield {
      id: "plain-keys",
      message: `${counted(keys, "Key Hints")} without encryption: whoever has the file has the keys`,
    };
}

function* headerWarnings({ header, deviations }: Head): Generator<Warning> {
  const damaged = deviations.filter(isOfDamagedHeader);
  if (damaged.length > 0)
    yield {
      id: "header-damaged",
      message: `the file header is damaged, and was established from the blocks: ${damaged.map(({ message }) => message).join("; ")}`,
    };
  if (header.redacted) yield { id: "redacted", message: "fields were removed or replaced on purpose (Redacted)" };
  if (deviations.some(({ id }) => id === "ENC-KDFWEAK"))
    yield {
      id: "weak-passphrase",
      message: "Argon2id below the minimum of the specification: the passphrase can be guessed faster",
    };
}

/** Whether salvage established a field of the file header: such a deviation tells what was found, what was expected and why. */
function isOfDamagedHeader({ id, block, values }: Deviation): boolean {
  return block === undefined && id.startsWith("HDR-") && values?.length === 3;
}

/** 2000-01-01, before which no process was captured, and 2100-01-01, in nanoseconds since 1970-01-01 UTC. */
const EARLIEST = 946_684_800_000_000_000n;
const LATEST = 4_102_444_800_000_000_000n;
const DAY = 86_400_000_000_000n;

/** Times that contradict each other, or that cannot be right. The clock of the reader plays no part: it may be wrong, too. */
function* clock({ header, acqEndNs, process, regions }: CaptureFacts): Generator<Warning> {
  const start = header.timestampNs;
  const end = acqEndNs ?? 0n;
  const faults = [
    start === 0n && "the start of the acquisition is unknown",
    start !== 0n && isAbsurd(start) && `the acquisition began ${timeText(start)}`,
    end !== 0n && isAbsurd(end) && `the acquisition ended ${timeText(end)}`,
    end !== 0n && end < start && `the acquisition ended ${timeText(end)}, before it began`,
    end > start + DAY && start !== 0n && !isAbsurd(end) && `the acquisition took ${(end - start) / DAY} days`,
    process !== null && start !== 0n && process.startTimeNs > start && "the process started after it was captured",
    regions.outsideTime > 0 && `${counted(regions.outsideTime, "regions")} read before the acquisition began, or after it ended`,
  ].filter((fault) => fault !== false);
  if (faults.length > 0) yield { id: "clock", message: faults.join("; ") };
}

function isAbsurd(time: bigint): boolean {
  return time < EARLIEST || time > LATEST;
}

function percent(share: number): string {
  return `${share >= 0.995 ? "100" : (share * 100).toPrecision(2)} %`;
}
