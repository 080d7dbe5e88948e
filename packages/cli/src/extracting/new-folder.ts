/** The folder that `extract` fills: it appears under its name when it is complete, and nothing is written outside it. */
import { mkdir, readdir, rename, rm, rmdir } from "node:fs/promises";
import { MslError } from "@memslice/msl";
import type { Output } from "../output.js";
import { noteFinished, noteUnfinished } from "../streams/unfinished-files.js";

const ONLY_OWNER = 0o700;

/**
 * Calls `fill` with the path of a new folder, and gives the folder the name `target` afterwards. Until then it is `target.PID.partial`, which is
 * removed when filling fails or a signal interrupts it. Throws `usage` if `target` exists and is no empty folder, `sink` if it cannot be made, and `changed` if the
 * input of the command was changed meanwhile.
 */
export async function withNewFolder<T>(
  target: string,
  output: Pick<Output, "requireUnchanged">,
  fill: (folder: string) => Promise<T>,
): Promise<T> {
  const existing = await readdir(target).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw new MslError("usage", `${target} is no folder: name one that is empty, or does not exist`, { cause: error });
  });
  if (existing && existing.length > 0) {
    throw new MslError(
      "usage",
      `${target} is not empty, and nothing is overwritten: name a folder that is empty, or does not exist`,
    );
  }
  const partial = `${target.replace(/(?<=.)\/+$/, "")}.${process.pid}.partial`;
  await made(target, mkdir(partial, ONLY_OWNER));
  noteUnfinished(partial);
  try {
    const result = await fill(partial);
    await output.requireUnchanged();
    if (existing) await made(target, rmdir(target));
    await made(target, rename(partial, target));
    return result;
  } catch (error) {
    await rm(partial, { force: true, recursive: true }).catch(() => {});
    throw error;
  } finally {
    noteFinished(partial);
  }
}

async function made<T>(target: string, work: Promise<T>): Promise<T> {
  return work.catch((cause: unknown) => {
    throw new MslError("sink", `${target} cannot be made: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  });
}
