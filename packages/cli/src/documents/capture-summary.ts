/** What a capture is, gathered from its header, its identity block and its page-state maps. */
import {
  BlockType,
  type Capture,
  type CaptureHead,
  type Deviation,
  type Dialect,
  type Encryption,
  encryptionJson,
  type FileHeader,
  headerJson,
} from "@memslice/msl";

export interface CaptureSummary {
  readonly size: number;
  readonly header: FileHeader;
  readonly encryption: Encryption | null;
  readonly dialect: Dialect;
  readonly process: {
    readonly exePath: string;
    readonly cmdLine: string;
    readonly ppid: number;
    readonly startTimeNs: bigint;
  } | null;
  /** When the acquisition ended, from End-of-Capture; null without one. */
  readonly acqEndNs: bigint | null;
  readonly blocks: number;
  readonly modules: number;
  readonly regions: {
    readonly count: number;
    /** Bytes of address space in all regions together. */
    readonly bytes: bigint;
    readonly captured: number;
    readonly failed: number;
    readonly unmapped: number;
    /** Blocks of regions whose addresses cannot be told, with the reason. */
    readonly unreadable: readonly { readonly block: number; readonly problem: string }[];
  };
  readonly deviations: readonly Deviation[];
}

export async function captureSummary(capture: Capture, signal: AbortSignal): Promise<CaptureSummary> {
  return {
    size: capture.size,
    header: capture.header,
    encryption: capture.encryption,
    dialect: capture.dialect,
    process: await processIdentity(capture, signal),
    acqEndNs: await acquisitionEnd(capture, signal),
    blocks: capture.blocks.length,
    modules: countModules(capture),
    regions: await countPages(capture, signal),
    deviations: capture.deviations,
  };
}

async function processIdentity(capture: Capture, signal: AbortSignal): Promise<CaptureSummary["process"]> {
  for (const block of capture.blocks.ofType(BlockType.ProcessIdentity)) {
    const { payload } = await block.decode(signal);
    if (payload?.kind === "ProcessIdentity") return payload;
  }
  return null;
}

async function acquisitionEnd(capture: Capture, signal: AbortSignal): Promise<bigint | null> {
  const { eocIndex } = capture.index.end;
  if (eocIndex === null) return null;
  const { payload } = await capture.blocks.at(eocIndex).decode(signal);
  return payload?.kind === "EndOfCapture" ? payload.acqEndNs : null;
}

function countModules(capture: Capture): number {
  let modules = 0;
  for (const block of capture.blocks.ofType(BlockType.ModuleEntry)) if (!block.afterEoc) modules++;
  return modules;
}

async function countPages(capture: Capture, signal: AbortSignal): Promise<CaptureSummary["regions"]> {
  const regions = await capture.regions(signal);
  let bytes = 0n;
  let captured = 0;
  let failed = 0;
  let unmapped = 0;
  for (const region of regions) {
    const tally = (await region.pages(signal)).tally();
    bytes += region.regionSize;
    captured += tally.captured;
    failed += tally.failed + tally.reserved;
    unmapped += tally.unmapped;
  }
  const unreadable = (await capture.unreadableRegions(signal)).map(({ block, problem }) => ({
    block: block.index,
    problem: problem.message,
  }));
  return { count: regions.length, bytes, captured, failed, unmapped, unreadable };
}

/** `msl.info/1`. */
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
    },
    acqEndNs: summary.acqEndNs === null ? null : String(summary.acqEndNs),
    blocks: summary.blocks,
    modules: summary.modules,
    regions: { ...regions, bytes: String(regions.bytes) },
    deviations: deviationsJson(summary.deviations),
  };
}

/** `msl.info/1` of an encrypted capture whose key was not given. */
export function lockedDocument(file: string, { size, header, encryption, deviations }: CaptureHead) {
  return {
    schema: "msl.info/1",
    file,
    size,
    header: headerJson(header),
    encryption: encryption && encryptionJson(encryption),
    locked: true,
    deviations: deviationsJson(deviations),
  };
}

function deviationsJson(deviations: readonly Deviation[]) {
  return deviations.map(({ bytes: _, ...deviation }) => deviation);
}
