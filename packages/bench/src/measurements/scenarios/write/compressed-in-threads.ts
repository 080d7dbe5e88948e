/**
 * Writing regions that threads compress. Times exclude waiting for a processor only for the main thread, so threads look slower than they
 * are on a busy machine.
 */
import { Blake3, blake3, decodeZstd, encodeZstd } from "@memslice/core-wasm";
import { BytesSink, type WritingOptions } from "@memslice/msl";
import { compare } from "../../harness/compare.js";
import type { Finding } from "../../harness/findings.js";
import { wholeRegion } from "../../workloads/synthetic-capture.js";
import { writeRegions } from "../../workloads/written-regions.js";
import { writingPace } from "./pace.js";
import { REGION_BYTES, regionBytes } from "./region-bytes.js";

const MIB = 1024 * 1024;
/** Size of the region that is split, in blocks of `REGION_BYTES`. */
const SPLIT_REGIONS = 32;
const DROPPED_REGIONS = 128;
/** Page data repeats after this many regions, so that the whole capture is never in memory. */
const DIFFERENT_REGIONS = 16;

/** The least speed of a writer in one thread, in times of that of the calls that it makes of the core. */
const STEPS_LEAST = 0.85;

/** Options by which every run writes the same bytes. */
function reproducible(): WritingOptions {
  let uuids = 0;
  return { uuid: () => `00000000-0000-4000-8000-${String(++uuids).padStart(12, "0")}`, timestamp: () => 1n, compression: "zstd" };
}

/** One region in several blocks, compared with the caller's thread alone. */
export async function* splitRegion(): AsyncGenerator<Finding> {
  const { bytes, regions, label } = regionBytes(SPLIT_REGIONS);
  const one = { regions: 1, regionBytes: bytes.length, pageData: () => bytes };
  const written = async (threads: number) => {
    const sink = new BytesSink();
    await writeRegions(sink, one, { ...reproducible(), threads, splitAbove: REGION_BYTES });
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

/** Many regions to a sink that drops the bytes, compared with the work that a writer cannot do without. */
export async function* droppedCompressed(): AsyncGenerator<Finding> {
  const { pageData } = regionBytes(DIFFERENT_REGIONS);
  const work = {
    regions: DROPPED_REGIONS,
    regionBytes: REGION_BYTES,
    pageData: (region: number) => pageData(region % DIFFERENT_REGIONS),
  };
  const written = async (threads: number) => {
    const { fileHash } = await writeRegions({ write: () => {} }, work, { ...reproducible(), threads });
    return () => (fileHash === expected ? undefined : "gives another FileHash");
  };
  const { fileHash: expected } = await writeRegions({ write: () => {} }, work, reproducible());
  const payloads = Array.from({ length: DIFFERENT_REGIONS }, (_, region) => wholeRegion(pageData(region)));
  const steps = () => {
    let wrong = 0;
    using hasher = new Blake3();
    for (let region = 0; region < DROPPED_REGIONS; region++) {
      const payload = payloads[region % DIFFERENT_REGIONS] ?? new Uint8Array(0);
      const encoded = encodeZstd(payload, "default");
      const decoded = decodeZstd(encoded, payload.length);
      if (!decoded.ok || Buffer.compare(decoded.bytes, payload) !== 0) wrong++;
      blake3(encoded);
      hasher.update(encoded);
    }
    return () => (wrong === 0 ? undefined : `decodes ${wrong} regions to other bytes`);
  };
  yield await compare<() => string | undefined>(
    {
      title: `writing ${(DROPPED_REGIONS * REGION_BYTES) / MIB} MiB in ${DROPPED_REGIONS} regions to a sink that drops them, zstd`,
      work: { amount: DROPPED_REGIONS * REGION_BYTES, unit: "bytes" },
      ours: { name: "memslice MslWriter, threads 1", run: () => written(1) },
      peers: [
        { name: "memslice encodeZstd, decodeZstd, a comparison, BLAKE3 twice", run: steps, bar: { atLeast: STEPS_LEAST } },
        { name: "memslice MslWriter, threads 2", run: () => written(2) },
      ],
      check: (problem) => problem(),
    },
    { ...writingPace(false), rounds: 6 },
  );
}
