/** Writing plain regions: into memory, and to a sink that discards them. */
import { blake3 } from "@memslice/core-wasm";
import { BytesSink } from "@memslice/msl";
import { compare } from "../../harness/compare.js";
import type { Finding } from "../../harness/findings.js";
import { blake3Wasm } from "../../peers/blake3.js";
import type { ScenarioOptions } from "../../scenario.js";
import { writeRegions } from "../../workloads/written-regions.js";
import { captureCheck } from "./check-capture.js";
import { writingPace } from "./pace.js";
import { REGION_BYTES, regionBytes } from "./region-bytes.js";

const MIB = 1024 * 1024;
const REGIONS = 16;
const QUICK_REGIONS = 4;
/** Number of regions for the sink that discards them. */
const DROPPED_REGIONS = 256;
/** Page data repeats after this many regions, so that the whole capture is never in memory. */
const DIFFERENT_REGIONS = 16;
/** A writer hashes every byte twice, for the chain and for FileHash, so it can reach half of the peer's speed at most. */
const BAR = { atLeast: 0.45 } as const;

/** Describes the error in a result; undefined if the result is right. */
type Checked = () => string | undefined;

/** Compared with the least work possible: copying the bytes and hashing them once. */
export async function* plainRegions({ quick }: ScenarioOptions): AsyncGenerator<Finding> {
  const regions = regionBytes(quick ? QUICK_REGIONS : REGIONS);
  const { bytes, label } = regions;
  const checkCapture = await captureCheck({ ...regions, stored: "plain", decode: (data) => data });
  const wasm = await blake3Wasm();
  yield await compare<Checked>(
    {
      title: `writing ${label} to memory, plain`,
      work: { amount: bytes.length, unit: "bytes" },
      ours: {
        name: "memslice MslWriter to a BytesSink",
        run: async () => {
          const sink = new BytesSink();
          await writeRegions(sink, regions);
          return () => checkCapture(sink.bytes());
        },
      },
      peers: [
        {
          name: "a copy of the bytes, and memslice blake3 once",
          bar: BAR,
          run: () => {
            const copy = bytes.slice();
            const digest = blake3(bytes);
            return () => difference(copy, bytes) ?? difference(digest, wasm.digest(bytes));
          },
        },
      ],
      check: (problem) => problem(),
    },
    writingPace(quick),
  );
}

function difference(a: Uint8Array, b: Uint8Array): string | undefined {
  return Buffer.compare(a, b) === 0 ? undefined : "gives other bytes";
}

/** Hashed by @napi-rs/blake-hash, compared with the WebAssembly core. */
export async function* nativeHash({ quick }: ScenarioOptions): AsyncGenerator<Finding> {
  const regions = quick ? QUICK_REGIONS : DROPPED_REGIONS;
  const { pageData } = regionBytes(Math.min(regions, DIFFERENT_REGIONS));
  const work = { regions, regionBytes: REGION_BYTES, pageData: (region: number) => pageData(region % DIFFERENT_REGIONS) };
  const written = async (native: boolean) => {
    let uuids = 0;
    const uuid = () => `00000000-0000-4000-8000-${String(++uuids).padStart(12, "0")}`;
    const { fileHash } = await writeRegions({ write: () => {} }, work, { uuid, timestamp: () => 1n, nativeHash: native });
    return fileHash;
  };
  const expected = await written(false);
  const amount = regions * REGION_BYTES;
  yield await compare(
    {
      title: `writing ${amount / MIB} MiB in ${regions} regions to a sink that drops them, plain`,
      work: { amount, unit: "bytes" },
      ours: { name: "hashed by @napi-rs/blake-hash", run: () => written(true) },
      peers: [{ name: "hashed by the WebAssembly core", run: () => written(false), ...(!quick && { bar: { atLeast: 1.6 } }) }],
      check: (fileHash) => (fileHash === expected ? undefined : "gives another FileHash"),
    },
    { rounds: quick ? 6 : 9, attempts: quick ? 1 : 2, warmUpSeconds: 0, leadInSeconds: 0, sampleSeconds: 0 },
  );
}
