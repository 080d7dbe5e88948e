/** Speed and size of compressing with zstd and LZ4. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { encodeLz4Block, encodeZstd } from "@memslice/core-wasm";
import { FIXTURES } from "../../captures/fixtures.js";
import { memoryLike } from "../../captures/memory-like.js";
import { Random } from "../../captures/random.js";
import { compare } from "../harness/compare.js";
import type { Bar, Finding } from "../harness/findings.js";
import type { Pace } from "../harness/rounds.js";
import type { Compressor } from "../peers/compressor.js";
import { decodeLz4, lz4Compressors } from "../peers/lz4.js";
import { type NativeProgram, NativePrograms } from "../peers/native-programs.js";
import { zstdCompressors } from "../peers/zstd.js";
import type { Scenario } from "../scenario.js";

const KIB = 1024;
const MIB = 1024 * KIB;
/** The size of our output in percent of the first peer's. */
const SIZE_BAR: Bar = { atMost: 105 };

/** One of our encoders and its peers. Bars apply to the first peer. */
interface Contest {
  readonly title: string;
  readonly ours: Compressor;
  readonly peers: readonly Compressor[];
  readonly native: { readonly program: NativeProgram; readonly level: number };
  readonly speedBar: Bar;
  decode(data: Uint8Array, size: number): Uint8Array;
}

interface Content {
  readonly name: string;
  /** Whether the promised speeds apply to this content. */
  readonly isMemoryLike: boolean;
  readonly bytes: Uint8Array;
}

export const codec: Scenario = {
  name: "codec",
  summary: "compressing with zstd and LZ4, against named peers: time and size",
  async *run({ quick }) {
    const contests = await allContests();
    using programs = new NativePrograms();
    for (const content of contents(quick)) {
      for (const contest of contests) yield* hold(contest, content, programs, quick);
    }
  },
};

async function allContests(): Promise<Contest[]> {
  const zstd = await zstdCompressors();
  return [
    {
      title: "zstd fast",
      ours: { name: "memslice encodeZstd fast", compress: (bytes) => encodeZstd(bytes, "fast") },
      peers: zstd.peers(1),
      native: { program: "zstd", level: 1 },
      speedBar: { atLeast: 1 },
      decode: zstd.decode,
    },
    {
      title: "zstd default",
      ours: { name: "memslice encodeZstd default", compress: (bytes) => encodeZstd(bytes, "default") },
      peers: zstd.peers(3),
      native: { program: "zstd", level: 3 },
      speedBar: { atLeast: 1 },
      decode: zstd.decode,
    },
    {
      title: "LZ4 block",
      ours: { name: "memslice encodeLz4Block", compress: (bytes) => encodeLz4Block(bytes) },
      peers: await lz4Compressors(),
      native: { program: "lz4", level: 1 },
      speedBar: { atLeast: 1.1 },
      decode: decodeLz4,
    },
  ];
}

async function* hold(contest: Contest, content: Content, programs: NativePrograms, quick: boolean): AsyncGenerator<Finding> {
  const { title, ours, peers, native, speedBar, decode } = contest;
  const { bytes } = content;
  const [first] = peers;
  const packed = (data: Uint8Array) => ({ data, unpack: () => decode(data, bytes.length) });
  yield await compare(
    {
      title: `${title}, ${content.name}`,
      work: { amount: bytes.length, unit: "bytes" },
      ours: { name: ours.name, run: () => packed(ours.compress(bytes)) },
      peers: [
        ...peers.map((peer) => ({
          name: peer.name,
          run: () => packed(peer.compress(bytes)),
          ...(peer === first && content.isMemoryLike && { bar: speedBar }),
        })),
        ...programs.compressor(native.program, native.level, bytes),
      ],
      check: ({ unpack }) => (Buffer.compare(unpack(), bytes) === 0 ? undefined : "stands for other bytes"),
    },
    paceFor(content, quick),
  );
  const size = ours.compress(bytes).length;
  if (first === undefined) return;
  yield {
    kind: "figure",
    title: `${title}, ${content.name}: ${(bytes.length / size).toFixed(2)} : 1; size beside that of ${first.name}`,
    value: (100 * size) / first.compress(bytes).length,
    unit: "%",
    bar: SIZE_BAR,
  };
}

/** Content without promised speeds is timed in fewer rounds. */
function paceFor({ bytes, isMemoryLike }: Content, quick: boolean): Pace {
  if (quick || !isMemoryLike) {
    return { rounds: quick ? 6 : 9, attempts: 1, warmUpSeconds: 0.1, leadInSeconds: 0.02, sampleSeconds: 0.03 };
  }
  const isLarge = bytes.length > 16 * MIB;
  return { rounds: isLarge ? 7 : 15, attempts: 2, warmUpSeconds: 0.3, leadInSeconds: 0.03, sampleSeconds: 0.05 };
}

/** Memory-like bytes in three sizes, and other content, so that an encoder that suits only one kind is noticed. */
function* contents(quick: boolean): Generator<Content> {
  yield memory("64 KiB", 64 * KIB);
  yield memory("4 MiB", 4 * MIB);
  if (quick) return;
  yield memory("64 MiB", 64 * MIB);
  yield { name: "sample captures", isMemoryLike: false, bytes: samples(".msl") };
  yield { name: "JSON text", isMemoryLike: false, bytes: samples(".json") };
  yield { name: "2 MiB of zeros", isMemoryLike: false, bytes: new Uint8Array(2 * MIB) };
  yield { name: "2 MiB of noise", isMemoryLike: false, bytes: new Random(1).bytes(2 * MIB) };
}

function memory(label: string, size: number): Content {
  return { name: `${label} of memory-like data`, isMemoryLike: true, bytes: memoryLike(size) };
}

/** The concatenated files of the project's samples: captures, or their recorded values. */
function samples(extension: string): Uint8Array {
  const files = readdirSync(FIXTURES).filter((name) => name.endsWith(extension));
  return Buffer.concat(files.sort().map((name) => readFileSync(join(FIXTURES, name))));
}
