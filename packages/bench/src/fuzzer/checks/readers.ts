/** Asks the three readers the same questions and compares header or error, blocks, payloads, deviations and end. */
import {
  type BlockResult,
  type Capture,
  type MslError,
  MslReader,
  MslSliceReader,
  openCapture,
  type SliceBlock,
} from "@memslice/msl";
import { chunksOf } from "../chunks.js";
import { ask, errorFacts, requireEqual } from "../finding.js";
import { formsOf } from "../forms.js";
import { count } from "../tallies.js";
import type { Subject } from "./subject.js";

/**
 * Opens the capture with all readers. Returns those over bytes in memory, or undefined if the capture is refused. Blocks that cannot be
 * decoded do not refuse the capture.
 */
export async function openEverywhere(subject: Subject): Promise<{ slice: MslSliceReader; capture: Capture } | undefined> {
  const { bytes, options, counts } = subject;
  const slice = await ask(() => new MslSliceReader(bytes, options));
  const capture = await ask(() => openCapture(bytes, options));
  const stream = await ask(() => MslReader.from(chunksOf(bytes, subject.random), options).header());
  if (slice.error?.code === "encrypted") {
    await requireLocked(subject, capture.error);
    return undefined;
  }
  if (slice.error && stream.value) {
    await requireRefusalOnTheWay(subject, slice.error);
    return undefined;
  }
  if (slice.error || capture.error || stream.error) {
    const [fromSlice, fromCapture, fromStream] = [slice, capture, stream].map(({ error }) => error && errorFacts(error));
    requireEqual("refusal by slice reader and openCapture", fromSlice, fromCapture);
    requireEqual("refusal by slice reader and stream reader", fromSlice, fromStream);
    if (slice.error) count(counts.error, slice.error.code);
    return undefined;
  }
  requireEqual("header of slice reader and openCapture", slice.value.header, capture.value.header);
  requireEqual("header of slice reader and stream reader", slice.value.header, stream.value);
  requireEqual("end of slice reader and openCapture", slice.value.end, capture.value.end);
  requireEqual("deviations of slice reader and openCapture", slice.value.deviations, capture.value.deviations);
  for (const { id } of slice.value.deviations) count(counts.lint, id);
  return { slice: slice.value, capture: capture.value };
}

/** An encrypted capture must not open without a key, nor with a wrong one. */
async function requireLocked({ bytes, options, counts }: Subject, refusal: MslError | undefined): Promise<void> {
  const withWrongKey = await ask(() => openCapture(bytes, { ...options, keys: { key: new Uint8Array(32) } }));
  for (const error of [refusal, withWrongKey.error]) {
    requireEqual("refusal of an encrypted capture", error !== undefined, true);
    if (error) count(counts.error, error.code);
  }
}

/**
 * Reads the stream to its end: it refuses the capture only when it reaches the damage, or when it looks for a first block and finds
 * none.
 */
async function requireRefusalOnTheWay({ bytes, random, options }: Subject, refusal: MslError): Promise<void> {
  const end = await ask(async () => {
    for await (const _ of MslReader.from(chunksOf(bytes, random), options)) {
      // Reads only.
    }
  });
  requireEqual("refusal by slice reader and stream reader", facts(refusal), end.error && facts(end.error));
}

function facts({ code, offset }: MslError): object {
  return { code, offset };
}

/** Compares every block of all readers. The stream reader skips blocks that it is not asked to decode, in pieces or at once. */
export async function compareBlocks(subject: Subject, slice: MslSliceReader, capture: Capture): Promise<void> {
  const { bytes, random, options } = subject;
  const stream = MslReader.from(chunksOf(bytes, random), options);
  let index = 0;
  for await (const block of stream) {
    const where = `block ${index}`;
    const fromSlice = slice.at(index);
    const result = await ask(() => fromSlice.decode());
    countBlock(subject, fromSlice, result.value);
    const fromCapture = await ask(() => capture.blocks.at(index).decode());
    requireEqual(`${where} of slice reader and capture`, fromSlice.uuid, capture.blocks.at(index).uuid);
    requireEqual(
      `${where}: PrevHash of slice reader and capture`,
      fromSlice.prevHash(),
      await capture.blocks.at(index).prevHash(),
    );
    requireEqual(`${where}: PrevHash of slice reader and stream reader`, fromSlice.prevHash(), block.prevHash());
    requireSame(`${where} decoded by slice reader and capture`, result, fromCapture);
    if (random.oneIn(8)) {
      for await (const piece of block.pieces()) if (piece.length > 0 && random.oneIn(4)) break;
    } else if (!random.oneIn(8)) {
      const passing = await ask(() => block.decode());
      // A provisional result may differ, since it depends on later blocks; all other results must be the same.
      const provisional = passing.value?.provisional !== undefined;
      if (provisional)
        requireEqual(`${where}: raw bytes of slice reader and stream reader`, result.value?.raw, passing.value?.raw);
      else requireSame(`${where} decoded by slice reader and stream reader`, result, passing);
    }
    index++;
  }
  requireEqual("blocks of slice reader and stream reader", slice.length, index);
  requireEqual("end of slice reader and stream reader", slice.end, stream.end);
  requireEqual("deviations of slice reader and stream reader", slice.deviations, stream.deviations);
}

type Decoded = Awaited<ReturnType<typeof ask<BlockResult>>>;

function requireSame(what: string, a: Decoded, b: Decoded): void {
  if (a.error || b.error) requireEqual(what, a.error && errorFacts(a.error), b.error && errorFacts(b.error));
  else requireEqual(what, a.value, b.value);
}

function countBlock({ bytes, counts, isMutated }: Subject, block: SliceBlock, result: BlockResult | undefined): void {
  if (!result) return;
  for (const { id } of result.deviations) count(counts.lint, id);
  if (result.problem) count(counts.problemId, result.problem.id);
  if (!isMutated(bytes.subarray(block.offset, block.payloadOffset + block.payloadLength))) return;
  const kind = result.payload?.kind ?? result.table?.name ?? block.typeName;
  count(result.payload ? counts.decoded : counts.problem, kind);
  for (const form of formsOf(block, result)) count(counts.form, form);
}
