/** The files of the scenario `convert`, and the programs that turn them into each other: cp, and an import and an export in processes of their own. */
import { execFileSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readSync, rmSync, statfsSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeSparseCore } from "../../workloads/sparse-core.js";

const child = (name: string) => fileURLToPath(new URL(`../../children/${name}.js`, import.meta.url));
const GIB = 2 ** 30;
const READ_BYTES = 16 * 2 ** 20;

export interface CoreSize {
  /** GiB of segments. */
  readonly gib: number;
  /** GiB of them that the file has as data; the others are holes. */
  readonly dataGib: number;
}

/** What a child prints. */
interface Converted {
  readonly seconds: number;
  /** Seconds in which the hashes alone are computed that the formats demand. */
  readonly hashing: number;
  /** Bytes. */
  readonly peak: number;
}

/**
 * A folder of its own with a sparse core. Each program finds its source in the page cache, as far as memory has room: otherwise the first one after a large file was
 * removed would also be charged for memory that a virtual machine has to ask its host for, which takes longer than the copy.
 */
export class CoreFiles {
  readonly #folder: string;
  readonly core: string;
  readonly capture: string;

  /** Throws an `Error` if the folder for temporary files has no room for the core, a capture of it and a copy. */
  constructor({ gib, dataGib }: CoreSize) {
    this.#folder = mkdtempSync(join(tmpdir(), "msl-convert-"));
    this.core = join(this.#folder, "core");
    this.capture = join(this.#folder, "capture.msl");
    try {
      const { bavail, bsize } = statfsSync(this.#folder);
      if (bavail * bsize < (2 * gib + 2 * dataGib) * GIB)
        throw new Error(`${this.#folder} has no room for two files of ${gib} GiB`);
      writeSparseCore(this.core, gib, dataGib);
    } catch (error) {
      this.remove();
      throw error;
    }
  }

  /** Seconds of cp, which writes all bytes, or keeps the holes of the file (`auto`). */
  copied(file: string, sparse: "never" | "auto"): number {
    const copy = join(this.#folder, "copy");
    readThrough(file);
    const begun = performance.now();
    execFileSync("cp", [`--sparse=${sparse}`, file, copy]);
    const seconds = (performance.now() - begun) / 1000;
    rmSync(copy);
    return seconds;
  }

  /** Imports the core as the capture, in place of one from before. */
  imported(digest: "digest" | "plain"): Converted {
    rmSync(this.capture, { force: true });
    readThrough(this.core);
    return printedBy(child("import-core"), this.core, this.capture, digest);
  }

  /** Exports the capture as a core, which is removed. */
  exported(): Converted {
    const output = join(this.#folder, "exported");
    readThrough(this.capture);
    const converted = printedBy(child("export-core"), this.capture, output);
    rmSync(output);
    return converted;
  }

  remove(): void {
    rmSync(this.#folder, { recursive: true });
  }
}

/** Brings a file into the page cache. */
function readThrough(path: string): void {
  const bytes = new Uint8Array(READ_BYTES);
  const file = openSync(path, "r");
  try {
    while (readSync(file, bytes) > 0);
  } finally {
    closeSync(file);
  }
}

function printedBy(...args: readonly string[]): Converted {
  return JSON.parse(execFileSync(process.execPath, args, { encoding: "utf8" })) as Converted;
}
