/**
 * `@memslice/msl/repair`: what can be read of a damaged capture, as a new capture that verifies and says what was lost. It is `transcode` with two additions: blocks
 * that cannot be read are copied as they are stored, and the output is an import of the source (specification, import), so that Note of its Import Provenance can
 * say from which bytes it was made, whether their hashes held, and what they lacked.
 */
import { counted } from "./counted.js";
import { sealingSecretOf, withOwnSecrets, zeroSecrets } from "./encryption/sealing-keys.js";
import { throwIfAborted } from "./errors.js";
import { hexText } from "./format/layout/uuid-text.js";
import { HTTP_SOURCE, OPEN_CAPTURE } from "./options/reading.js";
import { optionsFor, refusalOf } from "./options/require-options.js";
import { REPAIR, type RepairOptions } from "./options/transcoding.js";
import type { Capture } from "./read/capture.js";
import type { CaptureInput } from "./read/capture-input.js";
import { openSourceOf } from "./read/open-capture.js";
import { readDamagedHead, showsBlocks } from "./read/salvage/damaged-head.js";
import { groundOfField } from "./read/salvage/header-damage.js";
import { openDamagedCapture } from "./read/salvage/open-damaged.js";
import { PinnedSource } from "./source/pinned-source.js";
import { SharedSource, type Source } from "./source/source.js";
import type { SourceIntegrity } from "./transcode/changes.js";
import type { RepairFindings } from "./transcode/context.js";
import type { AddressDifference, LeftOut, TranscodeReport } from "./transcode/report.js";
import { closedOnce } from "./transcode/transcode.js";
import { transcodeCapture } from "./transcode/transcode-capture.js";
import { digestOf } from "./verify/file-digest.js";
import { now } from "./write/options.js";
import { type Sink, type SinkInput, sinkOf } from "./write/sink.js";

export type { RepairOptions } from "./options/transcoding.js";
export { openDamagedCapture } from "./read/salvage/open-damaged.js";

/** What `repairCapture` did besides: from what it made the output, and what it wrote about that into Import Provenance of the output. */
export interface RepairRecord {
  /** BLAKE3 of all bytes of the source, in hexadecimal. */
  readonly sourceBlake3: string;
  /** The text that Note of Import Provenance ends with. It names blocks and memory that are lost; `blocks` of the report names fields, too. */
  readonly note: string;
  /** The number of blocks that were found by searching behind damage. */
  readonly salvagedBlocks: number;
}

/** The report of `repairCapture`: that of `transcode`, and the record of the repair. */
export interface RepairReport extends TranscodeReport {
  readonly repair: RepairRecord;
}

/**
 * Writes what can be read of a damaged capture to `sink` as a new capture that verifies: every complete block, also those behind damage, and every complete page
 * of a region that was cut off. Blocks that cannot be decoded are copied as they are stored. The output is an import of the source (specification, import): Note of
 * its Import Provenance has the BLAKE3 digest of the source, the verdict on its hashes, and which blocks and memory are lost. Of an intact capture, it is a copy that says so.
 *
 * The source is only read, and all passes have to find the same bytes (`changed` otherwise). An encrypted capture needs its key, and its tag has to match:
 * of one that was cut off or altered, nothing can be read (`authentication-failed`). Without `encryption` the output is plain. The sink is closed in any case.
 * Throws like `transcode`.
 */
export async function repairCapture(source: CaptureInput, sink: SinkInput, options: RepairOptions = {}): Promise<RepairReport> {
  const output = closedOnce(sinkOf(sink));
  const refusal = refusalOf(REPAIR, options);
  if (refusal) {
    await output.close();
    throw refusal;
  }
  try {
    // Throws for a wrong key before the source is read. The secrets are copied: the caller may change or zero its own meanwhile.
    if (options.encryption !== undefined) sealingSecretOf(options.encryption);
    const encryption = options.encryption && withOwnSecrets(options.encryption);
    try {
      const file = await openSourceOf(source, optionsFor(HTTP_SOURCE, options));
      return await repairSource(file, output, { ...options, encryption });
    } finally {
      if (encryption) zeroSecrets(encryption);
    }
  } catch (error) {
    // An error that follows from a cancelled read is reported as the cancelling.
    throwIfAborted(options.signal);
    throw error;
  } finally {
    await output.close();
  }
}

/** `source` is closed. Its bytes are pinned, so that the digest is of the bytes that are verified and copied. */
async function repairSource(source: Source, output: Sink, options: RepairOptions): Promise<RepairReport> {
  const { toolName = "memslice", importTimeNs = now(), signal, onProgress, codecs = {} } = options;
  const file = new PinnedSource(source);
  try {
    // Refuses a file that is no capture, before all of its bytes are hashed.
    await readDamagedHead(source, optionsFor(OPEN_CAPTURE, options));
    const { encodeZstd: _, encodeLz4Block: __, ...decoders } = codecs;
    const capture = await openDamagedCapture(new SharedSource(file), {
      ...optionsFor(OPEN_CAPTURE, options),
      codecs: decoders,
      threads: 1,
      onProgress: (progress) => onProgress?.({ phase: "open", ...progress }),
    });
    try {
      const origin = { toolName, size: file.size, blake3: await digestOf(file, "blake3", signal) };
      let note = "";
      const origFileSize = BigInt(file.size);
      const report = await transcodeCapture(capture, output, options, {
        provenance: { kind: "ImportProvenance", sourceFormat: OTHER_FORMAT, importTimeNs, origFileSize, toolName },
        note: (findings) => {
          note = noteOfRepair(origin, findings);
          return note;
        },
      });
      return { ...report, repair: { sourceBlake3: hexText(origin.blake3), note, salvagedBlocks: capture.end.salvaged } };
    } finally {
      await capture.close();
    }
  } finally {
    await file.close?.();
  }
}

