/**
 * OUT of `msl capture`. Unlike the output of other commands it has its name from the start: what was read of a process that may be gone is never thrown away because
 * the rest is missing, and a capture without its end says so itself.
 */
import { createHash } from "node:crypto";
import { constants, createReadStream, type Stats } from "node:fs";
import { access, rm, stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { fileSink, MslError, type Sink } from "@memslice/msl";
import { lengthOf } from "../asking/memory-words.js";
import type { Invocation } from "../command.js";
import type { Options, OptionValue } from "../options.js";
import { standardOutputSink } from "../streams/output-file.js";
import { DASH } from "../streams/standard-input.js";
import { noteFinished, noteUnfinished } from "../streams/unfinished-files.js";
import { byteText } from "../terminal/quantity-text.js";

const OWNER_READS_AND_WRITES = 0o600;
/** What a capture needs beside the bytes of memory: page maps, modules, headers. */
const BESIDE_BYTES = 16 * 1024 * 1024;

/** Called with the bytes of memory that are going to be read, before anything is written. */
type OnPlan = (bytes: number) => void;

/**
 * Calls `capture` with a sink for OUT. Throws `usage` if OUT exists and is not to be replaced, `limit` if it would be larger than `--max-size` or than the room
 * on its disk, and what `capture` throws; OUT then stays as far as it was written, unless `--discard-partial` removes it. An earlier file is replaced by the first
 * byte of the capture: one that does not begin leaves it as it is.
 */
export async function captureFile<T>(
  out: string,
  { options, output, signal }: Invocation,
  capture: (sink: Sink, onPlan: OnPlan) => Promise<T>,
): Promise<T> {
  const most = mostBytes(options["max-size"]);
  if (out === DASH) return capture(limited(standardOutputSink(output), most), (bytes) => requireFits(bytes, most));
  const there = await replaceable(out, options);
  const isFile = !there || there.isFile();
  const room = isFile ? await roomFor(out) : undefined;
  const isStored = (options["compression"] ?? "none") === "none";
  const replaces = there !== undefined && isFile;
  const discards = isFile && options["discard-partial"] === true;
  let begun = false;
  let isOwn = false;
  const open = async () => {
    // A file that is replaced keeps nothing of its own, such as permissions of others.
    if (replaces) await rm(out);
    const opened = await fileSink(out, isFile ? { mode: OWNER_READS_AND_WRITES } : { overwrite: true, sync: "never" });
    isOwn = true;
    if (discards) noteUnfinished(out);
    return opened;
  };
  if (replaces) await requireReplaceable(out);
  // An earlier file stays until there is a first byte to replace it with.
  const file = replaces ? openedByWriting(open) : await open();
  try {
    const onPlan = (bytes: number) => {
      requireFits(bytes, most);
      if (room !== undefined && isStored && bytes + BESIDE_BYTES > room) {
        throw new MslError(
          "sink",
          `The memory of the process takes ${byteText(bytes)}, and ${dirname(out)} has room for ${byteText(room)}`,
        );
      }
      begun = true;
    };
    return await capture(limited(file, most), onPlan);
  } catch (error) {
    await file.close?.();
    if (isFile && isOwn && (discards || !begun || (await isEmpty(out)))) await rm(out, { force: true });
    else if (isFile && isOwn && signal.aborted)
      output.note(`${out} holds what was read until then, and has no end; msl verify calls it incomplete`);
    throw error;
  } finally {
    noteFinished(out);
  }
}

/** Whether nothing was written, as if the process ended when its capture began. */
async function isEmpty(out: string): Promise<boolean> {
  return (await stat(out).catch(() => undefined))?.size === 0;
}

/** The status of OUT, if it exists. Throws `usage` if it is a file that is not to be replaced. */
export async function replaceable(out: string, options: Options): Promise<Stats | undefined> {
  const there = await stat(out).catch(() => undefined);
  if (there?.isFile() && options["force"] !== true) throw new MslError("usage", `${out} exists already; --force replaces it`);
  return there;
}

/** Throws `sink` if files of the folder may not be replaced, which is to be known before a process is stopped. */
async function requireReplaceable(out: string): Promise<void> {
  try {
    await access(dirname(out), constants.W_OK | constants.X_OK);
  } catch (cause) {
    throw new MslError("sink", `${out} cannot be replaced: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}

/** A sink that is opened by the first write, and never if nothing is written. */
function openedByWriting(open: () => Promise<Sink>): Sink {
  let opened: Promise<Sink> | undefined;
  return {
    flushPolicy: "gathered",
    keepsBytes: false,
    takesShared: true,
    write: async (bytes) => {
      opened ??= open();
      await (await opened).write(bytes);
    },
    writev: async (parts) => {
      opened ??= open();
      const file = await opened;
      if (file.writev) await file.writev(parts);
      else for (const part of parts) await file.write(part);
    },
    flush: async () => (await opened)?.flush?.(),
    close: async () => (await opened)?.close?.(),
  };
}

function requireFits(bytes: number, most: number): void {
  if (bytes <= most) return;
  throw new MslError("limit", `The memory of the process takes ${byteText(bytes)}, and --max-size allows ${byteText(most)}`);
}

/** Ends the capture when it would become larger than `most` bytes: what is written until then is complete blocks. */
function limited(sink: Sink, most: number): Sink {
  if (most === Number.POSITIVE_INFINITY) return sink;
  let written = 0;
  const count = (bytes: number) => {
    written += bytes;
    if (written > most)
      throw new MslError("limit", `The capture has reached --max-size, ${byteText(most)}: it ends before its end`);
  };
  return {
    ...(sink.flushPolicy !== undefined && { flushPolicy: sink.flushPolicy }),
    ...(sink.keepsBytes !== undefined && { keepsBytes: sink.keepsBytes }),
    ...(sink.takesShared !== undefined && { takesShared: sink.takesShared }),
    write: (bytes) => {
      count(bytes.length);
      return sink.write(bytes);
    },
    flush: () => sink.flush?.(),
    close: () => sink.close?.(),
  };
}

/** The value of --max-size in bytes; infinity without it. Throws `usage`. */
export function mostBytes(value: OptionValue): number {
  if (value === undefined) return Number.POSITIVE_INFINITY;
  const bytes = lengthOf(String(value));
  if (bytes !== undefined && bytes > 0n) return Number(bytes);
  throw new MslError("usage", `--max-size takes a size such as 4096 or 512MiB, not ${JSON.stringify(value)}`);
}

/** Bytes that a user who is not root may still write beside `path`; undefined if the system does not say. */
async function roomFor(path: string): Promise<number | undefined> {
  try {
    const { bavail, bsize } = await statfs(dirname(path));
    return bavail * bsize;
  } catch {
    return undefined;
  }
}

/** SHA-256 of a file that was written, in hexadecimal; undefined for what is no file. */
export async function sha256Of(path: string, signal: AbortSignal): Promise<string | undefined> {
  if (!(await stat(path)).isFile()) return undefined;
  const hash = createHash("sha256");
  for await (const piece of createReadStream(path, { signal })) hash.update(piece);
  return hash.digest("hex");
}
