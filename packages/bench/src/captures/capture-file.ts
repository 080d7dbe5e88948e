/** Writes captures to files, and says where files are in memory. */
import { accessSync, closeSync, constants, mkdtempSync, openSync, rmSync, statfsSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

/** Pieces of a capture may have a few bytes each; they are gathered to this size before they are written. */
const WRITTEN_AT_ONCE = 1024 * 1024;

/** Writes `pieces`, about `size` bytes in total, to `path`. Throws an `Error` if the disk has too little space. */
export function writeCapture(path: string, pieces: Iterable<Uint8Array>, size: number): void {
  requireRoom(dirname(path), size);
  const file = openSync(path, "w");
  const gathered = new Uint8Array(WRITTEN_AT_ONCE);
  let filled = 0;
  for (const piece of pieces) {
    if (filled + piece.length > gathered.length) {
      writeSync(file, gathered, 0, filled);
      filled = 0;
    }
    gathered.set(piece, filled);
    filled += piece.length;
  }
  writeSync(file, gathered, 0, filled);
  closeSync(file);
}

/** Throws an `Error` if the disk of a folder has less than `size` bytes of free space. */
export function requireRoom(folder: string, size: number): void {
  const { bavail, bsize } = statfsSync(folder);
  if (bavail * bsize < size) throw new Error(`${folder} has ${bavail * bsize} bytes left; what is to be written takes ${size}`);
}

const SHARED_MEMORY = "/dev/shm";

export interface MemoryFolder {
  readonly folder: string;
  /** How findings call the place. */
  readonly name: string;
  remove(): void;
}

/** A new folder on the tmpfs at /dev/shm, or in the temporary folder if nothing can be written there. */
export function inMemoryFolder(): MemoryFolder {
  const isWritable = canWrite(SHARED_MEMORY);
  const folder = mkdtempSync(join(isWritable ? SHARED_MEMORY : tmpdir(), "memslice-bench-"));
  const name = isWritable ? `tmpfs (${SHARED_MEMORY})` : "the temporary folder, no tmpfs";
  return { folder, name, remove: () => rmSync(folder, { recursive: true }) };
}

function canWrite(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
