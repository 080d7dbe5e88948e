import { openFileSource } from "#file-source";
import { type DecodeOptions, decodingOf } from "../codec/decoding.js";
import { detectDialect } from "../format/dialects/detect-dialect.js";
import type { Dialect } from "../format/dialects/dialects.js";
import { peekedBlocks } from "../format/dialects/evidence.js";
import type { FileHeader } from "../format/file-header.js";
import { announcedHeaderSize, HEADER_LEAD, readHeader, refuseStrictly, requireBlocksInOrder } from "../format/read-header.js";
import type { Deviation } from "../lint/deviation.js";
import { BlobSource } from "../source/blob-source.js";
import { CachingSource } from "../source/caching-source.js";
import { CoalescingSource } from "../source/coalescing-source.js";
import { isHttpUrl } from "../source/http/http-address.js";
import type { HttpOptions } from "../source/http/http-options.js";
import { httpSource } from "../source/http/http-source.js";
import { BytesSource, type Source } from "../source/source.js";
import { type BlockIndex, indexSource } from "./block-index.js";
import { Capture } from "./capture.js";
import { reportEnd } from "./report-end.js";
import { reportStructure, structureOf } from "./report-structure.js";

/** `fetch`, `headers` and `wholeFileLimit` are for http: and https: URLs. */
export interface OpenOptions extends DecodeOptions, HttpOptions {
  readonly signal?: AbortSignal;
  /** After damage, searches for the next plausible block and goes on there; blocks found so are marked. Default: stops at damage. */
  readonly salvage?: boolean;
}

/** An http: or https: URL, a path or file URL (where the runtime has files), bytes, a Blob or File, or any `Source`. */
export type CaptureInput = string | URL | Uint8Array | ArrayBuffer | Blob | Source;

/**
 * Opens a capture for random access: reads its header and walks its block headers, nothing else. The capture owns the source and
 * closes it. Throws `MslError`: `not-msl`, `bad-header`, `unsupported-version`, `encrypted`, `source`, `aborted`.
 */
export async function openCapture(input: CaptureInput, options: OpenOptions = {}): Promise<Capture> {
  const source = await sourceOf(input, options);
  try {
    const deviations: Deviation[] = [];
    const header = readHeader(await readHeaderBytes(source, options.signal), deviations, options);
    const index = await indexSource(source, header.headerSize, { ...options, byteOrder: header.byteOrder });
    requireBlocksInOrder(header, index.length);
    index.reportSalvage((deviation) => deviations.push(deviation));
    reportEnd(index.end, header, (deviation) => deviations.push(deviation));
    reportStructure(structureOf(index), header, (deviation) => deviations.push(deviation));
    if (options.strict) refuseStrictly(deviations, "damaged-block");
    const dialect = await readDialect(source, header, index, options.signal);
    return new Capture(source, { header, dialect, index, deviations }, decodingOf(options));
  } catch (error) {
    await source.close?.();
    throw error;
  }
}

async function sourceOf(input: CaptureInput, options: OpenOptions): Promise<Source> {
  if (typeof input === "string" || input instanceof URL) {
    return isHttpUrl(input) ? openRemoteSource(input, options) : openFileSource(input);
  }
  if (input instanceof Uint8Array) return new BytesSource(input);
  if (input instanceof ArrayBuffer) return new BytesSource(new Uint8Array(input));
  if (input instanceof Blob) return new BlobSource(input);
  return input;
}

/**
 * Pages as small as a block header and what matters behind it: a capture holds thousands of them, megabytes apart, and larger pages
 * would bring page data that nobody asked for. Where reads follow each other, the cache reads ahead.
 */
async function openRemoteSource(url: string | URL, options: OpenOptions): Promise<Source> {
  const source = await httpSource(url, options);
  return new CachingSource(new CoalescingSource(source), { pageSize: 256, maxBytes: 16 * 1024 * 1024 });
}

async function readHeaderBytes(source: Source, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const lead = await source.read(0, Math.min(HEADER_LEAD, source.size), signal);
  const size = announcedHeaderSize(lead) ?? lead.length;
  return size <= lead.length ? lead : source.read(0, Math.min(size, source.size), signal);
}

async function readDialect(
  source: Source,
  header: FileHeader,
  index: BlockIndex,
  signal: AbortSignal | undefined,
): Promise<Dialect> {
  const { records, end } = index;
  const headerBytes = await source.read(0, header.headerSize, signal);
  const peeked = new Map<number, Uint8Array>();
  for (const [position, bytes] of peekedBlocks(records, end.eocIndex)) {
    const offset = records.offset(position);
    peeked.set(position, await source.read(offset, Math.min(bytes, end.dataEnd - offset), signal));
  }
  return detectDialect({ header, headerBytes, records, eocIndex: end.eocIndex, peeked });
}
