/** The file header (specification, file header): 64 bytes, 128 when encrypted. */
import { startsWith, textEncoder } from "../bytes.js";
import type { Deviation, Report } from "../deviations/deviation.js";
import { rejectsFile } from "../deviations/deviation.js";
import { MslError, type MslErrorCode } from "../errors.js";
import { fieldsOf, shownAs } from "../json/shown.js";
import { ARCH_TYPE, CLOCK_SOURCE, HASH_ALGO, HEADER_FLAGS_KNOWN, HeaderFlag, OS_TYPE } from "./codes.js";
import { type ByteOrder, decodeLayout } from "./layout/decode.js";
import { bytes, code, type Decoded, fieldOffset, layout, u8, u32, u64, uuid, zeros } from "./layout/fields.js";
import { hexText } from "./layout/uuid-text.js";
import type { FileHeaderFields } from "./payloads/other-types.js";

export const FILE_MAGIC = textEncoder().encode("MEMSLICE");
/** HeaderSize stands at offset 9, so this many bytes tell how long the header is. */
const HEADER_SIZE_KNOWN_AT = 10;
export const PLAIN_HEADER_SIZE = 64;
export const ENCRYPTED_HEADER_SIZE = 128;
const LITTLE_ENDIAN = 0x01;
const BIG_ENDIAN = 0x02;

/** The last registered algorithm, SHA-512/256. */
const HASH_ALGO_MOST = 2;

export const FILE_HEADER = layout("FileHeader", [
  bytes("magic", 8),
  u8("endianness"),
  u8("headerSize"),
  bytes("versionBytes", 2),
  u32("flags"),
  u64("capBitmap"),
  uuid("dumpUuid"),
  u64("timestampNs"),
  code("osType", OS_TYPE),
  code("archType", ARCH_TYPE),
  u32("pid"),
  code("clockSource", CLOCK_SOURCE),
  u32("blockCount"),
  code("hashAlgo", HASH_ALGO),
  zeros(2),
]);

export type FileHeaderField = Exclude<keyof Decoded<typeof FILE_HEADER>, `${string}Name`>;

/** Bytes from the start of the file. */
export function headerOffset(field: FileHeaderField): number {
  return fieldOffset(FILE_HEADER, field);
}

/**
 * The decoded file header. Its fields are those of docs/fields.md; `timestampNs` counts nanoseconds since 1970-01-01 UTC, `blockCount` is 0 where it is
 * not declared, and unknown codes keep their numbers.
 */
export interface FileHeader extends Omit<FileHeaderFields, "magic"> {
  /** The byte order of all integers in headers and payloads; `big` in drafts of 1.0 only. */
  readonly byteOrder: ByteOrder;
  /** The version that `versionBytes` stand for; MSL 0.1 has the two bytes in the other order. */
  readonly versionMajor: number;
  readonly versionMinor: number;
  /** Bits of `flags`. */
  readonly imported: boolean;
  readonly investigation: boolean;
  readonly encrypted: boolean;
  readonly redacted: boolean;
}

/**
 * Decodes the header at the start of `start`, which holds the whole header (HeaderSize bytes) or all of a shorter file.
 * Throws `not-msl`, `bad-header` or `unsupported-version` where no reader may go on.
 */
export function decodeFileHeader(start: Uint8Array, report: Report): FileHeader {
  requireMagic(start);
  const byteOrder = requireByteOrder(start, report);
  const headerSize = requireHeaderSize(start);
  const reportReserved: Report = (deviation) => report({ ...deviation, id: "HDR-RESERVED" });
  const result = decodeLayout(FILE_HEADER, start.subarray(0, PLAIN_HEADER_SIZE), reportReserved, { byteOrder });
  if (!result.value || start.length < headerSize) {
    throw new MslError("truncated", `The file ends after ${start.length} bytes, inside its ${headerSize}-byte header`, {
      offset: start.length,
    });
  }
  const { magic: _, ...fields } = result.value;
  const version = byteOrder === "big" ? draftVersion(report) : versionOf(fields.versionBytes, report);
  const header = shownHeader({ ...fields, byteOrder, ...version, ...flagsOf(fields.flags) });
  reportOddities(header, report);
  return header;
}

