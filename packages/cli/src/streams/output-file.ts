/** OUT of commands that write one file: a file that appears under its name when it is complete, a pipe or device, or standard output. */
import { type BigIntStats, fstatSync } from "node:fs";
import { type FileHandle, open, rename, rm, stat } from "node:fs/promises";
import { fileSink, MslError, type Sink } from "@memslice/msl";
import type { Output } from "../output.js";
import { DASH } from "./standard-input.js";
import { noteFinished, noteUnfinished } from "./unfinished-files.js";

const EVERYONE_READS_AND_WRITES = 0o666;
const OWNER_READS_AND_WRITES = 0o600;

export interface OutputRequest {
  readonly source: string;
  readonly target: string;
  /** Whether a file that exists is replaced. */
  readonly force: boolean;
  readonly output: Output;
}

/**
 * Calls `write` with a sink for `target`. A file that is replaced stays unchanged until the new file is complete; a partial file is removed
 * when writing fails or a signal interrupts it. Only users who can read IN can read OUT. Throws `usage` if the target must not be written.
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
    await output.requireUnchanged();
    if (!to) await claimName(target);
    await rename(partial, target).catch((cause: unknown) => {
      throw unwritable(target, cause);
    });
    return result;
  } catch (error) {
    // A folder that lets nobody make the file does not let it be removed either: the first error says why.
    await rm(partial, { force: true }).catch(() => {});
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

/** The status of a file; undefined for a word that names nothing in the file system, such as a URL. */
function statusOf(word: string, dashDescriptor: number): Promise<BigIntStats | undefined> {
  if (word === DASH) return Promise.resolve(fstatSync(dashDescriptor, { bigint: true }));
  return stat(word, { bigint: true }).catch(() => undefined);
}

/** Throws `usage` if both names mean one file: the source is evidence, and is never changed. */
function requireOther(from: BigIntStats | undefined, to: BigIntStats | undefined): void {
  if (from?.isFile() && to?.isFile() && from.dev === to.dev && from.ino === to.ino) {
    throw new MslError("usage", "The input and OUT are the same file, and an input is never changed in place");
  }
}

/**
 * The permission bits of OUT, which contains memory of a process, perhaps decrypted: only users who can read IN, and the file that OUT
 * replaces, get access. A stream or a URL has no permission bits: then only the owner gets access.
 */
function modeOf(from: BigIntStats | undefined, to: BigIntStats | undefined): number {
  const source = from?.isFile() ? Number(from.mode) : OWNER_READS_AND_WRITES;
  const replaced = to ? Number(to.mode) : EVERYONE_READS_AND_WRITES;
  return (source & replaced & EVERYONE_READS_AND_WRITES) | OWNER_READS_AND_WRITES;
}

/** Creates an empty file under the name, which is replaced next. Throws `usage` if another program has created one meanwhile. */
async function claimName(target: string): Promise<void> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(target, "wx", OWNER_READS_AND_WRITES);
  } catch (cause) {
    throw (cause as NodeJS.ErrnoException).code === "EEXIST" ? existsAlready(target) : unwritable(target, cause);
  } finally {
    await handle?.close();
  }
}

/** Throws `usage` if standard output is a terminal. */
export function standardOutputSink(output: Output): Sink {
  if (process.stdout.isTTY) throw new MslError("usage", "Binary data is not written to a terminal; redirect standard output");
  return {
    write: async (bytes) => {
      await output.write(bytes);
      if (!output.open) throw new MslError("sink", "Standard output was closed before OUT was complete");
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
