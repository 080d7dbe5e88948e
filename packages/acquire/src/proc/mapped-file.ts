/** The file on disk that is mapped, as the process sees it, also in a container. */
import { type BigIntStats, closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { open } from "node:fs/promises";
import type { Mapping } from "./mapping.js";
import { memoryTask } from "./process-threads.js";

/** Bytes that are hashed at once. */
const PIECE_BYTES = 1024 * 1024;

/**
 * A path under which the file of a mapping can be opened: the link of the kernel for the mapping, which also leads to a deleted file, but needs CAP_SYS_ADMIN
 * or CAP_CHECKPOINT_RESTORE; otherwise the path in the root folder of the process, if the same file still has that name. undefined if there is none, and for
 * what is no regular file: a device is not opened.
 */
export function pathOfMapping(pid: number, { start, end, inode, device, path, deleted }: Mapping): string | undefined {
  if (inode === 0n) return undefined;
  const task = memoryTask(pid);
  const link = `/proc/${task}/map_files/${start.toString(16)}-${end.toString(16)}`;
  if (canOpen(link, () => true)) return link;
  if (deleted) return undefined;
  const inRoot = `/proc/${task}/root${path}`;
  return canOpen(inRoot, ({ dev, ino }) => ino === inode && deviceText(dev) === device) ? inRoot : undefined;
}

/** Major and minor number as /proc/PID/maps writes them, from a device number of stat (makedev of glibc). */
export function deviceText(device: bigint): string {
  return deviceOf(
    ((device >> 8n) & 0xfffn) | ((device >> 32n) & 0xfffff000n),
    (device & 0xffn) | ((device >> 12n) & 0xffffff00n),
  );
}

/** A device as /proc/PID/maps writes it: two hexadecimal numbers. */
export function deviceOf(major: bigint, minor: bigint): string {
  return `${major.toString(16).padStart(2, "0")}:${minor.toString(16).padStart(2, "0")}`;
}

/** Opening a device can have effects, so that it is asked first what the path leads to. */
function canOpen(path: string, isRight: (file: BigIntStats) => boolean): boolean {
  const isWanted = (file: BigIntStats) => file.isFile() && isRight(file);
  try {
    if (!isWanted(statSync(path, { bigint: true }))) return false;
    const file = openSync(path, "r");
    try {
      return isWanted(fstatSync(file, { bigint: true }));
    } finally {
      closeSync(file);
    }
  } catch {
    return false;
  }
}

/** Passes all bytes of a file to `take`, piece by piece. Throws the system's error. */
export async function eachPiece(path: string, take: (piece: Uint8Array) => void, check: () => void): Promise<void> {
  const file = await open(path, "r");
  try {
    const buffer = new Uint8Array(PIECE_BYTES);
    for (;;) {
      check();
      const { bytesRead } = await file.read(buffer, 0, buffer.length);
      if (bytesRead === 0) return;
      take(buffer.subarray(0, bytesRead));
    }
  } finally {
    await file.close();
  }
}

/** Reads `length` bytes of a file; undefined if it has fewer at that place, or cannot be read. */
export type ReadAt = (offset: bigint, length: number) => Uint8Array | undefined;

/** Calls `use` with a function that reads the file. Throws the system's error if it cannot be opened. */
export function readingFile<T>(path: string, use: (readAt: ReadAt) => T): T {
  const file = openSync(path, "r");
  try {
    return use((offset, length) => {
      const bytes = new Uint8Array(length);
      try {
        return readSync(file, bytes, 0, length, offset) === length ? bytes : undefined;
      } catch {
        return undefined;
      }
    });
  } finally {
    closeSync(file);
  }
}
