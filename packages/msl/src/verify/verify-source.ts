/** Verification of a source that can be read at any offset, and of a stream, in constant memory. */

import { pause } from "#pause";
import { throwIfAborted } from "../errors.js";
import type { FileHeader } from "../format/file-header.js";
import type { Source } from "../source/source.js";
import { explainFileHash } from "./explain-file-hash.js";
import type { VerifyReport } from "./report.js";
import { Verification } from "./verification.js";

export interface VerifyProgress {
  readonly bytesDone: number;
  /** Undefined for a stream of unknown length. */
  readonly bytesTotal: number | undefined;
}

export interface VerifyOptions {
  /** A zero PrevHash in block 0 (MemDiver) breaks the chain, as for a pure 1.1 consumer. */
  readonly strict?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: VerifyProgress) => void;
}

/** Bytes hashed between two pauses: a few milliseconds of work. */
const SLAB_BYTES = 1024 * 1024;

/** Verifies chain, FileHash and BlockCount of a plain capture whose header has been read. */
export async function verifySource(source: Source, header: FileHeader, options: VerifyOptions = {}): Promise<VerifyReport> {
  const headerBytes = await source.read(0, header.headerSize, options.signal);
  const verification = new Verification(headerBytes, header, options.strict ?? false);
  try {
    // The next slab is read while this one is hashed.
    let next = readSlab(source, header.headerSize, options.signal);
    for (let offset = header.headerSize; offset < source.size; ) {
      const slab = await next;
      offset += slab.length;
      next = readSlab(source, offset, options.signal);
      verification.update(slab);
      options.onProgress?.({ bytesDone: offset, bytesTotal: source.size });
      await pause();
      throwIfAborted(options.signal);
    }
    return await explainFileHash(verification.finish(), source, headerBytes, options.signal);
  } finally {
    verification.release();
  }
}

async function readSlab(source: Source, offset: number, signal: AbortSignal | undefined): Promise<Uint8Array> {
  return source.read(offset, Math.min(SLAB_BYTES, source.size - offset), signal);
}
