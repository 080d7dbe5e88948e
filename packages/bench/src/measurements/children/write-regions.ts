/**
 * Writes regions of 16 MiB to a sink that only counts bytes, and prints its own peak memory. Page data is streamed, and each region is
 * split into blocks of 4 MiB. Arguments: total size in MiB, compression, threads.
 */
import type { CompressionChoice } from "@memslice/msl";
import { memoryLike } from "../../captures/memory-like.js";
import { ownPeakBytes } from "../../processes/own-peak.js";
import { writeRegions } from "../workloads/written-regions.js";

const MIB = 1024 * 1024;
const REGION_BYTES = 16 * MIB;
const BLOCK_BYTES = 4 * MIB;
const CHUNK_BYTES = 64 * 1024;

const [mib, compression, threads] = process.argv.slice(2);
const size = Number(mib) * MIB;
const bytes = memoryLike(REGION_BYTES);
let written = 0;
const sink = {
  write: ({ length }: Uint8Array) => {
    written += length;
  },
};
const regions = { regions: size / REGION_BYTES, regionBytes: REGION_BYTES, pageData };
await writeRegions(sink, regions, {
  compression: compression as CompressionChoice,
  threads: Number(threads),
  splitAbove: BLOCK_BYTES,
});
if (compression === "none" && written < size) throw new Error(`Of ${size} bytes, ${written} were written`);
process.stdout.write(`${ownPeakBytes()}\n`);

/** Page data of a region. Every region starts at a different chunk. */
function* pageData(region: number): Generator<Uint8Array> {
  for (let done = 0; done < REGION_BYTES; done += CHUNK_BYTES) {
    const at = (done + region * CHUNK_BYTES) % REGION_BYTES;
    yield bytes.subarray(at, at + CHUNK_BYTES);
  }
}