/** The file header as plain JSON values. */
export function headerJson(header: FileHeader) {
  return {
    ...fieldsOf(header, ["endianness", "headerSize"]),
    versionRaw: hexText(header.versionBytes),
    ...fieldsOf(header, ["versionMajor", "versionMinor", "flags"]),
    capBitmap: String(header.capBitmap),
    dumpUuid: header.dumpUuid,
    timestampNs: String(header.timestampNs),
    ...fieldsOf(header, [
      "osType",
      "osTypeName",
      "archType",
      "archTypeName",
      "pid",
      "clockSource",
      "clockSourceName",
      "blockCount",
      "hashAlgo",
      "hashAlgoName",
    ]),
  };
}

const shownHeader = shownAs("FileHeader", headerJson);

function requireMagic(start: Uint8Array): void {
  if (start.length < HEADER_SIZE_KNOWN_AT) {
    throw new MslError("not-msl", `Not a Memory Slice capture: ${start.length} bytes are too few for a header`, { offset: 0 });
  }
  if (!startsWith(start, FILE_MAGIC)) {
    throw new MslError(
      "not-msl",
      `Not a Memory Slice capture: it starts with ${hexText(start.subarray(0, 8))}, expected ${hexText(FILE_MAGIC)} (MEMSLICE)`,
      {
        offset: 0,
      },
    );
  }
}

/** Drafts of 1.0 allowed big-endian integers: Endianness 2 with the version 0x0100, which is `01 00` in that order. */
function requireByteOrder(start: Uint8Array, report: Report): ByteOrder {
  const at = headerOffset("endianness");
  const endianness = start[at];
  if (endianness === LITTLE_ENDIAN) return "little";
  const [major, minor] = start.subarray(headerOffset("versionBytes"));
  if (endianness === BIG_ENDIAN && major === 1 && minor === 0) {
    report({ id: "HDR-ENDIAN", message: "Big-endian integers, as drafts of 1.0 allowed", offset: at, field: "endianness" });
    return "big";
  }
  throw new MslError("bad-header", `Endianness at offset 0x08 is ${endianness}, expected 1 (little-endian)`, { offset: at });
}

function draftVersion(report: Report): { versionMajor: number; versionMinor: number } {
  const offset = headerOffset("versionBytes");
  report({ id: "HDR-VERSION-OLD", message: "Version 1.0 of the drafts before 1.1", offset, field: "version" });
  return { versionMajor: 1, versionMinor: 0 };
}

/** HeaderSize, checked. `start` has at least 10 bytes. */
function requireHeaderSize(start: Uint8Array): number {
  const headerSize = start[9] ?? 0;
  if (headerSize < PLAIN_HEADER_SIZE) {
    throw new MslError("bad-header", `HeaderSize at offset 0x09 is ${headerSize}, expected 64 or 128`, {
      offset: headerOffset("headerSize"),
    });
  }
  return headerSize;
}

/** 1.1 is a u16, `01 01` on disk, and 1.0 is `00 01`. libmsl and memslicer 0.1 store major, then minor: `01 00`. */
function versionOf(raw: Uint8Array, report: Report): { versionMajor: number; versionMinor: number } {
  const [low = 0, high = 0] = raw;
  if (low === 1 && high === 0) {
    report({
      id: "HDR-VERSION-BYTES",
      message: "Version bytes 01 00: major 1, minor 0 as two bytes, not as a u16",
      offset: headerOffset("versionBytes"),
      field: "version",
    });
    return { versionMajor: 1, versionMinor: 0 };
  }
  if (high !== 1)
    throw new MslError("unsupported-version", `Version ${high}.${low} at offset 0x0A is not supported, expected 1.x`, {
      offset: headerOffset("versionBytes"),
    });
  if (low === 0)
    report({
      id: "HDR-VERSION-OLD",
      message: "Version 1.0 of the drafts before 1.1",
      offset: headerOffset("versionBytes"),
      field: "version",
    });
  if (low > 1)
    report({
      id: "HDR-VERSION-NEW",
      message: `Version 1.${low} is newer than 1.1`,
      offset: headerOffset("versionBytes"),
      field: "version",
    });
  return { versionMajor: high, versionMinor: low };
}

