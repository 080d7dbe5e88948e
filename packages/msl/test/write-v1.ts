/** Writes vector V1 with the library's writer. */
import { type MslWriter, pagesOf, type WriterOptions } from "../src/index.js";

const T0 = 1_700_000_000_000_000_000n;

/** V1's options: its header, BlockUUIDs counted from 1. */
export function optionsOfV1(hashAlgo: number): WriterOptions {
  let blocks = 0;
  return {
    header: {
      osType: 1,
      archType: 1,
      pid: 4242,
      timestampNs: T0,
      clockSource: 1,
      hashAlgo,
      dumpUuid: "00112233-4455-4677-8899-aabbccddeeff",
    },
    contents: ["MemoryRegion"],
    blockCount: 4,
    uuid: () => `10000000-0000-4000-8000-${String(++blocks).padStart(12, "0")}`,
    timestamp: () => T0 + 2n,
  };
}

export async function writeV1(writer: MslWriter) {
  await writer.processIdentity({ ppid: 1, sessionId: 2, startTimeNs: T0 - 1_000_000_000n, exePath: "/bin/ls" });
  await writer.moduleListIndex({ entries: [] });
  await writer.memoryRegion({
    baseAddr: 0x400000n,
    regionSize: 0x1000n,
    protection: 5,
    regionType: 3,
    pageSizeLog2: 10,
    timestampNs: T0 + 1n,
    pages: pagesOf([
      { count: 1, state: "captured" },
      { count: 1, state: "failed" },
      { count: 1, state: "unmapped" },
      { count: 1, state: "captured" },
    ]),
    pageData: [new Uint8Array(1024).fill(0xaa), new Uint8Array(1024).fill(0xbb)],
  });
  return writer.end();
}
