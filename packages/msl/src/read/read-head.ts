/** The header of a capture and its encryption extension. */
import { type Deviation, shownDeviation } from "../deviations/deviation.js";
import { decodeEncryption, type Encryption } from "../format/encryption-extension.js";
import { announcedHeaderSize, type FileHeader, HEADER_LEAD, readHeader } from "../format/file-header.js";
import type { Source } from "../source/source.js";

export interface Head {
  readonly header: FileHeader;
  /** How the capture is encrypted, and which secret opens it; null for a plain capture. */
  readonly encryption: Encryption | null;
  readonly deviations: Deviation[];
  /** HeaderSize bytes, a copy. */
  readonly headerBytes: Uint8Array;
}

export interface HeadOptions {
  readonly strict?: boolean;
  readonly signal?: AbortSignal;
}

/** Throws `not-msl`, `bad-header`, `unsupported-version`, `truncated`. */
export async function readHead(source: Source, options: HeadOptions): Promise<Head> {
  return headOf(await readHeaderBytes(source, options.signal), options);
}

/** `start` holds the whole header. */
export function headOf(start: Uint8Array, options: HeadOptions): Head {
  const deviations: Deviation[] = [];
  const header = readHeader(start, deviations, options);
  const headerBytes = new Uint8Array(start.subarray(0, header.headerSize));
  const encryption = header.encrypted ? decodeEncryption(headerBytes, header, (deviation) => deviations.push(deviation)) : null;
  return { header, encryption, deviations: deviations.map(shownDeviation), headerBytes };
}

async function readHeaderBytes(source: Source, signal: AbortSignal | undefined): Promise<Uint8Array> {
  const lead = await source.read(0, Math.min(HEADER_LEAD, source.size), signal);
  const size = announcedHeaderSize(lead) ?? lead.length;
  return size <= lead.length ? lead : source.read(0, Math.min(size, source.size), signal);
}
