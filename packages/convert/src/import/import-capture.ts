/** `importCapture`: a dump of another format becomes a capture, which says from which bytes it was made and what was assumed and lost. */
import type { CaptureInput, EncryptionOptions, Sink, SinkInput, Source } from "@memslice/msl";
import {
  closedOnce,
  HTTP_SOURCE,
  hexText,
  MslError,
  now,
  openSourceOf,
  optionsFor,
  PinnedSource,
  ProgressMeter,
  refusalOf,
  sealingSecretOf,
  sinkOf,
  throwIfAborted,
  withOwnSecrets,
  zeroSecrets,
} from "@memslice/msl/work";
import { type DetectedFormat, detectFormat, FORMAT_HEAD_BYTES } from "../detect-format.js";
import { DumpNotes } from "../dump/dump-notes.js";
import { planOf } from "../dump/dump-plan.js";
import { ZeroSlabs } from "../dump/zero-slabs.js";
import { buffered } from "./buffered-sink.js";
import { sha256Of } from "./hashing-thread.js";
import { defaultOutputLimit, IMPORT, IMPORT_DEFAULTS, type ImportOptions } from "./import-options.js";
import { type ImportReport, noteOf, reportOf } from "./import-report.js";
import { importerOf } from "./importers.js";
import { writeDump } from "./write-dump.js";

/**
 * Writes the process of a dump (ELF core, Windows minidump, Mach-O core, raw image) to `sink` as a capture. Pages whose bytes the dump has are captured; pages
 * that it describes and does not have are failed, or unmapped where a file-backed mapping was left out on purpose (docs/importing.md). Block 0, Import
 * Provenance, says from which bytes the capture was made, by which program, and what was assumed and lost.
 *
 * The dump is read twice, once for its digest and once for its memory, which has only bytes that the digest covers. With `digest: false` it is read once.
 * Memory does not depend on its size, but on its tables. The sink is closed in any case; without a result it has no finished capture.
 * Throws an `MslError`: `not-importable` for a file that is no dump of a process, or is too damaged; `limit` for tables above the limits; `changed` if the dump
 * has other bytes by then; `bad-value`, `usage`, `source`, `sink`, `bad-key` and `aborted`.
 */
export async function importCapture(source: CaptureInput, sink: SinkInput, options: ImportOptions = {}): Promise<ImportReport> {
  const output = closedOnce(sinkOf(sink));
  let encryption: EncryptionOptions | undefined;
  try {
    const refusal = refusalOf(IMPORT, options);
    if (refusal) throw refusal;
    if (options.encryption !== undefined) {
      // Throws for a wrong key before the dump is read. The secrets are copied: the caller may change or zero its own meanwhile.
      sealingSecretOf(options.encryption);
      encryption = withOwnSecrets(options.encryption);
    }
    const file = await openSourceOf(source, optionsFor(HTTP_SOURCE, options));
    try {
      return await importSource(file, output, { ...options, ...(encryption && { encryption }) });
    } catch (error) {
      throw aboutDump(error);
    } finally {
      await file.close?.();
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

/** The source of the dump takes what it reads for a capture. */
function aboutDump(error: unknown): unknown {
  if (!(error instanceof MslError) || error.code !== "changed") return error;
  const place = error.offset === undefined ? {} : { offset: error.offset };
  return new MslError("changed", error.message.replace(/^The capture/, "The dump"), { ...place, cause: error });
}

async function importSource(file: Source, sink: Sink, options: ImportOptions): Promise<ImportReport> {
  const given = { ...IMPORT_DEFAULTS, ...options };
  const { signal } = options;
  // The digest is that of the bytes that are copied: a second read of other bytes throws.
  const source = given.digest ? new PinnedSource(file) : file;
  const detected = await formatOf(source, options);
  const notes = new DumpNotes();
  const importer = await importerOf(detected);
  const dump = await importer({ source, options: { ...given, pageSize: options.pageSize }, notes });
  const outputLimit = options.outputLimit ?? defaultOutputLimit(source.size);
  const { pageMapLimit, regionLimit } = given;
  const plan = await planOf(dump, notes, { outputLimit, pageMapLimit, regionLimit }, signal);
  const zeros = given.digest ? new ZeroSlabs(source.size) : undefined;
  const sha256 = zeros ? await digestFor(source, zeros, options) : null;
  const note = noteOf(detected.words, sha256, notes);
  const provenance = {
    ...{ sourceFormat: dump.sourceFormat, importTimeNs: options.importTimeNs ?? now() },
    ...{ origFileSize: BigInt(source.size), toolName: given.toolName, note },
  };
  const finished = await writeDump({ dump, source, provenance, plan, zeros }, buffered(sink), options);
  const found = { ...detected, sourceSize: BigInt(source.size), sourceSha256: sha256, note };
  return reportOf(found, dump, plan, notes, finished);
}

/** The format that the first bytes tell, or the one that the caller says. Bytes of no known format are memory only if the caller says so. */
async function formatOf(source: Source, { format, base, maps, signal }: ImportOptions): Promise<DetectedFormat> {
  const detected = detectFormat(await source.read(0, Math.min(FORMAT_HEAD_BYTES, source.size), signal));
  const said = format ?? (base !== undefined || maps !== undefined ? "raw" : undefined);
  if (said === undefined && detected.format === "raw") {
    const advice = "for the bytes of memory themselves pass the format raw, and the address of the first byte or the maps";
    throw new MslError("not-importable", `The file is in no format that is known; ${advice}`);
  }
  if (said === undefined || said === detected.format) return detected;
  return { format: said, words: said === "raw" ? `raw bytes (by its first bytes: ${detected.words})` : said };
}

async function digestFor(source: Source, zeros: ZeroSlabs, options: ImportOptions): Promise<string> {
  const meter = new ProgressMeter(source.size, (progress) => options.onProgress?.({ phase: "digest", ...progress }));
  return hexText(await sha256Of(source, zeros, options, meter));
}