/**
 * Whether blocks stand near the start of a file that `openCapture` refuses for its header. Then `repairCapture` saves them, and `openDamagedCapture` reads them.
 * Reads at most 1 MiB. Throws `source`, `aborted`.
 */
export async function holdsBlocks(input: CaptureInput, options: { readonly signal?: AbortSignal } = {}): Promise<boolean> {
  const source = await openSourceOf(input, optionsFor(HTTP_SOURCE, options));
  try {
    return await showsBlocks(source, options.signal);
  } finally {
    await source.close?.();
  }
}

/** The file that is repaired, and by whom. */
interface Origin {
  readonly toolName: string;
  /** Bytes of the file. */
  readonly size: number;
  readonly blake3: Uint8Array;
}

/** The code for source formats that the specification does not list, a Memory Slice capture among them. */
const OTHER_FORMAT = 0xffff;

/** The most entries of a list that the note has: a hostile capture has very many. */
const LISTED = 64;

/** One line of text: facts with names first, sentences behind them. */
function noteOfRepair({ toolName, size, blake3 }: Origin, findings: RepairFindings): string {
  const { capture, integrity, leftOut, addresses, copied, modules } = findings;
  const { salvaged } = capture.end;
  const losses = [
    ...first(leftOut.listed.map(leftOutText), leftOut.count, "more blocks or ranges of bytes"),
    ...first(addresses.map(addressText), addresses.length, "more ranges of addresses"),
  ];
  return [
    `Repaired by ${toolName} from a Memory Slice capture of ${size} bytes`,
    `source-blake3=${hexText(blake3)}`,
    ...integrityTexts(capture, integrity),
    ...headerTexts(capture),
    ...(salvaged > 0 ? [`${salvaged} of ${capture.end.blocks} blocks were found by searching behind damage`] : []),
    ...(capture.end.eocEnd === null ? ["the source has no End-of-Capture: AcqEnd is unknown"] : []),
    ...(copied > 0 ? [`${counted(copied, "blocks")} copied as bytes: not decodable, or of no specified payload`] : []),
    ...(modules > 0 ? [`${modules} Module Entries are made from the Module List Index, which names their modules`] : []),
    losses.length === 0 ? "no block and no memory of the source is left out" : `left out or changed: ${losses.join(", ")}`,
    // The note stands before the blocks, whose fields are read later.
    "what fields of blocks lost is only in the report of the repair",
  ].join("; ");
}

function integrityTexts({ encryption }: Capture, integrity: SourceIntegrity | undefined): string[] {
  if (!integrity) return ["the hashes of the source were not verified"];
  const { stated, brokenLinks, firstBadBlock } = integrity;
  const { verdict, outcome } = stated;
  const texts = [`source-verdict=${verdict}`];
  if (outcome !== "altered") return texts;
  if (encryption) return [...texts, "THE SOURCE WAS ALTERED: FileHash does not match, and the AEAD tag does"];
  const where = firstBadBlock ? `, first at source bytes ${firstBadBlock.offset}-${firstBadBlock.end - 1}` : "";
  return [...texts, `THE SOURCE WAS ALTERED: broken links in its chain: ${brokenLinks}${where}; no hash vouches for its content`];
}

/** What was wrong with the file header of the source, and whether anything vouches for the fields that were kept. */
function headerTexts({ deviations, encryption }: Capture): string[] {
  const damaged = deviations.filter((deviation) => groundOfField(deviation) !== undefined);
  if (damaged.length === 0) return [];
  const isVouched = encryption !== null || damaged.some((deviation) => groundOfField(deviation) === "proved");
  return [
    `THE FILE HEADER CANNOT BE READ AS IT IS: ${damaged.map(({ message }) => message).join(", ")}`,
    ...(isVouched
      ? []
      : ["fields of the file header that are not named here are as they stand in the source, and no hash vouches for them"]),
  ];
}

/** The first texts of a list, and the number of the others. */
function first(texts: readonly string[], count: number, others: string): string[] {
  const listed = texts.slice(0, LISTED);
  return count > listed.length ? [...listed, `${count - listed.length} ${others}`] : listed;
}

function leftOutText({ offset, length, typeName, message }: LeftOut): string {
  const what = typeName === undefined ? "bytes" : typeName;
  return `${what} at ${offset}-${offset + length - 1} (${message})`;
}

function addressText({ start, end, before, after, count }: AddressDifference): string {
  return `${start}-${end} ${count === undefined ? `${before.state}, now ${after.state}` : `${count} ranges`}`;
}
