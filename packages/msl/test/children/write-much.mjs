/** Writes a capture of one region to a sink that only counts, and prints bytes and peak memory. `node write-much.mjs MIB [CIPHER]`. */
import { MslWriter } from "@memslice/msl";
import { ownPeakBytes } from "./own-peak.mjs";

const CHUNK = 64 * 1024;
const size = Number(process.argv[2] ?? 64) * 1024 * 1024;

function* chunks() {
  const chunk = new Uint8Array(CHUNK);
  for (let at = 0; at < size; at += CHUNK) yield chunk.fill(at / CHUNK);
}

let written = 0;
const sink = {
  write: ({ length }) => {
    written += length;
  },
};
const cipher = process.argv[3];
const encryption = cipher && { cipher, key: new Uint8Array(32) };
const writer = new MslWriter(sink, { header: { osType: 1, archType: 1, pid: 1 }, contents: ["MemoryRegion"], encryption });
await writer.processIdentity({ ppid: 0, sessionId: 0, startTimeNs: 0n });
await writer.moduleListIndex({ entries: [] });
const before = process.memoryUsage.rss();
const regionSize = BigInt(size);
const { blocks } = await writer.memoryRegion({
  baseAddr: 0n,
  regionSize,
  protection: 3,
  regionType: 5,
  pageSizeLog2: 12,
  timestampNs: 0n,
  pageData: chunks(),
});
await writer.end();
const grownMiB = (ownPeakBytes() - before) / 1024 / 1024;
console.log(JSON.stringify({ written, blocks: blocks.length, grownMiB: Math.round(grownMiB) }));
