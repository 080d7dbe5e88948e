/** Speed and size of compressing with zstd and LZ4. */
import { encodeLz4Block, encodeZstd } from "@memslice/core-wasm";
import { compare } from "../../harness/compare.js";
import type { Bar, Finding } from "../../harness/findings.js";
import type { Pace } from "../../harness/rounds.js";
import type { Compressor } from "../../peers/compressor.js";
import { decodeLz4, lz4Compressors } from "../../peers/lz4.js";
import { type NativeProgram, NativePrograms } from "../../peers/native-programs.js";
import { zstdCompressors } from "../../peers/zstd.js";
import type { Scenario } from "../../scenario.js";
import { type Content, contents } from "./contents.js";

const MIB = 1024 * 1024;
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
