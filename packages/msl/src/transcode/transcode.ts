/** Rewrites a capture of any dialect as a conforming capture of the specification 1.1, and reports every difference. */

import { type EncryptionOptions, sealingSecretOf, withOwnSecrets, zeroSecrets } from "../encryption/sealing-keys.js";
import { throwIfAborted } from "../errors.js";
import { BlockType } from "../format/codes.js";
import { DEFAULT_LIMITS } from "../options/limits.js";
import { OPEN_CAPTURE } from "../options/reading.js";
import { optionsFor, refusalOf } from "../options/require-options.js";
import { TRANSCODE } from "../options/transcoding.js";
import { Capture } from "../read/capture.js";
import type { CaptureInput } from "../read/capture-input.js";
import { openCapture } from "../read/open-capture.js";
import { ProgressMeter } from "../source/read-ahead.js";
import type { VerifyReport } from "../verify/report.js";
import { BlockWriter } from "../write/block-writer.js";
import { PendingCalls } from "../write/call-queue.js";
import { endCapture, type FinishedCapture } from "../write/end-capture.js";
import type { WriterOptions } from "../write/options.js";
import { tableBitmapOfContents } from "../write/plan.js";
import { type Sink, type SinkInput, sinkOf } from "../write/sink.js";
import type { Redaction } from "../write/table-payload.js";
import { newCapture } from "../write/writer-state.js";
import { filledFields } from "./carried-payload.js";
import { captureChanges, integrityOf } from "./changes.js";
import { CompressionPolicy } from "./compression-policy.js";
import { contextOf, type TranscodeContext } from "./context.js";
import { isUuidV4 } from "./identities.js";
import { indexRedactions } from "./module-list.js";
import type { TranscodeOptions } from "./options.js";
import { compressionFor, type Peer, peerOf } from "./options.js";
import { type Outline, outlineOf } from "./outline.js";
import { closedOnce, defaultOutputLimit, LimitedSink, outputAboveLimit } from "./output-sink.js";
import type { TranscodeReport } from "./report.js";
import { isComplete } from "./report.js";
import { Transcription } from "./transcription.js";

/**
 * Writes the content of `source` to `sink` as a 1.1 capture: another compression or hash algorithm, encrypted, fields left empty, regions and
 * kinds of blocks selected. Page data and page states stay as they are, bit for bit. The report names every page that cannot, and all other differences.
 *
 * The source is read twice, and a third time for its hashes; page data is streamed. All passes have to find the same bytes: a source that
 * changes in between is an error, `changed`. The sink is closed in any case; of the sources, all but a `Capture` that was opened before.
 * Throws like `openCapture` and `MslWriter`; then the sink has no finished capture.
 */
export async function transcode(
  source: CaptureInput | Capture,
  sink: SinkInput,
  options: TranscodeOptions = {},
): Promise<TranscodeReport> {
  const output = closedOnce(sinkOf(sink));
  const refusal = refusalOf(TRANSCODE, options);
  if (refusal) {
    await output.close();
    throw refusal;
  }
  let encryption: EncryptionOptions | undefined;
  try {
    if (options.encryption !== undefined) {
      // Throws for a wrong key before the source is read. The secrets are copied: the caller may change or zero its own meanwhile.
      sealingSecretOf(options.encryption);
      encryption = withOwnSecrets(options.encryption);
    }
    peerOf(options);
    const asked = { ...options, encryption };
    // Read anew: bytes that were read before may differ from the bytes that are verified and copied.
    if (source instanceof Capture) return await transcodeCapture(await source.pinned(options.signal), output, asked);
    const { onProgress, codecs = {} } = options;
    const { encodeZstd: _, encodeLz4Block: __, ...decoders } = codecs;
    const capture = await openCapture(source, {
      ...optionsFor(OPEN_CAPTURE, options),
      codecs: decoders,
      pin: true,
      onProgress: (progress) => onProgress?.({ phase: "open", ...progress }),
    });
    try {
      return await transcodeCapture(capture, output, asked);
    } finally {
      await capture.close();
    }
  } catch (error) {
    // An error that follows from a cancelled read is reported as the cancelling.
    throwIfAborted(options.signal);
    throw error;
  } finally {
    if (encryption) zeroSecrets(encryption);
    await output.close();
  }
}

async function transcodeCapture(capture: Capture, sink: Sink, options: TranscodeOptions): Promise<TranscodeReport> {
  const { signal, onProgress, compression = "keep", compressionLimit = DEFAULT_LIMITS.compressionLimit } = options;
  const context = await contextOf(capture, options);
  const verified = options.verify === false ? undefined : await verify(capture, options);
  const outline = await outlineOf(context);
  const { peer } = context;
  const stored = peer ? compressionFor(peer, compression) : compression;
  const policy = new CompressionPolicy(stored, compressionLimit);
  const writing = writerOptions(outline, context, policy, options);
  const bytesTotal = outline.summary.bytes;
  const limit = options.outputLimit ?? defaultOutputLimit(capture.size);
  if (stored === "none" && bytesTotal > limit) throw outputAboveLimit(bytesTotal, limit);
  const writer = new BlockWriter(new LimitedSink(sink, limit), newCapture(writing), writing);
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
    return report({ capture, writer, outline, verified, transcription, finished, peer });
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

async function verify(capture: Capture, { threads, nativeHash, signal, onProgress }: TranscodeOptions): Promise<VerifyReport> {
  return capture.verify({
    ...(threads === undefined ? {} : { threads }),
    ...(nativeHash === undefined ? {} : { nativeHash }),
    ...(signal ? { signal } : {}),
    onProgress: (progress) => onProgress?.({ phase: "verify", ...progress }),
  });
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
  readonly verified: VerifyReport | undefined;
  readonly transcription: Transcription;
  readonly finished: FinishedCapture;
  readonly peer: Peer | undefined;
}

function report({ capture, writer, outline, verified, transcription, finished, peer }: Findings): TranscodeReport {
  const { blocks: found, header, dialect, size } = capture;
  const { dumpUuid, hashAlgo, hashAlgoName, encrypted } = writer.state.header;
  const { endOfCapture: _, threads, ...written } = finished;
  const changes = captureChanges(capture, writer.state.header, verified, peer);
  const { blocks, unchanged, added } = transcription.transcript;
  const { leftOut, addresses } = outline;
  return {
    source: {
      size,
      blocks: found.length,
      dumpUuid: header.dumpUuid,
      dialect: dialect.id,
      dialectName: dialect.name,
      integrity: verified ? integrityOf(verified) : null,
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
