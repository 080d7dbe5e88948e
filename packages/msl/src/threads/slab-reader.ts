/** Reading in a worker of Node or Bun, by the descriptor of a file that another thread has opened. */
import { readSync } from "node:fs";
import { shortenedFile, unreadableFile } from "../source/file-source.js";
import type { SlabTask } from "./slab-worker.js";

/** Fills an array with the bytes of the file from an offset on. */
export function slabReader({ descriptor, path }: NonNullable<SlabTask["file"]>): (target: Uint8Array, offset: number) => void {
  return (target, offset) => {
    for (let done = 0; done < target.length; ) {
      const bytesRead = readOnce(target, done, offset + done);
      if (bytesRead === 0) throw shortenedFile(path, offset + done);
      done += bytesRead;
    }
  };

  function readOnce(target: Uint8Array, from: number, position: number): number {
    try {
      return readSync(descriptor, target, from, target.length - from, position);
    } catch (cause) {
      throw unreadableFile(path, position, cause);
    }
  }
}
