/** Tables of unknown length: lines of files of /proc as the kernel writes them, names of folders, and rows in pieces of bounded number. */
import { closeSync, opendirSync, openSync, readSync } from "node:fs";
import type { TimeSlice } from "@memslice/msl/work";
import { unreadable } from "../proc/proc-file.js";

/** Rows of one block. A longer table becomes several blocks, so that the rows of a whole host are never in memory at once. */
const ROWS_PER_BLOCK = 16_384;
const READ_BYTES = 64 * 1024;
/** Units of work of a system call on a small file. */
export const UNITS_PER_CALL = 16;
const NAMES_PER_BATCH = 256;

/** The lines of a text file, one byte a character, in batches. Throws `source` naming the file, with the system's error as cause. */
export async function* textLines(path: string, slice: TimeSlice): AsyncGenerator<string[], void, undefined> {
  const file = attempt(path, () => openSync(path, "r"));
  try {
    const piece = Buffer.allocUnsafe(READ_BYTES);
    let rest = "";
    for (;;) {
      const bytes = attempt(path, () => readSync(file, piece, 0, piece.length, null));
      if (bytes === 0) break;
      const lines = (rest + piece.toString("latin1", 0, bytes)).split("\n");
      rest = lines.pop() ?? "";
      if (lines.length > 0) yield lines;
      if (slice.isSpent(UNITS_PER_CALL * (lines.length + 1))) await slice.renew();
    }
    if (rest !== "") yield [rest];
  } finally {
    closeSync(file);
  }
}

/** The names of a folder that are whole numbers, in batches: processes of /proc, descriptors of /proc/PID/fd. Throws `source`. */
export async function* numberedNames(path: string, slice: TimeSlice): AsyncGenerator<number[], void, undefined> {
  const folder = attempt(path, () => opendirSync(path));
  try {
    let batch: number[] = [];
    for (;;) {
      const entry = attempt(path, () => folder.readSync());
      if (entry && /^\d+$/.test(entry.name)) batch.push(Number(entry.name));
      if (batch.length === NAMES_PER_BATCH || (!entry && batch.length > 0)) {
        yield batch;
        batch = [];
      }
      if (!entry) return;
      if (slice.isSpent()) await slice.renew();
    }
  } finally {
    folder.closeSync();
  }
}

/** Rows in pieces of `ROWS_PER_BLOCK` and a last, smaller one; one empty piece if there are none. */
export async function* inPieces<T>(rows: AsyncIterable<readonly T[]>): AsyncGenerator<T[], void, undefined> {
  let piece: T[] = [];
  for await (const batch of rows) {
    for (const row of batch) {
      if (piece.length === ROWS_PER_BLOCK) {
        yield piece;
        piece = [];
      }
      piece.push(row);
    }
  }
  yield piece;
}

function attempt<T>(path: string, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    throw unreadable(path, cause);
  }
}
