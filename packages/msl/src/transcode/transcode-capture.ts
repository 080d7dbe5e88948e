/** The two passes of `transcode`: the first decides what becomes of each block, the second writes. Loaded by the first call of `transcode`. */
import { MslError, throwIfAborted } from "../errors.js";
import { BLOCK_HEADER_SIZE } from "../format/block-header.js";
import { BlockType } from "../format/codes.js";
import { DEFAULT_LIMITS } from "../options/limits.js";
import { Capture } from "../read/capture.js";
import { ProgressMeter } from "../source/read-ahead.js";
import { BlockWriter, endCapture, type FinishedCapture } from "../write/block-writer.js";
import { PendingCalls } from "../write/call-queue.js";
import type { WriterOptions } from "../write/options.js";
import { tableBitmapOfContents } from "../write/plan.js";
import type { FlushPolicy, Sink } from "../write/sink.js";
import type { Redaction } from "../write/table-payload.js";
import { newCapture } from "../write/writer-state.js";
import { filledFields } from "./carried-payload.js";
import { captureChanges, integrityOf, type SourceIntegrity } from "./changes.js";
import { CompressionPolicy } from "./compression-policy.js";
import { contextOf, type Repair, type TranscodeContext } from "./context.js";
import { isUuidV4 } from "./identities.js";
import { indexRedactions } from "./module-list.js";
import { compressionFor, type Peer, type TranscodeOptions } from "./options.js";
import { type Outline, outlineOf } from "./outline.js";
import { isComplete, type TranscodeReport } from "./report.js";
import { Transcription } from "./transcription.js";

export function isCapture(source: unknown): source is Capture {
  return source instanceof Capture;
}

/** Writes the content of an open capture to the sink, which the caller closes. */
export async function transcodeCapture(
  capture: Capture,
  sink: Sink,
  options: TranscodeOptions,
  repair?: Repair,
): Promise<TranscodeReport> {
  const { signal, onProgress, compression = "keep", compressionLimit = DEFAULT_LIMITS.compressionLimit } = options;
  const context = await contextOf(capture, options, repair);
  const integrity = options.verify === false ? undefined : await verify(capture, options);
  const outline = await outlineOf(context, integrity);
  const { peer } = context;
  const stored = peer ? compressionFor(peer, compression) : compression;
  const policy = new CompressionPolicy(stored, compressionLimit);
  const writing = writerOptions(outline, context, policy, options);
  const bytesTotal = outline.summary.bytes;
  const limit = options.outputLimit ?? defaultOutputLimit(capture.size);
  if (stored === "none" && bytesTotal > limit) throw outputAboveLimit(bytesTotal, limit);
  const writer = new BlockWriter(
    new LimitedSink(sink, limit),
    newCapture(writing, Math.min(capture.size, bytesTotal + BLOCK_HEADER_SIZE * outline.summary.blocks)),
    writing,
  );
  // The sizes that regions state decide how many blocks they become; the blocks that were found, two that may be made and those that are added do not.
  writer.state.references.expect(Math.min(outline.summary.blocks, capture.blocks.length + outline.added.length + 2));
  const progress = new ProgressMeter(bytesTotal, onProgress && ((found) => onProgress({ phase: "write", ...found })));
  let bytesDone = 0;
  const onBytes = (length: number) => {
    bytesDone += length;
    progress.report(bytesDone);
  };
  try {
    const tableBitmap = tableBitmapOfContents(outline.summary.contents, outline.summary.types);
    const transcription = new Transcription(writer, {
      outline,
      context,
      compression: policy,
      tableBitmap,
      calls: new PendingCalls(writing),
      onBytes,
    });
    await transcription.run();
    throwIfAborted(signal);
    const finished = await end(writer, context, transcription);
    return report({ capture, writer, outline, integrity, transcription, finished, peer });
  } catch (error) {
    // The failure that came first is thrown, also if the sink refuses the blocks before it.
    await writer.close("The writer was closed").catch(() => {});
    throw error;
  }
}

function writerOptions(
  outline: Outline,
  { capture, hashAlgo, splitAbove, rules }: TranscodeContext,
  { standard }: CompressionPolicy,
  { compressionLimit, verifyCompression, codecs, threads, nativeHash, uuid, encryption }: TranscodeOptions,
): WriterOptions {
  const { header, dialect } = capture;
  const { imported, investigation } = outline;
  const { contents, blocks } = outline.summary;
  // In 1.1, a BlockCount of 0 means that the writer did not know the count.
  const counted = header.blockCount !== 0 || dialect.id !== "specification-1.1";
  return {
    header: { ...header, dumpUuid: isUuidV4(header.dumpUuid) ? header.dumpUuid : undefined, hashAlgo, imported, investigation },
    contents,
    blockCount: counted ? blocks : 0,
    compression: standard,
    splitAbove,
    nonConforming: holdsOddities(outline),
    redact: redactsSomething(outline, rules.redact) ? rules.redact : {},
    ...(compressionLimit === undefined ? {} : { compressionLimit }),
    ...(verifyCompression === undefined ? {} : { verifyCompression }),
    ...(codecs === undefined ? {} : { codecs }),
    ...(threads === undefined ? {} : { threads }),
    ...(nativeHash === undefined ? {} : { nativeHash }),
    ...(uuid === undefined ? {} : { uuid }),
    ...(encryption === undefined ? {} : { encryption }),
  };
}

