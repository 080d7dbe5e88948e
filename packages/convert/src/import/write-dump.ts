/** Writes a dump as a capture: blocks in the order of the specification (Import Provenance), memory streamed from the file of the dump. */
import {
  type Content,
  type FinishedCapture,
  MslWriter,
  type SinkInput,
  type Source,
  type WritableImportProvenance,
  type WriterOptions,
} from "@memslice/msl";
import { optionsFor, PendingCalls, ProgressMeter, type ThreadedDigest, WRITER } from "@memslice/msl/work";
import type { DumpPlan } from "../dump/dump-plan.js";
import { nextSlice } from "../dump/next-slice.js";
import { PageBytes } from "../dump/page-bytes.js";
import type { ProcessDump } from "../dump/process-dump.js";
import { isCaptured, type StoredRegion, storedRegions } from "../dump/region-pages.js";
import { SharedSlabs } from "../dump/shared-slabs.js";
import type { ZeroSlabs } from "../dump/zero-slabs.js";
import { fileHasherFor } from "./hashing-thread.js";
import type { ImportOptions } from "./import-options.js";

/** What is written, and from where. */
export interface DumpToWrite {
  readonly dump: ProcessDump;
  readonly source: Source;
  readonly provenance: WritableImportProvenance;
  readonly plan: DumpPlan;
  /** What the pass for the digest found; undefined without one. */
  readonly zeros: ZeroSlabs | undefined;
}

/** Payloads of this size are compressed with little memory; a region above is split, so that it can be compressed. */
const COMPRESSED_PAYLOAD = 8 * 1024 * 1024;

/** Work of a small region, in units of `TimeSlice`: hashing it, and a header. */
const UNITS_PER_REGION = 64;

/** Throws like `MslWriter`, and what reading the source throws. The sink is closed in any case. */
export async function writeDump(
  { dump, source, provenance, plan, zeros }: DumpToWrite,
  sink: SinkInput,
  options: ImportOptions,
): Promise<FinishedCapture> {
  const { signal } = options;
  const fileHasher = await fileHasherFor(Number(plan.counts.captured.bytes), options);
  const writer = writerOf(sink, { ...writerOptions(dump, options), contents: contentsOf(dump, plan) }, fileHasher);
  const calls = new PendingCalls(options.compression === undefined || options.compression === "none" ? {} : options);
  try {
    await writer.importProvenance(provenance);
    await writeTables(writer, dump);
    const bytes = new PageBytes(
      source,
      dump.regions,
      plan.held,
      signal,
      fileHasher && new SharedSlabs(source, fileHasher, zeros, signal),
    );
    const meter = new ProgressMeter(Number(plan.counts.captured.bytes), (progress) =>
      options.onProgress?.({ phase: "copy", ...progress }),
    );
    let copied = 0;
    const count = (length: number) => {
      copied += length;
      meter.report(copied);
    };
    const slice = await nextSlice(signal);
    for (let row = 0; row < dump.regions.length; row++) {
      // Regions without bytes, and bytes that are held, are written without waiting for anything.
      for (const stored of storedRegions(dump.regions, row, dump.pageSize, dump.timestampNs)) {
        if (slice.isSpent(UNITS_PER_REGION + stored.spans.length)) await slice.renew();
        const pageData = stored.spans.some(isCaptured) ? await pageDataOf(stored, bytes, count) : undefined;
        await calls.add(writer.memoryRegion({ ...stored.input, ...(pageData && { pageData }) }, { signal }));
      }
    }
    await calls.settle();
    // The time of the import is in Import Provenance; when the acquisition ended is known no better than when it began.
    return await writer.end({ acqEndNs: dump.timestampNs });
  } catch (error) {
    await writer.close().catch(() => {});
    throw error;
  }
}

function writerOf(sink: SinkInput, options: WriterOptions, fileHasher: ThreadedDigest | undefined): MslWriter {
  try {
    return new MslWriter(sink, { ...options, ...(fileHasher && { fileHasher }) });
  } catch (error) {
    fileHasher?.release();
    throw error;
  }
}

/** In one array, or as a stream if there is more. `count` is told of bytes that are handed over. */
async function pageDataOf(
  stored: StoredRegion,
  bytes: PageBytes,
  count: (length: number) => void,
): Promise<Uint8Array | AsyncGenerator<Uint8Array, void, undefined>> {
  const whole = await bytes.whole(stored);
  if (whole) {
    count(whole.length);
    return whole;
  }
  const counted = async function* () {
    for await (const piece of bytes.of(stored)) {
      yield piece;
      count(piece.length);
    }
  };
  return counted();
}

function writerOptions(dump: ProcessDump, options: ImportOptions): Omit<WriterOptions, "contents"> {
  const { hashAlgo, dumpUuid, compression = "none" } = options;
  const { osType, archType, pid, timestampNs } = dump;
  return {
    ...(compression === "none" ? {} : { splitAbove: COMPRESSED_PAYLOAD }),
    ...optionsFor(WRITER, options),
    header: {
      ...{ osType, archType, pid, timestampNs, hashAlgo, dumpUuid },
      imported: true,
      investigation: dump.system !== undefined,
    },
  };
}

function contentsOf({ identity, modules, threads, system }: ProcessDump, { regions }: DumpPlan): Content[] {
  const contents: Content[] = ["ImportProvenance"];
  if (identity) contents.push("ProcessIdentity");
  if (system) contents.push("SystemContext");
  if (system && system.handles.length > 0) contents.push("HandleTable");
  if (modules) contents.push("ModuleListIndex");
  if (modules && modules.length > 0) contents.push("ModuleEntry");
  if (threads.length > 0) contents.push("ThreadContext");
  if (regions > 0) contents.push("MemoryRegion");
  return contents;
}

async function writeTables(writer: MslWriter, { identity, modules, threads, system }: ProcessDump): Promise<void> {
  if (identity) await writer.processIdentity(identity);
  if (system) await writer.systemContext(system.context);
  if (modules) await writer.moduleListIndex({ entries: modules });
  if (system && system.handles.length > 0) await writer.handleTable({ entries: system.handles });
  for (const module of modules ?? []) await writer.moduleEntry(module);
  for await (const thread of threads) await writer.threadContext(thread);
}
