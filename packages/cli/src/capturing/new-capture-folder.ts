/** The folder that `msl capture --tree` fills: it has its name from the start, as a capture that is being taken has. */
import { mkdir, readdir, rename, rm, rmdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { MslError } from "@memslice/msl";
import type { Options } from "../options.js";
import { jsonPieces } from "../terminal/json-pieces.js";

const ONLY_OWNER = 0o700;
const OWNER_READS_AND_WRITES = 0o600;
/** The document about all captures of the folder. */
const MANIFEST = "captures.json";
/** Characters of a name that are kept in the name of a file. */
const KEPT = /[^A-Za-z0-9._-]/gu;

/** Throws `usage` if the name is that of something else than a folder, or of a folder that is not empty, unless --force is given. */
export async function requireFreeFolder(folder: string, options: Options): Promise<void> {
  const existing = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw new MslError("usage", `${folder} is no folder: --tree writes a capture for each process into a folder`, {
      cause: error,
    });
  });
  if (existing.length === 0 || options["force"] === true) return;
  throw new MslError("usage", `${folder} is not empty; --force writes into it, and replaces captures of the same names`);
}

/**
 * Calls `fill` with the folder in place: a new one, which only its owner can open, or one that is there. A new one is removed again if `fill` throws and it has
 * stayed empty. Throws `sink` if it cannot be made.
 */
export async function inCaptureFolder<T>(folder: string, fill: () => Promise<T>): Promise<T> {
  let made: string | undefined;
  try {
    made = await mkdir(folder, { recursive: true, mode: ONLY_OWNER });
  } catch (cause) {
    throw new MslError("sink", `${folder} cannot be made: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  try {
    return await fill();
  } catch (error) {
    if (made !== undefined) await rmdir(folder).catch(() => {});
    throw error;
  }
}

/** The name of the capture of a process: its pid, and what of its name can stand in the name of a file. */
export function captureName({ pid, name }: { readonly pid: number; readonly name: string }): string {
  return `${pid}-${name.replace(KEPT, "_")}.msl`;
}

/** Writes the document about all captures, or replaces an earlier one when the new one is complete. Throws `sink`. */
export async function writeManifest(folder: string, document: object): Promise<void> {
  const path = join(folder, MANIFEST);
  const partial = `${path}.${process.pid}.partial`;
  try {
    await writeFile(partial, `${[...jsonPieces(document)].join("")}\n`, { mode: OWNER_READS_AND_WRITES, flag: "wx" });
    await rename(partial, path);
  } catch (cause) {
    await rm(partial, { force: true });
    throw new MslError("sink", `${path} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
