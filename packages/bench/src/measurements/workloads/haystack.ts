/** Memory with needles, as a capture and as a raw file. */
import { closeSync, openSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fileSink } from "@memslice/msl";
import { requireRoom } from "../../captures/capture-file.js";
import { memoryLike } from "../../captures/memory-like.js";
import { writeRegions } from "./written-regions.js";

const MIB = 1024 * 1024;
const REGION_BYTES = 16 * MIB;
const NEEDLES_PER_REGION = 4;
/** Occurs nowhere else in the memory. A line break stands behind it, so that programs that count lines count needles. */
export const NEEDLE = "Xq7#needle-of-the-haystack";

export interface Haystack {
  readonly capture: string;
  readonly raw: string;
  /** Bytes of memory. */
  readonly size: number;
  readonly needles: number;
}

/** Writes both files to a folder. `size`: a multiple of 16 MiB. Throws an `Error` if the disk has too little space. */
export async function writeHaystack(folder: string, size: number): Promise<Haystack> {
  requireRoom(folder, 2 * size + MIB);
  const regions = size / REGION_BYTES;
  const capture = join(folder, "haystack.msl");
  const raw = join(folder, "haystack.raw");
  const file = openSync(raw, "w");
  const hay = Buffer.from(memoryLike(REGION_BYTES));
  const pageData = (region: number) => {
    const bytes = Buffer.from(hay);
    for (let i = 0; i < NEEDLES_PER_REGION; i++) {
      bytes.write(`${NEEDLE}\n`, (i * REGION_BYTES) / NEEDLES_PER_REGION + region * 4096 + 100, "latin1");
    }
    writeSync(file, bytes);
    return bytes;
  };
  await writeRegions(await fileSink(capture), { regions, regionBytes: REGION_BYTES, pageData });
  closeSync(file);
  return { capture, raw, size, needles: NEEDLES_PER_REGION * regions };
}
