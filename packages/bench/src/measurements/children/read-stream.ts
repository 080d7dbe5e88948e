/**
 * Reads a synthetic capture through MslReader in 64 KiB chunks and prints its own peak memory. Argument: the number of 64 MiB regions
 * in the capture.
 */
import { MslReader } from "@memslice/msl";
import { ownPeakBytes } from "../../processes/own-peak.js";
import { regionBlocks, syntheticCapture } from "../workloads/synthetic-capture.js";

const CHUNK_BYTES = 64 * 1024;
const REGION_PAGES = 16_384;

const regions = Number(process.argv[2]);
const reader = MslReader.from(inChunks(syntheticCapture("regions", regionBlocks({ regions, pagesPerRegion: REGION_PAGES }))));
let payloadBytes = 0;
for await (const block of reader) {
  for await (const piece of block.pieces()) payloadBytes += piece.length;
}
if (reader.end?.eocIndex !== regions + 2 || payloadBytes < regions * REGION_PAGES * 4096)
  throw new Error("The capture was not read whole");
process.stdout.write(`${ownPeakBytes()}\n`);

/** The same bytes in new arrays of 64 KiB, as a network would deliver them. */
function* inChunks(pieces: Iterable<Uint8Array>): Generator<Uint8Array> {
  let chunk = new Uint8Array(CHUNK_BYTES);
  let filled = 0;
  for (const piece of pieces) {
    for (let at = 0; at < piece.length; ) {
      const part = piece.subarray(at, at + CHUNK_BYTES - filled);
      chunk.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled === CHUNK_BYTES) {
        yield chunk;
        chunk = new Uint8Array(CHUNK_BYTES);
        filled = 0;
      }
    }
  }
  if (filled > 0) yield chunk.subarray(0, filled);
}
