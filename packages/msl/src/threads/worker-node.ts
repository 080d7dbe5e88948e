/** The code of every worker script in Node, Bun and Deno. The build makes one script for each task: `serve(run)`, with the `run` of that task. */
import { readSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { shortenedFile, unreadableFile } from "../source/file-source.js";
import type { OpenFile, StartingThread, ThreadTask } from "./threads.js";

export function serve<Task extends ThreadTask>(run: (thread: StartingThread<Task>) => void): void {
  run({
    task: workerData,
    tell: (message, transfer = []) => parentPort?.postMessage(message, transfer),
    listen: (listener) => parentPort?.on("message", listener),
    fill,
  });
}

function fill({ descriptor, path }: OpenFile, target: Uint8Array, offset: number): void {
  for (let done = 0; done < target.length; ) {
    const bytesRead = readOnce(target.subarray(done), offset + done);
    if (bytesRead === 0) throw shortenedFile(path, offset + done);
    done += bytesRead;
  }

  function readOnce(rest: Uint8Array, position: number): number {
    try {
      return readSync(descriptor, rest, 0, rest.length, position);
    } catch (cause) {
      throw unreadableFile(path, position, cause);
    }
  }
}