function flagsOf(flags: number) {
  return {
    imported: (flags & HeaderFlag.Imported) !== 0,
    investigation: (flags & HeaderFlag.Investigation) !== 0,
    encrypted: (flags & HeaderFlag.Encrypted) !== 0,
    redacted: (flags & HeaderFlag.Redacted) !== 0,
  };
}

function reportOddities(header: FileHeader, report: Report): void {
  const { encrypted, headerSize, flags } = header;
  if (encrypted && headerSize !== ENCRYPTED_HEADER_SIZE) {
    throw new MslError("bad-header", `HeaderSize at offset 0x09 is ${headerSize}, but an encrypted capture has 128`, {
      offset: headerOffset("headerSize"),
    });
  }
  if (!encrypted && headerSize !== PLAIN_HEADER_SIZE) {
    report({
      id: "HDR-SIZE",
      message: `HeaderSize is ${headerSize}, expected 64`,
      offset: headerOffset("headerSize"),
      field: "headerSize",
    });
  }
  if (flags >>> 0 > HEADER_FLAGS_KNOWN) {
    report({
      id: "HDR-RESERVED",
      message: `Reserved header flags are set: 0x${flags.toString(16)}`,
      offset: headerOffset("flags"),
      field: "flags",
    });
  }
  if (header.hashAlgo > HASH_ALGO_MOST) {
    const message = `HashAlgo is ${header.hashAlgoName}, which is not implemented (0 BLAKE3, 1 SHA-256, 2 SHA-512/256)`;
    report({ id: "HDR-HASHALGO", message, offset: headerOffset("hashAlgo"), field: "hashAlgo" });
  }
  for (const field of ["osType", "archType", "clockSource"] as const) {
    const name = header[`${field}Name`];
    if (name.startsWith("0x"))
      report({ id: "HDR-ENUM", message: `Unknown ${field} ${name}`, offset: headerOffset(field), field });
  }
}

/** Header bytes a reader asks for first; HeaderSize says whether there are more. */
export const HEADER_LEAD = 64;

/** The HeaderSize that `lead` announces, if it is long enough to tell. */
export function announcedHeaderSize(lead: Uint8Array): number | undefined {
  return lead.length < HEADER_SIZE_KNOWN_AT ? undefined : lead[headerOffset("headerSize")];
}

/**
 * Decodes the header from `start`, which holds all of it. Throws `not-msl`, `bad-header`, `unsupported-version`, `truncated`; in
 * strict mode also for deviations that a 1.1 consumer must refuse.
 */
export function readHeader(
  start: Uint8Array,
  deviations: Deviation[],
  { strict = false }: { readonly strict?: boolean },
): FileHeader {
  const header = decodeFileHeader(start, (deviation) => deviations.push(deviation));
  if (strict) refuseStrictly(deviations, "bad-header");
  return header;
}

/** Throws `encrypted`, for readers of plain captures. */
export function refuseEncrypted({ encrypted }: FileHeader): void {
  if (!encrypted) return;
  const message =
    "The capture is encrypted: it must be authenticated as a whole before any of it may be read; open it with openCapture and its key";
  throw new MslError("encrypted", message, { offset: headerOffset("flags") });
}

/** Throws for the first deviation for which a strict consumer refuses the whole file. */
export function refuseStrictly(deviations: readonly Deviation[], code: MslErrorCode): void {
  const rejected = rejectsFile(deviations);
  if (rejected) throw new MslError(code, `${rejected.message} (${rejected.id})`, { offset: rejected.offset });
}

/** A big-endian header is believed only if a block in that order follows. Throws `bad-header`. */
export function requireBlocksInOrder({ byteOrder }: FileHeader, blocks: number): void {
  if (byteOrder === "little" || blocks > 0) return;
  const offset = headerOffset("endianness");
  throw new MslError("bad-header", "Endianness at offset 0x08 is 2 (big-endian), but no big-endian block follows the header", {
    offset,
  });
}
