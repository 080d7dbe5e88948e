/** Transcodes a file with regions of 64 MiB to a sink that only counts, and prints bytes and peak memory. `node transcode-much.mjs FILE MIB HOW`. */
import { fileSink, MslWriter, transcode } from "@memslice/msl";
import { ownPeakBytes } from "./own-peak.mjs";

const REGION = 64 * 1024 * 1024;
const [file, mib, compression] = process.argv.slice(2);
const count = (Number(mib) * 1024 * 1024) / REGION;

function* chunks(fill) {
  const chunk = new Uint8Array(64 * 1024).fill(fill);
  for (let at = 0; at < REGION; at += chunk.length) yield chunk;
}

const writer = new MslWriter(await fileSink(file), {
  header: { osType: 1, archType: 1, pid: 1 },
  contents: ["MemoryRegion"],
  compression,
  verifyCompression: false,
});
await writer.processIdentity({ ppid: 0, sessionId: 0, startTimeNs: 0n });
await writer.moduleListIndex({ entries: [] });
for (let i = 0; i < count; i++) {
  await writer.memoryRegion({
    baseAddr: BigInt(i * REGION),
    regionSize: BigInt(REGION),
    protection: 3,
    regionType: 5,
    pageSizeLog2: 12,
    timestampNs: 0n,
    pageData: chunks(i),
  });
}
await writer.end();
const before = ownPeakBytes();
let written = 0;
const sink = {
  write: ({ length }) => {
    written += length;
  },
};
const { complete } = await transcode(file, sink, { compression: "none" });
const grownMiB = (ownPeakBytes() - before) / 1024 / 1024;
console.log(JSON.stringify({ written, complete, grownMiB: Math.round(grownMiB) }));
