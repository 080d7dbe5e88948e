/** OUT of `transcode`: a file that appears when it is complete, a pipe or device, or standard output. */
import { type BigIntStats, fstatSync } from "node:fs";
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { fileSink, MslError, type Sink } from "@memslice/msl";
import type { Output } from "../output.js";
import { DASH } from "./standard-input.js";
import { noteFinished, noteUnfinished } from "./unfinished-files.js";

const ALL_MAY = 0o666;
const OWNER_MAY = 0o600;

export interface OutputRequest {
  readonly source: string;
  readonly target: string;
  /** Replace a file that exists. */
  readonly force: boolean;
  readonly output: Output;
}

/**
 * Calls `write` with a sink for `target`. A file that is replaced stays as it is until the new one is complete; of one that fails, or that a
 * signal interrupts, nothing stays. Who may not read IN may not read OUT. Throws `usage` where the target must not be written.
 */
export async function withOutputFile<T>(request: OutputRequest, write: (sink: Sink) => Promise<T>): Promise<T> {
  const { source, target, force, output } = request;
  const [from, to] = await Promise.all([statusOf(source, 0), statusOf(target, 1)]);
  requireOther(from, to);
  if (target === DASH) return write(standardOutputSink(output));
  if (to && !to.isFile()) return closing(await fileSink(target, { overwrite: true, sync: "never" }), write);
  if (to && !force) throw existsAlready(target);
  const partial = `${target}.${process.pid}.partial`;
  noteUnfinished(partial);
  try {
    const result = await closing(await fileSink(partial, { mode: modeOf(from, to) }), write);
    if (!to) await claimName(target);
    await rename(partial, target).catch((cause: unknown) => {
      throw unwritable(target, cause);
    });
    return result;
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  } finally {
    noteFinished(partial);
  }
}

async function closing<T>(sink: Sink, write: (sink: Sink) => Promise<T>): Promise<T> {
  try {
    return await write(sink);
  } finally {
    await sink.close?.();
  }
}

/** undefined for what has no name in the file system. */
function statusOf(word: string, dashDescriptor: number): Promise<BigIntStats | undefined> {
  if (word === DASH) return Promise.resolve(fstatSync(dashDescriptor, { bigint: true }));
  return stat(word, { bigint: true }).catch(() => undefined);
}

/** Throws `usage` where both names mean one file: the source is evidence, and stays. */
function requireOther(from: BigIntStats | undefined, to: BigIntStats | undefined): void {
  if (from?.isFile() && to?.isFile() && from.dev === to.dev && from.ino === to.ino) {
    throw new MslError("usage", "IN and OUT are the same file, and a capture is never changed in place");
  }
}

/** Pages of a process, decrypted perhaps: no more users may read OUT than IN, and the file that it replaces. Streams say nothing about users. */
function modeOf(from: BigIntStats | undefined, to: BigIntStats | undefined): number {
  const source = from?.isFile() ? Number(from.mode) : OWNER_MAY;
  const replaced = to ? Number(to.mode) : ALL_MAY;
  return (source & replaced & ALL_MAY) | OWNER_MAY;
}

/** A file that appeared under the name meanwhile is not replaced; one that this call makes is. */
async function claimName(target: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(target, "wx", OWNER_MAY);
  } catch (cause) {
    throw (cause as NodeJS.ErrnoException).code === "EEXIST" ? existsAlready(target) : unwritable(target, cause);
  } finally {
    await handle?.close();
  }
}

function standardOutputSink(output: Output): Sink {
  if (process.stdout.isTTY) throw new MslError("usage", "A capture is not written to a terminal; redirect standard output");
  return {
    write: async (bytes) => {
      await output.write(bytes);
      if (!output.open) throw new MslError("sink", "Standard output was closed before the capture was complete");
    },
  };
}

function existsAlready(target: string): MslError {
  return new MslError("usage", `${target} exists already; --force replaces it`);
}

function unwritable(target: string, cause: unknown): MslError {
  return new MslError("sink", `${target} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`, {
    cause,
  });
}