/**
 * Whether the output has to hold what no producer writes by itself: blocks as bytes, modules that their index contradicts, regions that lack
 * a fragment.
 */
function holdsOddities({ summary, modules, lineage, leftOut }: Outline): boolean {
  const lacksFragments = lineage.hasFragments && leftOut.count > 0;
  return summary.hasRaw || modules.changes.length > 0 || lacksFragments;
}

/** Whether a redaction empties a field that is not empty yet: only then is the Redacted flag set. */
function redactsSomething({ added, modules, summary }: Outline, redact: Redaction): boolean {
  if (summary.hasRedacted || indexRedactions(modules.rows, redact).length > 0) return true;
  return added.some(({ payload }) => filledFields(payload.kind, payload, redact).length > 0);
}

async function verify(capture: Capture, { threads, nativeHash, signal, onProgress }: TranscodeOptions): Promise<SourceIntegrity> {
  const report = await capture.verify({
    ...(threads === undefined ? {} : { threads }),
    ...(nativeHash === undefined ? {} : { nativeHash }),
    ...(signal ? { signal } : {}),
    onProgress: (progress) => onProgress?.({ phase: "verify", ...progress }),
  });
  return integrityOf(report);
}

/** Writes End-of-Capture. AcqEnd is 0, for a time that is not known, where the source has no End-of-Capture that can be read. */
async function end(writer: BlockWriter, { capture, identities, signal }: TranscodeContext, transcription: Transcription) {
  const { eocIndex } = capture.end;
  if (eocIndex === null) return endCapture(writer, { acqEndNs: 0n });
  const block = capture.blocks.at(eocIndex);
  const { payload } = await block.decode(signal);
  const uuid = identities.uuidOf(eocIndex);
  const finished = await endCapture(writer, { acqEndNs: payload?.kind === "EndOfCapture" ? payload.acqEndNs : 0n, uuid });
  await transcription.noteEnd(block, finished.endOfCapture);
  return finished;
}

/** Whether the output conforms to the specification, which has no Thread Contexts: they are an extension that 1.1 readers skip. */
function isConforming({ summary }: Outline): boolean {
  return !summary.hasRaw && !summary.types.has(BlockType.ThreadContext);
}

interface Findings {
  readonly capture: Capture;
  readonly writer: BlockWriter;
  readonly outline: Outline;
  readonly integrity: SourceIntegrity | undefined;
  readonly transcription: Transcription;
  readonly finished: FinishedCapture;
  readonly peer: Peer | undefined;
}

function report({ capture, writer, outline, integrity, transcription, finished, peer }: Findings): TranscodeReport {
  const { blocks: found, header, dialect, size } = capture;
  const { dumpUuid, hashAlgo, hashAlgoName, encrypted } = writer.state.header;
  const { endOfCapture: _, extensions: __, threads, ...written } = finished;
  const changes = captureChanges(capture, writer.state.header, integrity, peer);
  const { blocks, unchanged, added } = transcription.transcript;
  const { leftOut, addresses } = outline;
  return {
    source: {
      size,
      blocks: found.length,
      dumpUuid: header.dumpUuid,
      dialect: dialect.id,
      dialectName: dialect.name,
      integrity: integrity?.stated ?? null,
    },
    output: {
      ...written,
      dumpUuid,
      hashAlgo,
      hashAlgoName,
      encrypted,
      conforming: isConforming(outline),
    },
    threads,
    header: changes,
    blocks: blocks.listed,
    unchanged,
    added: added.listed,
    leftOut: [...leftOut.listed].sort((a, b) => a.offset - b.offset),
    unlisted: { blocks: blocks.unlisted, added: added.unlisted, leftOut: leftOut.unlisted },
    addresses,
    complete: isComplete({ header: changes, blocks, leftOut, addresses }),
  };
}

/** Memory that compresses better than this is mostly empty pages. */
const TIMES_THE_SOURCE = 64;

/** The default of `outputLimit` for a source of `size` bytes. */
export function defaultOutputLimit(size: number): number {
  return DEFAULT_LIMITS.outputLimit + TIMES_THE_SOURCE * size;
}

function outputAboveLimit(bytes: number, limit: number): MslError {
  return new MslError("limit", `The output has ${bytes} bytes or more, above the limit of ${limit} (outputLimit)`);
}

/** Throws `limit` in place of a write that would pass the limit. */
export class LimitedSink implements Sink {
  readonly #sink: Sink;
  readonly #limit: number;
  #length = 0;
  readonly flushPolicy: FlushPolicy | undefined;
  readonly keepsBytes: boolean | undefined;

  constructor(sink: Sink, limit: number) {
    this.#sink = sink;
    this.flushPolicy = sink.flushPolicy;
    this.keepsBytes = sink.keepsBytes;
    this.#limit = limit;
  }

  write(bytes: Uint8Array): Promise<void> | void {
    this.#length += bytes.length;
    if (this.#length > this.#limit) throw outputAboveLimit(this.#length, this.#limit);
    return this.#sink.write(bytes);
  }

  flush(): Promise<void> | void {
    return this.#sink.flush?.();
  }

  close(): Promise<void> | void {
    return this.#sink.close?.();
  }
}
