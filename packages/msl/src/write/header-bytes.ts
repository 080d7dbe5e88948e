/** The file header of a capture that is going to be written (specification, file header). */
import { MslError } from "../errors.js";
import { HeaderFlag } from "../format/codes.js";
import { ENCRYPTED_HEADER_SIZE, FILE_HEADER, FILE_MAGIC, PLAIN_HEADER_SIZE } from "../format/file-header.js";
import { encodeLayout } from "../format/layout/encode.js";
import { EncodePath } from "../format/layout/encode-path.js";
import { isImplementedHash } from "../hash/hash-algorithm.js";
import { requireUuidV4 } from "./conformance.js";

/**
 * What the header says about the process and its acquisition. A header that was read fits; CapBitmap, flags bits, BlockCount and sizes in it
 * are not taken over: they follow from what is written.
 */
export interface CaptureHeader {
  /** Code of the operating system; 0xFFFF unknown. */
  readonly osType: number;
  /** Code of the architecture; 0xFFFF unknown. */
  readonly archType: number;
  /** 0 unknown. */
  readonly pid: number;
  /** Start of the acquisition in nanoseconds since 1970 UTC. Default: now; for an import 0, unknown. */
  readonly timestampNs?: bigint | undefined;
  /** Behind the timestamps. Default: 1, CLOCK_REALTIME, if the writer takes them from the system; otherwise 0, unknown. */
  readonly clockSource?: number | undefined;
  /** 0 BLAKE3 (default), 1 SHA-256, 2 SHA-512/256. Digests in blocks, such as DiskHash, must be of the same algorithm. */
  readonly hashAlgo?: number | undefined;
  /** Default: a new UUID. */
  readonly dumpUuid?: string | undefined;
  /** Made from another dump: Import Provenance comes first. */
  readonly imported?: boolean | undefined;
  /** Of the whole system: System Context is block 2. */
  readonly investigation?: boolean | undefined;
  /** At least one field was deliberately removed or pseudonymised. Set by the writer when it redacts. */
  readonly redacted?: boolean | undefined;
}

export interface HeaderFacts {
  readonly dumpUuid: string;
  readonly timestampNs: bigint;
  readonly clockSource: number;
  readonly capBitmap: bigint;
  readonly blockCount: number;
  readonly redacted: boolean;
  readonly encrypted: boolean;
}

/** Version 1.1 as a little-endian u16. */
const VERSION_BYTES = Uint8Array.of(1, 1);
const LITTLE_ENDIAN = 1;

/** 64 bytes; of an encrypted capture 128, its extension still zero. Throws `bad-value` naming the field, `unsupported-hash`. */
export function headerBytes(header: CaptureHeader, { redacted, encrypted, ...facts }: HeaderFacts): Uint8Array {
  const { osType, archType, pid, hashAlgo = 0, imported, investigation } = header;
  if (!isImplementedHash(hashAlgo)) {
    const message = `FileHeader.hashAlgo is ${hashAlgo}, expected 0 (BLAKE3), 1 (SHA-256) or 2 (SHA-512/256)`;
    throw new MslError("unsupported-hash", message);
  }
  requireUuidV4(facts.dumpUuid, new EncodePath(FILE_HEADER.name).field("dumpUuid"));
  const flags =
    (imported ? HeaderFlag.Imported : 0) |
    (investigation ? HeaderFlag.Investigation : 0) |
    (encrypted ? HeaderFlag.Encrypted : 0) |
    (redacted ? HeaderFlag.Redacted : 0);
  const headerSize = encrypted ? ENCRYPTED_HEADER_SIZE : PLAIN_HEADER_SIZE;
  const base = encodeLayout(FILE_HEADER, {
    magic: FILE_MAGIC,
    endianness: LITTLE_ENDIAN,
    headerSize,
    versionBytes: VERSION_BYTES,
    flags,
    ...facts,
    osType,
    archType,
    pid,
    hashAlgo,
  });
  const all = new Uint8Array(headerSize);
  all.set(base);
  return all;
}
