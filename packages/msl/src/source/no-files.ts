import { MslError } from "../errors.js";
import type { Source } from "./source.js";

/** Stands in for file access in browsers and workerd, which have none. */
export async function openFileSource(path: string | URL): Promise<Source> {
  throw new MslError(
    "source",
    `${String(path)} cannot be opened: this runtime has no file system; pass bytes, a Blob or a Source`,
  );
}

export function lendFile(_source: Source): undefined {}

export async function isLocalFile(_name: string): Promise<boolean> {
  return false;
}
