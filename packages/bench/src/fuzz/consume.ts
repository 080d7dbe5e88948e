/** Asks a capture for everything and keeps nothing: what the readers themselves take, without the comparing of `exercise`. */
import { blockJson, type DecodeOptions, MslError, MslReader, MslSliceReader, openCapture, verifyStream } from "@memslice/msl";

const CHUNK_BYTES = 4096;
const READ_BYTES = 64;

export async function consume(bytes: Uint8Array, options: DecodeOptions): Promise<void> {
  for (const pass of [readSlice, readCapture, readStream]) {
    for (const strict of [false, true]) await refusable(() => pass(bytes, { ...options, strict }));
  }
}

/** A refusal is an answer too. */
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
    for (const { start } of pages.runs()) pages.capturedBefore(start);
    const last = region.endAddr - BigInt(READ_BYTES);
    await refusable(() => capture.memory.read(region.baseAddr, READ_BYTES));
    await refusable(() => capture.memory.read(last < 0n ? 0n : last, READ_BYTES));
  }
  await refusable(() => capture.verify());
}

async function readStream(bytes: Uint8Array, options: DecodeOptions): Promise<void> {
  for await (const block of MslReader.from(inChunks(bytes), options)) await refusable(() => block.decode());
  await refusable(() => verifyStream(inChunks(bytes), options));
}

function* inChunks(bytes: Uint8Array): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) yield bytes.slice(at, at + CHUNK_BYTES);
}
