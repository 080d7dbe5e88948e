import { MslError } from "../errors.js";
import type { Source } from "./source.js";

/** The file access of runtimes without files: browsers and workerd. Every attempt to open a file throws `source`. */
export async function openFileSource(path: string | URL): Promise<Source> {
  throw new MslError(
    "source",
    `${String(path)} cannot be opened: this runtime has no file system; pass bytes, a Blob or a Source`,
  );
}

export function lendableFile(_source: Source): undefined {}

export async function isLocalFile(_name: string): Promise<boolean> {
  return false;
}
