/** The summary that `msl info` prints: facts from the header, the identity block, the block headers and the page-state maps. */
import {
  BlockType,
  type Capture,
  type CaptureHead,
  type Deviation,
  encryptionJson,
  headerJson,
  type ImportProvenancePayload,
  type Region,
} from "@memslice/msl";
import { sortInSlices, TimeSlice } from "@memslice/msl/work";
import { withLimitOptions } from "../limit-option.js";
import { regionPages } from "../tables/regions-table.js";
import { JsonRows } from "../terminal/json-pieces.js";
import { inTurns } from "../turns.js";
import type { CaptureFacts } from "./capture-facts.js";
import { investigationJson, investigationSummary } from "./investigation-summary.js";
import { threadsJson, threadsSummary } from "./threads-summary.js";
import { type Warning, warningsOf, warningsOfHead } from "./warnings.js";

export interface CaptureSummary extends CaptureFacts {
  readonly warnings: readonly Warning[];
}

/** Most regions whose problem is listed; all are counted in `incomplete`. */
const PROBLEMS_LISTED = 50;

/** Whether the capture has no End-of-Capture, lacks bytes of captured pages, or has regions that cannot be read. */
export function isIncomplete({ acquisitionEnded, regions }: CaptureSummary): boolean {
  return !acquisitionEnded || regions.missing > 0 || regions.unreadable.length > 0;
}

export async function captureSummary(capture: Capture, signal: AbortSignal): Promise<CaptureSummary> {
  const acqEndNs = await acquisitionEnd(capture, signal);
  const facts = {
    size: capture.size,
    header: capture.header,
    encryption: capture.encryption,
    dialect: capture.dialect,
    process: await processIdentity(capture, signal),
    acqEndNs,
    acquisitionEnded: capture.end.eocIndex !== null,
    blocks: capture.blocks.length,
    salvaged: await countSalvaged(capture, signal),
    modules: await countModules(capture, signal),
    threads: await threadsSummary(capture, signal),
    investigation: await investigationSummary(capture, signal),
    regions: await countPages(capture, acqEndNs, signal),
    provenance: await importProvenance(capture, signal),
    announcedButMissing: capture.announcedButMissing,
    deviations: capture.deviations,
  };
  return { ...facts, warnings: warningsOf(facts, capture.end) };
}

async function importProvenance(capture: Capture, signal: AbortSignal): Promise<CaptureSummary["provenance"]> {
  for await (const block of inTurns(capture.blocks.ofType(BlockType.ImportProvenance), signal)) {
    if (block.afterEoc) break;
    const { payload } = await block.decode(signal);
    if (payload?.kind === "ImportProvenance") return payload;
  }
  return null;
}

async function processIdentity(capture: Capture, signal: AbortSignal): Promise<CaptureSummary["process"]> {
  for await (const block of inTurns(capture.blocks.ofType(BlockType.ProcessIdentity), signal)) {
    if (block.afterEoc) break;
    const { payload } = await block.decode(signal);
    if (payload?.kind === "ProcessIdentity") return { ...payload, salvaged: block.salvaged };
  }
  return null;
}

async function countSalvaged(capture: Capture, signal: AbortSignal): Promise<CaptureSummary["salvaged"]> {
  const blocks = capture.end.salvaged;
  if (blocks === 0) return null;
  let modules = 0;
  for await (const block of inTurns(capture.blocks.ofType(BlockType.ModuleEntry), signal))
    if (block.salvaged && !block.afterEoc) modules++;
  let regions = 0;
  for await (const { salvaged } of inTurns(await capture.regions(signal), signal)) if (salvaged) regions++;
  return { blocks, regions, modules };
}

async function acquisitionEnd(capture: Capture, signal: AbortSignal): Promise<bigint | null> {
  const { eocIndex } = capture.end;
  if (eocIndex === null) return null;
  const { payload } = await capture.blocks.at(eocIndex).decode(signal);
  return payload?.kind === "EndOfCapture" ? payload.acqEndNs : null;
}

async function countModules(capture: Capture, signal: AbortSignal): Promise<number> {
  let modules = 0;
  for await (const block of inTurns(capture.blocks.ofType(BlockType.ModuleEntry), signal)) if (!block.afterEoc) modules++;
  return modules;
}

