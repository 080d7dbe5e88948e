/**
 * Compressing in two threads, compared with the caller's thread alone. Times exclude waiting for a processor only for the main thread,
 * so threads look slower than they are on a busy machine.
 */
import { BytesSink } from "@memslice/msl";
import { compare } from "../../harness/compare.js";
import type { Finding } from "../../harness/findings.js";
import { writeRegions } from "../../workloads/written-regions.js";
import { writingPace } from "./pace.js";
import { REGION_BYTES, regionBytes } from "./region-bytes.js";

const REGIONS = 32;

export async function* inThreads(): AsyncGenerator<Finding> {
  const { bytes, regions, label } = regionBytes(REGIONS);
  const one = { regions: 1, regionBytes: bytes.length, pageData: () => bytes };
  const written = async (threads: number) => {
    const sink = new BytesSink();
    let uuids = 0;
    const uuid = () => `00000000-0000-4000-8000-${String(++uuids).padStart(12, "0")}`;
    const options = { threads, uuid, timestamp: () => 1n, compression: "zstd", splitAbove: REGION_BYTES } as const;
    await writeRegions(sink, one, options);
    return sink;
  };
  const alone = (await written(1)).bytes();
  yield await compare(
    {
      title: `one region in ${regions} blocks (${label}), zstd, by two threads`,
      work: { amount: bytes.length, unit: "bytes" },
      ours: { name: "memslice MslWriter, threads 2", run: () => written(2) },
      peers: [{ name: "memslice MslWriter, threads 1", run: () => written(1) }],
      check: (sink) => (Buffer.compare(sink.bytes(), alone) === 0 ? undefined : "writes other bytes"),
    },
    writingPace(false),
  );
}
