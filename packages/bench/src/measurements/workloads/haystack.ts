/** Memory with needles and keys, as a capture and as a raw file. */
import { closeSync, openSync, writeFileSync, writeSync } from "node:fs";
import { join } from "node:path";
import { fileSink } from "@memslice/msl";
import { requireRoom } from "../../captures/capture-file.js";
import { memoryLike } from "../../captures/memory-like.js";
import { Random } from "../../captures/random.js";
import { keySchedule } from "./key-schedules.js";
import { writeRegions } from "./written-regions.js";

const MIB = 1024 * 1024;
const REGION_BYTES = 16 * MIB;
const NEEDLES_PER_REGION = 4;
/** Where the schedule of a key lies in a region: behind a page that a needle begins in. */
const SCHEDULE_OFFSET = MIB + 4096;
const KEY_SEED = 99;
const PATTERN_SEED = 7;
/** Occurs nowhere else in the memory. A line break stands behind it, so that programs that count lines count needles. */
export const NEEDLE = "Xq7#needle-of-the-haystack";

/** Regular expressions that match the needle, once, by where they have fixed bytes. */
export const EXPRESSIONS = {
  "fixed bytes first": "Xq7#[a-z-]+stack",
  "fixed bytes inside": "\\w+#needle-of-[a-z-]+",
  "one of several words": "(?:password|secret|needle)-of-\\w+",
  "classes of bytes alone": "[A-Z][a-z][0-9][!-/][a-z]{6}-",
} as const;

export interface Haystack {
  readonly capture: string;
  readonly raw: string;
  /** A list of 1,000 texts, one in each line: the needle, and 999 that do not occur. */
  readonly patterns: string;
  /** Bytes of memory. */
  readonly size: number;
  readonly needles: number;
  /** The AES keys of 128 and 256 bits whose schedules lie in memory, in hex, sorted. */
  readonly keys: readonly string[];
}

/** Writes the files to a folder. `size`: a multiple of 16 MiB. Throws an `Error` if the disk has too little space. */
export async function writeHaystack(folder: string, size: number): Promise<Haystack> {
  requireRoom(folder, 2 * size + MIB);
  const regions = size / REGION_BYTES;
  const capture = join(folder, "haystack.msl");
  const raw = join(folder, "haystack.raw");
  const patterns = join(folder, "patterns");
  writeFileSync(patterns, `${patternList().join("\n")}\n`);
  const file = openSync(raw, "w");
  const hay = Buffer.from(memoryLike(REGION_BYTES));
  const random = new Random(KEY_SEED);
  const keys: string[] = [];
  const pageData = (region: number) => {
    const bytes = Buffer.from(hay);
    for (let i = 0; i < NEEDLES_PER_REGION; i++) {
      bytes.write(`${NEEDLE}\n`, (i * REGION_BYTES) / NEEDLES_PER_REGION + region * 4096 + 100, "latin1");
    }
    const key = Uint8Array.from({ length: region % 2 === 0 ? 16 : 32 }, () => random.below(256));
    bytes.set(keySchedule(key), SCHEDULE_OFFSET);
    keys.push(Buffer.from(key).toString("hex"));
    writeSync(file, bytes);
    return bytes;
  };
  await writeRegions(await fileSink(capture), { regions, regionBytes: REGION_BYTES, pageData });
  closeSync(file);
  return { capture, raw, patterns, size, needles: NEEDLES_PER_REGION * regions, keys: keys.sort() };
}

/** Texts of 6 to 21 letters, which are no words. */
function patternList(): readonly string[] {
  const random = new Random(PATTERN_SEED);
  const others = Array.from({ length: 999 }, () =>
    Array.from({ length: 6 + random.below(16) }, () => String.fromCharCode(0x61 + random.below(26))).join(""),
  );
  return [...others.slice(0, 500), NEEDLE, ...others.slice(500)];
}
