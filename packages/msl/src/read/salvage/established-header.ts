/**
 * The file header of a plain capture whose header is damaged: what can be established of it. Magic, Endianness and HeaderSize follow from the blocks. The hash that
 * block 0 names as PrevHash proves the other fields, if the header has it once a few fields are mended. Without that proof, a field is kept only if it reads
 * well and so do its neighbours; a field that is not kept has the value that the specification gives to unknown ones, and is never guessed.
 */
import { equalBytes, isZero, ownBytes } from "../../bytes.js";
import { type Deviation, shownDeviation } from "../../deviations/deviation.js";
import { BLOCK_HEADER_SIZE } from "../../format/block-header.js";
import { FIRST_RESERVED_CAPABILITY } from "../../format/capabilities.js";
import { HEADER_FLAGS_KNOWN, HeaderFlag } from "../../format/codes.js";
import {
  decodeFileHeader,
  FILE_HEADER,
  FILE_MAGIC,
  type FileHeader,
  headerJson,
  PLAIN_HEADER_SIZE,
} from "../../format/file-header.js";
import { decodeLayout } from "../../format/layout/decode.js";
import type { Decoded } from "../../format/layout/fields.js";
import { isUuidV4 } from "../../format/layout/uuid-text.js";
import { HashAlgo, type HashAlgoCode, hash, isImplementedHash } from "../../hash/hash-algorithm.js";
import { shownAs } from "../../json/shown.js";
import { damageOf, fieldPlace, type HeaderField } from "./header-damage.js";

/** What is known before the header is looked at. */
export interface Grounds {
  /** The bytes before the first block, or the first 64 bytes of the file if damage lies behind the header. Fewer than 64 if the header was cut off at its start. */
  readonly before: Uint8Array;
  readonly bigEndian: boolean;
  /** PrevHash of the block directly behind the header; undefined if none is there. */
  readonly prevHash: Uint8Array | undefined;
  /** PayloadVersion of the first block, or of the first one behind damage. */
  readonly payloadVersion: number;
  /** The hash of the links between blocks, if one of them holds. */
  readonly algorithm: HashAlgoCode | undefined;
  /** Bytes of the file. */
  readonly size: number;
}

export interface EstablishedHeader {
  readonly header: FileHeader;
  /** The bytes that block 0 names if that is proved, the bytes of the file otherwise. */
  readonly headerBytes: Uint8Array;
  readonly deviations: Deviation[];
}

type HeaderValues = Decoded<typeof FILE_HEADER>;

/** The bytes of magic, Endianness, HeaderSize and Version: if more are missing at the start, nothing tells which bytes are left. */
const MISSING_MOST = 12;
const VERSION_1_1 = [1, 1];
/** The version bytes that producers write: 1.1, drafts of 1.0, MSL 0.1. */
const VERSIONS = [VERSION_1_1, [0, 1], [1, 0]];

export function establishedHeader(grounds: Grounds): EstablishedHeader {
  const { before, bigEndian } = grounds;
  const missing = Math.max(0, PLAIN_HEADER_SIZE - before.length);
  const stored = new Uint8Array(missing + before.length);
  stored.set(before, missing);
  const framed = ownBytes(stored);
  framed.set(FILE_MAGIC);
  put(framed, "endianness", [bigEndian ? 2 : 1]);
  put(framed, "headerSize", [framed.length]);
  const proved = missing > MISSING_MOST ? undefined : provedHeader(framed, stored, grounds);
  const established = proved ? ownBytes(proved) : believedHeader(framed, missing, grounds);
  if (!isKnownVersion(bytesOfField(established, "versionBytes"), bigEndian))
    put(established, "versionBytes", versionOfBlocks(grounds));
  const isFramed = grounds.prevHash !== undefined;
  const deviations = damageOf({ stored, missing, established, bigEndian, proved, isFramed });
  const decoded = decodeFileHeader(established, (deviation) => deviations.push(shownDeviation(deviation)));
  // The walk over the blocks begins at HeaderSize.
  const header = shownHeader({ ...decoded, headerSize: before.length });
  return { header, headerBytes: proved && missing === 0 ? proved : before, deviations };
}

const shownHeader = shownAs("FileHeader", headerJson);

export function bytesOfField(header: Uint8Array, field: HeaderField): Uint8Array {
  const { offset, size } = fieldPlace(field);
  return header.subarray(offset, offset + size);
}

function put(header: Uint8Array, field: HeaderField, bytes: ArrayLike<number>): void {
  header.set(bytes, fieldPlace(field).offset);
}

function valuesOf(header: Uint8Array, bigEndian: boolean): HeaderValues {
  const byteOrder = bigEndian ? "big" : "little";
  const { value } = decodeLayout(FILE_HEADER, header.subarray(0, PLAIN_HEADER_SIZE), () => {}, { byteOrder });
  if (!value) throw new TypeError(`A file header has 64 bytes, not ${header.length}`);
  return value;
}

function isKnownVersion([low, high]: Uint8Array, bigEndian: boolean): boolean {
  if (bigEndian) return low === 1 && high === 0;
  return high === 1 || (low === 1 && high === 0);
}

/** PayloadVersion is 0 in MSL 0.1 and the first draft, and 1 since. */
function versionOfBlocks({ bigEndian, payloadVersion }: Grounds): readonly number[] {
  return bigEndian || payloadVersion === 0 ? [1, 0] : VERSION_1_1;
}

