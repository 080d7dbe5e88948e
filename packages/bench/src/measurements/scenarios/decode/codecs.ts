/** Decoding zstd frames and raw LZ4 blocks of memory-like data. */
import { type DecodeResult, decodeLz4Block, decodeZstd } from "@memslice/core-wasm";
import { memoryLike } from "../../../captures/memory-like.js";
import { compare } from "../../harness/compare.js";
import type { Finding } from "../../harness/findings.js";
import type { Pace } from "../../harness/rounds.js";
import { compressLz4, lz4Peers } from "../../peers/lz4.js";
import { NativePrograms } from "../../peers/native-programs.js";
import { zstdPackages } from "../../peers/zstd.js";
import { ZstdCodecProcess } from "../../peers/zstd-codec-process.js";
import type { ScenarioOptions } from "../../scenario.js";

const KIB = 1024;
const MIB = 1024 * KIB;
/** `zstddec`: the least ratio to zstddec 0.3.4, 90 % of what a prototype reached (docs/decisions/0003-zstd.md). */
const SIZES: readonly { readonly label: string; readonly size: number; readonly zstddec?: number }[] = [
  { label: "64 KiB", size: 64 * KIB, zstddec: 0.75 },
  { label: "4 MiB", size: 4 * MIB, zstddec: 1.31 },
  // No bar at 16 MiB: this size is here for zstd-codec, which runs out of memory between 8 and 12 MiB.
  { label: "16 MiB", size: 16 * MIB },
  { label: "64 MiB", size: 64 * MIB, zstddec: 0.87 },
];

export async function* codecs({ quick }: ScenarioOptions): AsyncGenerator<Finding> {
  const zstd = await zstdPackages();
  const lz4 = await lz4Peers();
  await using codec = new ZstdCodecProcess();
  using programs = new NativePrograms();
  for (const { label, size, zstddec } of quick ? SIZES.slice(1, 2) : SIZES) {
    const bytes = memoryLike(size);
    const check = (decoded: Uint8Array) => (Buffer.compare(decoded, bytes) === 0 ? undefined : "yields other bytes");
    const work = { amount: size, unit: "bytes" } as const;
    const frame = zstd.compress(bytes);
    yield await compare(
      {
        title: `zstd decode, ${label} of memory-like data, level 3, compressed ${(size / frame.length).toFixed(2)} : 1`,
        work,
        ours: { name: "memslice decodeZstd", run: () => decoded(decodeZstd(frame, size)) },
        peers: [
          ...zstd.peers.map(({ name, decode }) => ({
            name,
            run: () => decode(frame, size),
            ...(zstddec !== undefined && name.startsWith("zstddec") && { bar: { atLeast: zstddec } }),
          })),
          codec.decoder(frame),
          ...programs.decompressor("zstd", bytes),
        ],
        check,
      },
      paceFor(size, quick),
    );
    const lz4Data = compressLz4(bytes);
    yield await compare(
      {
        title: `LZ4 block decode, ${label} of memory-like data, compressed ${(size / lz4Data.block.length).toFixed(2)} : 1`,
        work,
        ours: { name: "memslice decodeLz4Block", run: () => decoded(decodeLz4Block(lz4Data.block, size)) },
        peers: [
          ...lz4.map(({ name, decode }) => ({ name, run: () => decode(lz4Data, size) })),
          ...programs.decompressor("lz4", bytes),
        ],
        check,
      },
      paceFor(size, quick),
    );
  }
}

export function paceFor(size: number, quick: boolean): Pace {
  const isLarge = size > 16 * MIB;
  return {
    rounds: quick ? 6 : isLarge ? 11 : 21,
    attempts: quick ? 1 : 3,
    warmUpSeconds: quick ? 0.1 : 1,
    leadInSeconds: quick ? 0.02 : 0.1,
    sampleSeconds: quick ? 0.03 : 0.1,
  };
}

function decoded(result: DecodeResult): Uint8Array {
  if (!result.ok) throw new Error(`refuses the data: ${result.reason}`);
  return result.bytes;
}
