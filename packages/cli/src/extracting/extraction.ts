/** Writes regions, modules and tables of a capture into files of a folder, each with an entry in the manifest. */
import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { PackedRun } from "@memslice/analysis";
import { type Capture, fileSink, type MemoryRange } from "@memslice/msl";
import { addressText } from "../documents/place-text.js";
import { protectionText } from "../documents/protection-text.js";
import type { Manifest } from "./manifest.js";
import { safeFileName } from "./safe-file-name.js";

const ONLY_OWNER = 0o600;

export interface ExtractionOptions {
  /** Only regions and modules that share an address with one of these. */
  readonly ranges: readonly MemoryRange[];
  readonly fill: number | undefined;
  /** The most bytes that are filled in all files together. */
  readonly fillLimit: bigint;
  readonly signal: AbortSignal;
  readonly onFile: () => Promise<void>;
}

/** Bytes of memory by state, over all files of one kind. */
export interface ExtractedTotals {
  files: number;
  captured: bigint;
  /** Bytes that were not captured. */
  holes: bigint;
  /** Bytes that were captured, and that the capture lacks. */
  missing: bigint;
}

/** One file: the addresses whose bytes it holds, its name without the address, and its members in the manifest. */
interface MemoryFile extends MemoryRange {
  readonly name: string;
  readonly about: object;
}

export class Extraction {
  readonly #folder: string;
  readonly #capture: Capture;
  readonly #manifest: Manifest;
  readonly #options: ExtractionOptions;
  #filled = 0n;

  constructor(folder: string, capture: Capture, manifest: Manifest, options: ExtractionOptions) {
    this.#folder = folder;
    this.#capture = capture;
    this.#manifest = manifest;
    this.#options = options;
  }

  /** Writes a file for each region into `regions/`. */
  async regions(): Promise<ExtractedTotals> {
    const regions = await this.#capture.regions(this.#options.signal);
    return this.#write(
      "region",
      regions.map(({ baseAddr, endAddr, head }) => ({
        start: baseAddr,
        end: endAddr,
        name: head.regionTypeName,
        about: { regionType: head.regionTypeName, protection: protectionText(head.protection) },
      })),
    );
  }

  /** Writes a file for each module into `modules/`: the memory between its base and its end. */
  async modules(): Promise<ExtractedTotals> {
    const modules = await this.#capture.modules(this.#options.signal);
    return this.#write(
      "module",
      modules.map(({ baseAddr, moduleSize, path }) => ({
        start: baseAddr,
        end: baseAddr + moduleSize < ADDRESS_SPACE_END ? baseAddr + moduleSize : ADDRESS_SPACE_END,
        name: path,
        about: { module: path },
      })),
    );
  }

  async #write(kind: "region" | "module", files: Iterable<MemoryFile>): Promise<ExtractedTotals> {
    const totals: ExtractedTotals = { files: 0, captured: 0n, holes: 0n, missing: 0n };
    const { ranges, onFile } = this.#options;
    for (const file of files) {
      if (file.start >= file.end || !ranges.some(({ start, end }) => start < file.end && file.start < end)) continue;
      if (totals.files === 0) await mkdir(join(this.#folder, `${kind}s`), { mode: 0o700 });
      totals.files++;
      await this.#writeFile(kind, file, totals);
      await onFile();
    }
    return totals;
  }

  async #writeFile(kind: string, { start, end, name, about }: MemoryFile, totals: ExtractedTotals): Promise<void> {
    const { packContent } = await import("@memslice/analysis");
    const { fill, signal } = this.#options;
    const fillLimit = this.#options.fillLimit - this.#filled;
    // The number keeps names apart: regions may share an address, and modules a name.
    const number = String(totals.files).padStart(4, "0");
    const path = `${kind}s/${number}-${start.toString(16).padStart(12, "0")}-${safeFileName(name)}.bin`;
    const sink = await fileSink(join(this.#folder, path), { mode: ONLY_OWNER, sync: "never" });
    const hash = createHash("sha256");
    let bytes = 0n;
    try {
      await this.#manifest.beginFile({ path, kind, address: addressText(start), length: String(end - start), ...about });
      const hashing = {
        write: (data: Uint8Array) => {
          hash.update(data);
          bytes += BigInt(data.length);
          return sink.write(data);
        },
      };
      for await (const run of packContent(this.#capture.memory, start, end, hashing, { fill, fillLimit, signal })) {
        count(run, totals);
        if (fill !== undefined && run.state !== "captured") this.#filled += run.end - run.start;
        await this.#manifest.run(run);
      }
      await this.#manifest.endFile({ bytes: String(bytes), sha256: hash.digest("hex") });
    } finally {
      await sink.close?.();
    }
  }
}

const ADDRESS_SPACE_END = 1n << 64n;

function count({ start, end, state }: PackedRun, totals: ExtractedTotals): void {
  const length = end - start;
  if (state === "captured") totals.captured += length;
  else totals.holes += length;
  if (state === "missing") totals.missing += length;
}
