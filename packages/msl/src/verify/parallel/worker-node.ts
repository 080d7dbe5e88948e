/** The script of a worker in Node, Bun and Deno. */
import { readSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { shortenedFile, unreadableFile } from "../../source/file-errors.js";
import { runThread } from "./run-thread.js";
import type { ThreadTask } from "./thread-task.js";

const task: ThreadTask = workerData;
runThread(task, (message) => parentPort?.postMessage(message), task.file ? readerOf(task.file) : undefined);

function readerOf({ descriptor, path }: NonNullable<ThreadTask["file"]>): (target: Uint8Array, offset: number) => void {
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
