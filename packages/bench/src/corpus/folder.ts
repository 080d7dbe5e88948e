/** The folder for a corpus: a new folder, an empty one, or one that holds a corpus and nothing else. */
import { lstatSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

export const INDEX_FILE = "corpus.json";
/** Value of `kind` in the index, by which a corpus folder is recognised. */
export const INDEX_KIND = "memslice.corpus";

/** Creates the folder, or removes the corpus in it. Throws an `Error` with a readable message if it holds anything else. */
export function prepareFolder(folder: string, names: readonly string[]): void {
  const files = new Set(names.flatMap((name) => [`${name}.msl`, `${name}.json`]));
  mkdirSync(folder, { recursive: true });
  const found = readdirSync(folder);
  if (found.length === 0) return;
  const foreign = found.find((name) => (name !== INDEX_FILE && !files.has(name)) || !lstatSync(join(folder, name)).isFile());
  if (foreign !== undefined || !isIndex(join(folder, INDEX_FILE))) {
    const why = foreign === undefined ? `has no ${INDEX_FILE} that says it is one` : `holds ${foreign}, which is not part of one`;
    throw new Error(`${folder} is neither empty nor a corpus of samples: it ${why}. Nothing was written.`);
  }
  for (const name of found) rmSync(join(folder, name));
}

function isIndex(path: string): boolean {
  try {
    return JSON.parse(readFileSync(path, "utf8")).kind === INDEX_KIND;
  } catch {
    return false;
  }
}
