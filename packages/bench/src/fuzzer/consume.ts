/**
 * Reads everything of a capture and keeps nothing, to measure the memory of the readers without that of the comparisons in `exercise`.
 */
import {
  blockJson,
  type Capture,
  type DecodeOptions,
  MslError,
  MslReader,
  MslSliceReader,
  openCapture,
  type Region,
  verifyStream,
} from "@memslice/msl";

const CHUNK_BYTES = 4096;
const READ_BYTES = 1024 * 1024;
const EDGE_BYTES = 64;
/** Largest number of bytes to read of one region, which may cover 2^64 addresses. */
const READ_OF_REGION = 2 ** 31;

export async function consume(bytes: Uint8Array): Promise<void> {
  for (const pass of [readSlice, readCapture, readStream]) {
    for (const strict of [false, true]) await refusable(() => pass(bytes, { strict }));
  }
}

/** Ignores a refusal, which is an allowed answer. */
async function refusable(ask: () => void | Promise<unknown>): Promise<void> {
  try {
    await ask();
  } catch (error) {
    if (!(error instanceof MslError)) throw error;
  }
}

function readSlice(bytes: Uint8Array, options: DecodeOptions): void {
  for (const block of new MslSliceReader(bytes, options)) block.decode();
}

async function readCapture(bytes: Uint8Array, options: DecodeOptions): Promise<void> {
  const capture = await openCapture(bytes, options);
  for (const block of capture.blocks) {
    await refusable(() => block.decode());
    await refusable(() => blockJson(block, { digests: true }));
  }
  for (const region of await capture.regions()) {
    const pages = await region.pages();
    pages.tally();
    let runs = 0;
    for (const { start } of pages.runs()) if (runs++ % 64 === 0) pages.capturedBefore(start);
    await refusable(() => region.check());
    await refusable(() => readRegion(capture, region));
  }
  await refusable(() => capture.modules());
  await refusable(() => capture.keyHints());
  await refusable(() => capture.verify());
}

async function readRegion(capture: Capture, { baseAddr, endAddr }: Region): Promise<void> {
  const end = endAddr - baseAddr > READ_OF_REGION ? baseAddr + BigInt(READ_OF_REGION) : endAddr;
  const target = new Uint8Array(READ_BYTES);
  for (let at = baseAddr; at < end; at += BigInt(READ_BYTES)) {
    const left = Number(end - at);
    await capture.memory.readInto(left < READ_BYTES ? target.subarray(0, left) : target, at);
  }
  await capture.memory.read(baseAddr, EDGE_BYTES);
}

async function readStream(bytes: Uint8Array, options: DecodeOptions): Promise<void> {
  for await (const block of MslReader.from(inChunks(bytes), options)) await refusable(() => block.decode());
  await refusable(() => verifyStream(inChunks(bytes), options));
}

function* inChunks(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.slice(at, at + CHUNK_BYTES);
}
