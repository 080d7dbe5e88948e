/** Whether OUT of `msl capture` can be written: asked before the process is touched, as whether the process can be read. */
import { constants } from "node:fs";
import { access, stat } from "node:fs/promises";
import { dirname } from "node:path";
import type { Finding } from "@memslice/acquire";
import type { Options } from "../options.js";
import { DASH } from "../streams/standard-input.js";

/** What stands in the way of OUT: nothing without a name, and for standard output. */
export async function outputFindings({ output, tree }: Options): Promise<Finding[]> {
  if (typeof output !== "string" || output === "" || output === DASH) return [];
  const there = await stat(output).catch(() => undefined);
  // A file is made, or made anew, in its folder. A device or pipe is opened; so is a folder, in which a tree makes files.
  const opened = there && !there.isFile();
  const place = opened ? output : tree === true ? await lastFolder(dirname(output)) : dirname(output);
  const isFolder = opened ? there.isDirectory() : true;
  try {
    await access(place, isFolder ? constants.W_OK | constants.X_OK : constants.W_OK);
    return [];
  } catch (cause) {
    const found = `${output} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`;
    return [{ code: "output-not-writable", blocks: true, found, remedy: "name another file or folder with -o" }];
  }
}

/** The folder itself, or the one above it in which it would be made with all between. */
async function lastFolder(folder: string): Promise<string> {
  for (let place = folder; ; place = dirname(place)) {
    if (place === dirname(place) || (await stat(place).catch(() => undefined))) return place;
  }
}