async function countPages(capture: Capture, acqEndNs: bigint | null, signal: AbortSignal): Promise<CaptureSummary["regions"]> {
  const regions = await capture.regions(signal);
  const pages = { captured: 0, failed: 0, unmapped: 0, missing: 0, neededBytes: 0, heldBytes: 0 };
  const sum = { bytes: 0n, ...pages, incomplete: 0, outsideTime: 0 };
  const { timestampNs: began } = capture.header;
  const ended = acqEndNs ?? 0n;
  const problems: { block: number; lint: string; problem: string }[] = [];
  for await (const region of inTurns(regions, signal)) {
    const { tally, missing, needed, held, problem } = await regionPages(region, signal);
    sum.bytes += region.regionSize;
    sum.captured += tally.captured;
    sum.failed += tally.failed + tally.reserved;
    sum.unmapped += tally.unmapped;
    sum.missing += missing;
    sum.neededBytes += needed;
    sum.heldBytes += held;
    const time = region.head.timestampNs;
    if (time !== 0n && (time < began || (ended !== 0n && time > ended))) sum.outsideTime++;
    if (!problem) continue;
    if (sum.incomplete++ < PROBLEMS_LISTED)
      problems.push({ block: region.block.index, lint: problem.id, problem: withLimitOptions(problem.message) });
  }
  const overlaps = await countOverlaps(regions, signal);
  return { count: regions.length, ...sum, overlaps, problems, unreadable: await capture.unreadableRegions(signal) };
}

async function countOverlaps(regions: readonly Region[], signal: AbortSignal): Promise<number> {
  const baseOf = (i: number) => regions[i]?.baseAddr ?? 0n;
  const order = await sortInSlices(Uint32Array.from(regions.keys()), (a, b) => baseOf(a) < baseOf(b), new TimeSlice(signal));
  let end = 0n;
  let overlaps = 0;
  for (const i of order) {
    const region = regions[i];
    if (!region) continue;
    if (region.regionSize > 0n && region.baseAddr < end) overlaps++;
    if (region.endAddr > end) end = region.endAddr;
  }
  return overlaps;
}

/** The document `msl.info/1`. */
export function infoDocument(file: string, summary: CaptureSummary) {
  const { process, regions } = summary;
  return {
    schema: "msl.info/1",
    file,
    size: summary.size,
    header: headerJson(summary.header),
    encryption: summary.encryption && encryptionJson(summary.encryption),
    locked: false,
    dialect: summary.dialect,
    process: process && {
      pid: summary.header.pid,
      ppid: process.ppid,
      exePath: process.exePath,
      cmdLine: process.cmdLine,
      startTimeNs: String(process.startTimeNs),
      ...(process.salvaged ? { salvaged: true } : {}),
    },
    acqEndNs: summary.acqEndNs === null ? null : String(summary.acqEndNs),
    blocks: summary.blocks,
    ...(summary.salvaged ? { salvaged: summary.salvaged } : {}),
    modules: summary.modules,
    ...investigationJson(summary.investigation),
    ...(summary.threads ? { threads: threadsJson(summary.threads) } : {}),
    regions: {
      ...regions,
      bytes: String(regions.bytes),
      neededBytes: String(regions.neededBytes),
      heldBytes: String(regions.heldBytes),
      unreadable: new JsonRows(regions.unreadable, ({ block, problem }) => ({
        block: block.index,
        problem: withLimitOptions(problem.message),
      })),
    },
    provenance: summary.provenance && provenanceJson(summary.provenance),
    warnings: summary.warnings,
    announcedButMissing: summary.announcedButMissing,
    deviations: deviationsJson(summary.deviations),
  };
}

/** The document `msl.info/1` of an encrypted capture without its key. */
export function lockedDocument(file: string, head: CaptureHead) {
  const { size, header, encryption, deviations } = head;
  return {
    schema: "msl.info/1",
    file,
    size,
    header: headerJson(header),
    encryption: encryption && encryptionJson(encryption),
    locked: true,
    warnings: warningsOfHead(head),
    deviations: deviationsJson(deviations),
  };
}

function provenanceJson({ sourceFormatName, toolName, importTimeNs, origFileSize, note }: ImportProvenancePayload) {
  return { sourceFormatName, toolName, importTimeNs: String(importTimeNs), origFileSize: String(origFileSize), note };
}

function deviationsJson(deviations: readonly Deviation[]) {
  return deviations.map(({ bytes: _, values: __, ...deviation }) => deviation);
}
