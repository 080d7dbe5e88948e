/** Writing compressed regions by one thread. */
import { encodeLz4Block, encodeZstd } from "@memslice/core-wasm";
import { BytesSink, type WritingOptions } from "@memslice/msl";
import { compare } from "../../harness/compare.js";
import type { Bar, Finding } from "../../harness/findings.js";
import type { Compressor } from "../../peers/compressor.js";
import { decodeLz4, lz4Compressors } from "../../peers/lz4.js";
import { zstdCompressors } from "../../peers/zstd.js";
import type { ScenarioOptions } from "../../scenario.js";
import { wholeRegion } from "../../workloads/synthetic-capture.js";
import { writeRegions } from "../../workloads/written-regions.js";
import { captureCheck } from "./check-capture.js";
import { writingPace } from "./pace.js";
import { type RegionBytes, regionBytes } from "./region-bytes.js";

const REGIONS = 8;
const QUICK_REGIONS = 2;
/** The size of our output in percent of the peer's. */
const SIZE_BAR: Bar = { atMost: 105 };

interface Contest {
  readonly title: string;
  readonly compression: "zstd-fast" | "lz4";
  readonly ours: Compressor;
  /** The peer to which the bars apply. */
  readonly peer: Compressor;
  readonly speedBar: Bar;
  decode(data: Uint8Array, size: number): Uint8Array;
}

/** Describes the error in a result; undefined if the result is right. */
type Checked = () => string | undefined;

/** Fast compression: the encoders next to packages of others, and the cost of the writer around them. */
export async function* compressedRegions({ quick }: ScenarioOptions): AsyncGenerator<Finding> {
  const regions = regionBytes(quick ? QUICK_REGIONS : REGIONS);
  for (const contest of await contests()) yield* hold(contest, regions, quick);
}

async function contests(): Promise<Contest[]> {
  const zstd = await zstdCompressors();
  return [
    {
      title: "zstd fast",
      compression: "zstd-fast",
      ours: { name: "memslice encodeZstd fast", compress: (bytes) => encodeZstd(bytes, "fast") },
      peer: first(zstd.peers(1)),
      speedBar: { atLeast: 1 },
      decode: zstd.decode,
    },
    {
      title: "LZ4",
      compression: "lz4",
      ours: { name: "memslice encodeLz4Block", compress: (bytes) => encodeLz4Block(bytes) },
      peer: first(await lz4Compressors()),
      speedBar: { atLeast: 1.1 },
      decode: decodeLz4,
    },
  ];
}

async function* hold(contest: Contest, regions: RegionBytes, quick: boolean): AsyncGenerator<Finding> {
  const { title, compression, ours, peer, speedBar, decode } = contest;
  const payloads = Array.from({ length: regions.regions }, (_, region) => wholeRegion(regions.pageData(region)));
  const stored = compression === "lz4" ? "lz4" : "zstd";
  const checkCapture = await captureCheck({ ...regions, stored, decode });
  const encoded = ({ compress }: Compressor) => {
    const all = payloads.map((payload) => compress(payload));
    return () => (all.every((data, i) => isSame(decode(data, payloads[i]?.length ?? 0), payloads[i])) ? undefined : WRONG);
  };
  const written = async (options: WritingOptions) => {
    const sink = new BytesSink();
    await writeRegions(sink, regions, { compression, ...options });
    return () => checkCapture(sink.bytes());
  };
  yield await compare<Checked>(
    {
      title: `${title}, payloads of ${regions.label}`,
      work: { amount: regions.bytes.length, unit: "bytes" },
      ours: { name: ours.name, run: () => encoded(ours) },
      peers: [
        { name: peer.name, bar: speedBar, run: () => encoded(peer) },
        { name: "memslice MslWriter, not decoding again", run: () => written({ verifyCompression: false }) },
        { name: "memslice MslWriter", run: () => written({}) },
      ],
      check: (problem) => problem(),
    },
    writingPace(quick),
  );
  yield {
    kind: "figure",
    title: `${title}, payloads of ${regions.label}: size beside that of ${peer.name}`,
    value: (100 * totalSize(ours, payloads)) / totalSize(peer, payloads),
    unit: "%",
    bar: SIZE_BAR,
  };
}

const WRONG = "stands for other bytes";

function totalSize({ compress }: Compressor, payloads: readonly Uint8Array[]): number {
  return payloads.reduce((sum, payload) => sum + compress(payload).length, 0);
}

function isSame(a: Uint8Array, b: Uint8Array | undefined): boolean {
  return b !== undefined && Buffer.compare(a, b) === 0;
}

function first(compressors: readonly Compressor[]): Compressor {
  const [compressor] = compressors;
  if (!compressor) throw new Error("There is no peer");
  return compressor;
}
