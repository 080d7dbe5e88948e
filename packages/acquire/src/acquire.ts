/** Captures a live process: the functions of the public API. */
import { BytesSink, MslError, type SinkInput } from "@memslice/msl";
import { throwIfAborted } from "@memslice/msl/work";
import { Acquisition, type AcquisitionWay } from "./capturing/acquisition.js";
import { type AcquireOptions, requireAcquireOptions } from "./options.js";
import { requirePermission } from "./preflight/preflight.js";
import { ProcessFiles } from "./proc/process-files.js";
import type { AcquireReport } from "./report.js";

/**
 * Writes a capture of the process to the sink: its identity, its modules, its memory page by page, and its mappings as regions. The process goes on running,
 * unless `freeze` stops it. Pages that are not in memory or swap are not read, so that the process does not grow.
 *
 * Resolves when the capture is complete and the sink is closed, also if the process ended meanwhile: what was read stays, and the report says so. Throws
 * `usage` for options that make no sense and on other systems than Linux; `not-permitted` if the process may not be read, before anything is written; `source`
 * if it does not exist; `aborted`, `sink`. The sink then has a capture without End-of-Capture that can be read as far as it goes.
 */
export function acquire(pid: number, sink: SinkInput, options: AcquireOptions = {}): Promise<AcquireReport> {
  return acquireOfTree(pid, sink, options, {});
}

/** `acquire` for a process of a tree, which may have stopped it, and lets it go on. */
export async function acquireOfTree(
  pid: number,
  sink: SinkInput,
  options: AcquireOptions,
  way: Pick<AcquisitionWay, "frozen" | "known">,
): Promise<AcquireReport> {
  requireAcquireOptions(pid, options);
  requirePermission(pid);
  throwIfAborted(options.signal);
  const files = new ProcessFiles(pid, way.known?.names);
  try {
    requireSameProcess(files, options);
    return await new Acquisition(files, options, way).run(sink);
  } finally {
    files.close();
  }
}

/**
 * A capture without a page, in memory: identity, modules, and all mappings as regions whose pages are all recorded as unmapped, read or not. For questions about
 * places, beside `openProcess`; it is no evidence of what the process had. Throws like `acquire`.
 */
export async function outlineProcess(pid: number, signal?: AbortSignal): Promise<Uint8Array> {
  const options = { diskHashes: false, retries: 0, dontDump: true, devices: true, ...(signal && { signal }) };
  requirePermission(pid);
  const files = new ProcessFiles(pid);
  const sink = new BytesSink();
  try {
    await new Acquisition(files, options, { readsPages: false }).run(sink);
    return sink.bytes();
  } finally {
    files.close();
  }
}

/** Throws `source` if the pid was given to another process since it was found. */
function requireSameProcess({ pid, startTicks }: ProcessFiles, { startTicks: expected = startTicks }: AcquireOptions): void {
  if (startTicks === expected) return;
  throw new MslError("source", `The process that had the pid ${pid} has ended, and another one has the pid now`);
}
