/** Listing the regions of a capture, and reading them in order, compared with decoding everything once. */
import { mkdtempSync, rmSync } from "node:fs";
import { open } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { decodeZstd } from "@memslice/core-wasm";
import { BlockType, type Capture, fileSink, openCapture, type WritingOptions } from "@memslice/msl";
import { memoryLike } from "../../captures/memory-like.js";
import { compare } from "../harness/compare.js";
import type { ComparisonFinding, Finding } from "../harness/findings.js";
import type { Scenario } from "../scenario.js";
import { KEY } from "../workloads/encrypted-capture.js";
import { writeRegions } from "../workloads/written-regions.js";

const MIB = 1024 * 1024;
const REGION_BYTES = 4 * MIB;
const REGIONS = 256;
const QUICK_REGIONS = 16;
/** The page data of each region begins this far into that of the region before, so that no two regions are equal. */
const SHIFT_BYTES = 64 * 1024;
const READ_BYTES = MIB;
/** Length of UncompressedSize, which precedes the frame. */
const SIZE_PREFIX_BYTES = 8;
/** The most time that listing may take, as a fraction of decoding everything once. */
const LISTING_MOST = 0.03;
const READING_MOST = 1.15;
const READING_BY_TWO_MOST = 0.65;

export const regions: Scenario = {
  name: "regions",
  summary: "listing the regions of captures and reading them in order, against decoding or reading everything once",
  async *run({ quick }) {
    const folder = mkdtempSync(join(tmpdir(), "memslice-bench-"));
    try {
      const count = quick ? QUICK_REGIONS : REGIONS;
      for (const kind of ["zstd", "plain", "encrypted"] as const) yield* measure(join(folder, `${kind}.msl`), kind, count, quick);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
};

type Kind = "zstd" | "plain" | "encrypted";

async function* measure(path: string, kind: Kind, count: number, quick: boolean): AsyncGenerator<Finding> {
  await write(path, kind, count);
  await requireSameBytes(path, count);
  const size = count * REGION_BYTES;
  const all =
    kind === "zstd"
      ? { name: "decoding everything once", run: () => decodeAll(path) }
      : { name: "reading the file", run: () => readFileWhole(path, size) };
  const what = `${count} regions, ${size / MIB} MiB of page data, ${kind}`;
  const bars = kind === "zstd" && !quick;
  yield await against(`regions() and all page maps: ${what}`, size, {
    ours: { name: "openCapture, regions, page maps", run: () => list(path, count) },
    peers: [{ ...all, ...(bars && { bar: { atLeast: 1 / LISTING_MOST } }) }],
    quick,
  });
  yield await against(`reading all of it in order, one thread: ${what}`, size, {
    ours: { name: "memory.readInto, 1 MiB at a time", run: () => readAll(path, size) },
    peers: [{ ...all, ...(bars && { bar: { atLeast: 1 / READING_MOST } }) }],
    quick,
  });
  if (kind !== "zstd") return;
  yield await against(`reading all of it in order, two threads: ${what}`, size, {
    ours: { name: "memory.readInto, 1 MiB at a time, threads 2", run: () => readAll(path, size, 2) },
    peers: [{ ...all, ...(bars && { bar: { atLeast: 1 / READING_BY_TWO_MOST } }) }],
    quick,
  });
}

interface Contender {
  readonly name: string;
  /** Returns the number of bytes that were read or described. */
  readonly run: () => Promise<number>;
}

interface Contest {
  readonly ours: Contender;
  readonly peers: readonly (Contender & { readonly bar?: { readonly atLeast: number } })[];
  readonly quick: boolean;
}

function against(title: string, size: number, { ours, peers, quick }: Contest): Promise<ComparisonFinding> {
  const pace = { rounds: quick ? 6 : 9, attempts: quick ? 1 : 2, warmUpSeconds: 0.5, leadInSeconds: 0, sampleSeconds: 0 };
  const check = (bytes: number) => (bytes === size ? undefined : `${bytes} bytes instead of ${size}`);
  return compare({ title, work: { amount: size, unit: "bytes" }, ours, peers, check }, pace);
}

async function write(path: string, kind: Kind, count: number): Promise<void> {
  const source = memoryLike(2 * REGION_BYTES);
  const pageData = (region: number) => {
    const at = (region * SHIFT_BYTES) % REGION_BYTES;
    return source.subarray(at, at + REGION_BYTES);
  };
  const options: WritingOptions = {
    compression: kind === "zstd" ? "zstd" : "none",
    ...(kind === "encrypted" && { encryption: { key: KEY } }),
  };
  await writeRegions(await fileSink(path), { regions: count, regionBytes: REGION_BYTES, pageData }, options);
}

/** Opens the capture; the key is used only if the capture is encrypted. */
function opened(path: string, threads = 1): Promise<Capture> {
  return openCapture(path, { keys: () => ({ key: KEY }), threads });
}

/** Compares the first and the last region byte by byte, so that only right results are timed. */
async function requireSameBytes(path: string, count: number): Promise<void> {
  const source = memoryLike(2 * REGION_BYTES);
  const capture = await opened(path);
  for (const region of [0, count - 1]) {
    const at = (region * SHIFT_BYTES) % REGION_BYTES;
    const read = await capture.memory.read(BigInt(region) * BigInt(REGION_BYTES), REGION_BYTES);
    if (Buffer.compare(read.bytes(), source.subarray(at, at + REGION_BYTES)) !== 0)
      throw new Error(`${path}: region ${region} is read as other bytes than were written`);
  }
  await capture.close();
}

async function list(path: string, count: number): Promise<number> {
  const capture = await opened(path);
  let pages = 0;
  const found = await capture.regions();
  for (const region of found) pages += (await region.pages()).tally().captured * region.head.pageSize;
  await capture.close();
  return found.length === count ? pages : 0;
}

async function readAll(path: string, size: number, threads = 1): Promise<number> {
  const capture = await opened(path, threads);
  const target = new Uint8Array(READ_BYTES);
  let captured = 0;
  for (let at = 0; at < size; at += READ_BYTES) {
    const { complete, length } = await capture.memory.readInto(target, BigInt(at));
    if (complete) captured += length;
  }
  await capture.close();
  return captured;
}

/** Decodes every frame once, one after the other, into one array. */
async function decodeAll(path: string): Promise<number> {
  const capture = await openCapture(path);
  const file = await open(path);
  const into = new Uint8Array(REGION_BYTES + MIB);
  let pageData = 0;
  for (const region of capture.blocks.ofType(BlockType.MemoryRegion)) {
    const stored = new Uint8Array(region.payloadLength);
    await file.read(stored, 0, stored.length, region.payloadOffset);
    const size = Number(new DataView(stored.buffer).getBigUint64(0, true));
    const decoded = decodeZstd(stored.subarray(SIZE_PREFIX_BYTES), size, { into });
    if (!decoded.ok) throw new Error(`Block ${region.index} does not decode: ${decoded.reason}`);
    pageData += Math.floor(decoded.bytes.length / REGION_BYTES) * REGION_BYTES;
  }
  await file.close();
  await capture.close();
  return pageData;
}

async function readFileWhole(path: string, size: number): Promise<number> {
  const file = await open(path);
  const target = new Uint8Array(READ_BYTES);
  let read = 0;
  for (let last = -1; last !== 0; read += last) last = (await file.read(target, 0, READ_BYTES, read)).bytesRead;
  await file.close();
  return read > size ? size : 0;
}
