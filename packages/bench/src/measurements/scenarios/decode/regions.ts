/**
 * Reading a compressed region that is too large to be kept decoded: in pieces, into memory that was used before. Peers decode the whole
 * payload into a new array, as their interfaces require.
 */
import { type Capture, openCapture } from "@memslice/msl";
import { memoryLike } from "../../../captures/memory-like.js";
import { compare } from "../../harness/compare.js";
import type { Finding } from "../../harness/findings.js";
import { compressLz4, lz4Peers } from "../../peers/lz4.js";
import { zstdPackages } from "../../peers/zstd.js";
import type { ScenarioOptions } from "../../scenario.js";
import { syntheticCapture, wholeRegion } from "../../workloads/synthetic-capture.js";
import { paceFor } from "./codecs.js";

const MIB = 1024 * 1024;
const MEMORY_REGION = 0x01;
const ZSTD_FLAGS = 0x03;
const LZ4_FLAGS = 0x05;
const READ_BYTES = 4 * MIB;
/** Still too large for the library to keep decoded. */
const QUICK_MIB = 16;

/** The bars apply to 64 MiB: below 32 MiB, allocators give peers memory that was used before. */
export async function* regions({ quick }: ScenarioOptions): AsyncGenerator<Finding> {
  const size = (quick ? QUICK_MIB : 64) * MIB;
  const pageData = memoryLike(size);
  const payload = wholeRegion(pageData);
  const zstd = await zstdPackages();
  const frame = zstd.compress(payload);
  const lz4 = compressLz4(payload);
  const pace = paceFor(size, quick);
  yield await compare(
    {
      title: `reading a region of ${size / MIB} MiB, zstd, found sound before`,
      work: { amount: size, unit: "bytes" },
      ours: { name: "memslice memory.readInto", run: reading(await captureOf(ZSTD_FLAGS, payload.length, frame), size) },
      peers: zstd.peers.map(({ name, decode }) => ({
        name,
        run: () => behindHead(decode(frame, payload.length), size),
        ...(!quick && name.startsWith("zstddec") ? { bar: { atLeast: 0.87 } } : {}),
      })),
      check: differenceFrom(pageData),
    },
    pace,
  );
  yield await compare(
    {
      title: `reading a region of ${size / MIB} MiB, raw LZ4 block, found sound before`,
      work: { amount: size, unit: "bytes" },
      ours: { name: "memslice memory.readInto", run: reading(await captureOf(LZ4_FLAGS, payload.length, lz4.block), size) },
      peers: (await lz4Peers()).map(({ name, decode }) => ({
        name,
        run: () => behindHead(decode(lz4, payload.length), size),
        ...(!quick && name.startsWith("lz4-wasm") ? { bar: { atLeast: 2.34 } } : {}),
      })),
      check: differenceFrom(pageData),
    },
    pace,
  );
}

async function captureOf(flags: number, size: number, data: Uint8Array): Promise<Capture> {
  const prefix = new Uint8Array(8);
  new DataView(prefix.buffer).setBigUint64(0, BigInt(size), true);
  const block = { type: MEMORY_REGION, flags, payloadLength: prefix.length + data.length, payload: [prefix, data] };
  const capture = await openCapture(Buffer.concat([...syntheticCapture("regions", [block])]));
  await capture.regions();
  return capture;
}

/** Reads the region from its first byte to its last, into the same array in every run. */
function reading(capture: Capture, size: number): () => Promise<Uint8Array> {
  const whole = new Uint8Array(size);
  return async () => {
    for (let at = 0; at < size; at += READ_BYTES) await capture.memory.readInto(whole.subarray(at, at + READ_BYTES), BigInt(at));
    return whole;
  };
}

function behindHead(payload: Uint8Array, size: number): Uint8Array {
  return payload.subarray(payload.length - size);
}

function differenceFrom(pageData: Uint8Array): (read: Uint8Array) => string | undefined {
  return (read) => (Buffer.compare(read, pageData) === 0 ? undefined : "yields other bytes");
}
