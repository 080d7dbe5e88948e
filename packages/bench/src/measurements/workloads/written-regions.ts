/** Captures of equal regions, written with MslWriter. */
import { type FinishedCapture, MslWriter, type SinkInput, type WritingOptions } from "@memslice/msl";

const PAGE_SIZE_LOG2 = 12;

export interface RegionsToWrite {
  readonly regions: number;
  /** A multiple of 4096. */
  readonly regionBytes: number;
  /** The page data of one region; all its pages are captured. */
  pageData(region: number): Uint8Array | Iterable<Uint8Array>;
}

/** Writes Process Identity, an empty Module List Index, adjacent regions from address 0 on, and End-of-Capture. */
export async function writeRegions(
  sink: SinkInput,
  { regions, regionBytes, pageData }: RegionsToWrite,
  options: WritingOptions = {},
): Promise<FinishedCapture> {
  const header = { osType: 1, archType: 1, pid: 4242 };
  const writer = new MslWriter(sink, { header, contents: ["MemoryRegion"], ...options });
  await writer.processIdentity({ ppid: 0, sessionId: 0, startTimeNs: 0n });
  await writer.moduleListIndex({ entries: [] });
  for (let region = 0; region < regions; region++) {
    await writer.memoryRegion({
      baseAddr: BigInt(region) * BigInt(regionBytes),
      regionSize: BigInt(regionBytes),
      protection: 3,
      regionType: 5,
      pageSizeLog2: PAGE_SIZE_LOG2,
      timestampNs: 0n,
      pageData: pageData(region),
    });
  }
  return writer.end();
}
