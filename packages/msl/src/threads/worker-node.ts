/**
 * The code of every worker script in Node, Bun and Deno. The build makes scripts of it: `serve`, with the main functions of one kind of task, or of
 * all.
 */
import { readSync } from "node:fs";
import { parentPort, workerData } from "node:worker_threads";
import { shortenedFile, unreadableFile } from "../source/file-source.js";
import { type OpenFile, type Runs, runTask, type ThreadTask } from "./threads.js";

export function serve(runs: Runs): void {
  const start = (task: ThreadTask) =>
    runTask(runs, {
      task,
      tell: (message, transfer = []) => parentPort?.postMessage(message, transfer),
      listen: (listener) => parentPort?.on("message", listener),
      fill,
    });
  // A worker that the program has made by itself gets the task as its first message.
  if (isTask(workerData)) start(workerData);
  else parentPort?.once("message", start);
}

function isTask(value: unknown): value is ThreadTask {
  return typeof value === "object" && value !== null && "kind" in value;
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
