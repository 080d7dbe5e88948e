/** The mappings of a process that runs, from /proc/PID/maps (man 5 proc). */
import { readFile } from "node:fs/promises";
import { type MappedRange, parseProcMaps } from "@memslice/convert/linux";
import { MslError } from "@memslice/msl";
import { memoryTask } from "./process-threads.js";

/**
 * The mappings of process `pid`, in ascending order of addresses. The kernel makes the text piece by piece: mappings that change meanwhile may be missing.
 * Throws an `MslError` `source` if there is no such process, or it may not be read.
 */
export async function readProcMaps(pid: number): Promise<MappedRange[]> {
  const path = `/proc/${memoryTask(pid)}/maps`;
  try {
    return parseProcMaps(await readFile(path, "utf8"));
  } catch (cause) {
    if (cause instanceof MslError) throw cause;
    throw new MslError("source", `${path} cannot be read: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