/** The header that block 0 names, if few fields have to be mended for that: those that readers cannot do without, and reserved bits. */
function provedHeader(
  framed: Uint8Array,
  stored: Uint8Array,
  { prevHash, bigEndian, algorithm }: Grounds,
): Uint8Array | undefined {
  if (!prevHash || isZero(prevHash)) return undefined;
  const { flags } = valuesOf(framed, bigEndian);
  const ownAlgorithm = bytesOfField(stored, "hashAlgo")[0] ?? 0;
  const versions = [[...bytesOfField(stored, "versionBytes")], ...VERSIONS];
  const flagsTried = new Set([flags, flags & ~HeaderFlag.Encrypted, flags & HEADER_FLAGS_KNOWN & ~HeaderFlag.Encrypted]);
  const algorithms = new Set(algorithm === undefined ? [ownAlgorithm, ...Object.values(HashAlgo)] : [algorithm]);
  const header = ownBytes(framed);
  for (const reserved of [bytesOfField(stored, "reserved").slice(), [0, 0]]) {
    put(header, "reserved", reserved);
    for (const version of versions) {
      put(header, "versionBytes", version);
      for (const tried of flagsTried) {
        putInteger(header, "flags", tried >>> 0, bigEndian);
        for (const code of algorithms) {
          put(header, "hashAlgo", [code]);
          if (isImplementedHash(code) && equalBytes(prevHash, hash(code, header))) return header;
        }
      }
    }
  }
  return undefined;
}

/** The header with the values of unknown fields where a field does not read well. */
function believedHeader(framed: Uint8Array, missing: number, { bigEndian, algorithm, size }: Grounds): Uint8Array {
  const header = ownBytes(framed);
  const values = valuesOf(framed, bigEndian);
  for (const [field, unknown] of Object.entries(UNKNOWN) as [keyof typeof UNKNOWN, number | bigint][]) {
    if (fieldPlace(field).offset < missing || !readsWell[field](values, size)) putInteger(header, field, unknown, bigEndian);
  }
  const { hashAlgo } = values;
  // Flags that are believed: their blocks are not encrypted.
  const { flags } = valuesOf(header, bigEndian);
  putInteger(header, "flags", (flags & ~HeaderFlag.Encrypted) >>> 0, bigEndian);
  put(header, "hashAlgo", [algorithm ?? (isImplementedHash(hashAlgo) ? hashAlgo : HashAlgo.Blake3)]);
  return header;
}

/** The values that the specification gives to unknown fields. A nil DumpUUID is none: whoever writes the capture anew makes another. */
const UNKNOWN = {
  flags: 0,
  capBitmap: 0n,
  dumpUuid: 0n,
  timestampNs: 0n,
  osType: 0xffff,
  archType: 0xffff,
  pid: 0,
  clockSource: 0,
  blockCount: 0,
} as const satisfies Partial<Record<HeaderField, number | bigint>>;

/** From 2000 to 2100, in nanoseconds since 1970-01-01 UTC. */
const EARLIEST = 946_684_800_000_000_000n;
const LATEST = 4_102_444_800_000_000_000n;
/** Four equal bytes in a row: a random UUID has them once in millions, overwritten ones always. */
const OVERWRITTEN_UUID = /(..)\1{3}/;
/** A time has four zero bytes at its end once in billions. */
const TIME_LOW_BITS = 2n ** 32n;

/** Whether a field reads well. Values that overwritten bytes have, zeros above all, are believed only beside others that read well. */
const readsWell: Readonly<Record<keyof typeof UNKNOWN, (values: HeaderValues, size: number) => boolean>> = {
  flags: ({ flags }) => flags >>> 0 <= HEADER_FLAGS_KNOWN,
  capBitmap: ({ capBitmap }) => capBitmap >> BigInt(FIRST_RESERVED_CAPABILITY) === 0n,
  dumpUuid: (values) =>
    isUuidV4(values.dumpUuid) && !OVERWRITTEN_UUID.test(values.dumpUuid.replaceAll("-", "")) && readsWell.capBitmap(values, 0),
  timestampNs: (values) =>
    values.timestampNs >= EARLIEST &&
    values.timestampNs <= LATEST &&
    values.timestampNs % TIME_LOW_BITS !== 0n &&
    isUuidV4(values.dumpUuid) &&
    hasPlatform(values),
  osType: hasPlatform,
  archType: hasPlatform,
  pid: (values) => hasPlatform(values) && !isNumber(values.clockSourceName),
  clockSource: (values) => hasPlatform(values) && !isNumber(values.clockSourceName),
  blockCount: ({ blockCount }, size) => blockCount * BLOCK_HEADER_SIZE <= size,
};

/** Whether OSType and ArchType are registered codes of something. Code 0 of both, Windows on x86, is what overwritten bytes look like: it counts beside a time and a PID. */
function hasPlatform({ osTypeName, archTypeName, osType, archType, timestampNs, pid }: HeaderValues): boolean {
  if ([osTypeName, archTypeName].some((name) => isNumber(name) || name === "unknown")) return false;
  return (osType !== 0 && archType !== 0) || (timestampNs !== 0n && pid !== 0);
}

/** Whether a code has no name. */
function isNumber(name: string): boolean {
  return name.startsWith("0x");
}

function putInteger(header: Uint8Array, field: HeaderField, value: number | bigint, bigEndian: boolean): void {
  const { offset, size } = fieldPlace(field);
  for (let byte = 0; byte < size; byte++) {
    header[offset + (bigEndian ? size - 1 - byte : byte)] = Number((BigInt(value) >> BigInt(8 * byte)) & 0xffn);
  }
}
