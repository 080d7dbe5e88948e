/**
 * Compressed payloads (specification, compression framing): u64 UncompressedSize, then zstd or LZ4 data. Writers disagree about the shape;
 * the bytes tell which it is:
 *
 *   zstd   size, frame                        the specification, memslicer
 *          frame                              MemDiver
 *   lz4    size, u32 size again, raw block    memslicer
 *          size, frame | size, raw block      other readings of the specification
 *          frame                              MemDiver
 *
 * memslicer fills the stored payload with zeros up to a multiple of 8.
 */
import type { Compression } from "../format/codes.js";
import type { Problem } from "../format/layout/decode.js";
import type { LintId } from "../lint/catalogue.js";
import type { Report } from "../lint/deviation.js";
import type { CodecResult } from "./codecs.js";
import type { Decoding } from "./decoding.js";

export type Decompressed =
  | { readonly bytes: Uint8Array; readonly problem?: undefined }
  | { readonly bytes?: undefined; readonly problem: Problem };

const SIZE_BYTES = 8;
const ZSTD_MAGIC = [0x28, 0xb5, 0x2f, 0xfd];
const LZ4_FRAME_MAGIC = [0x04, 0x22, 0x4d, 0x18];

/** One way to read the stored bytes. `sized`: they begin with UncompressedSize. */
interface Shape {
  readonly name: string;
  readonly sized: boolean;
  /** Where the codec's data begins. */
  readonly at: number;
  readonly decode: (data: Uint8Array, size: { bytes: number; exact: boolean }) => CodecResult;
}

/** Decompresses a stored payload. Claimed sizes are compared with the limit before anything is allocated. */
export function decompressPayload(
  stored: Uint8Array,
  compression: Compression,
  decoding: Decoding,
  report: Report,
): Decompressed {
  const shapes = compression === "zstd" ? zstdShapes(stored, decoding) : compression === "lz4" ? lz4Shapes(stored, decoding) : [];
  const [first] = shapes;
  if (!first) {
    const message =
      compression === "reserved"
        ? "CompAlgo 3 is reserved"
        : `The stored ${stored.length} bytes are no ${compression} data in any known shape`;
    return problem(compression === "reserved" ? "BLK-COMPALGO" : "CMP-SIZE", 0, message);
  }
  const attempts = shapes.map((shape) => ({ shape, result: attempt(stored, shape, decoding) }));
  const success = attempts.find(({ result }) => result.bytes !== undefined);
  if (!success?.result.bytes) return { problem: attempts[0]?.result.problem ?? problem("CMP-SIZE", 0, "").problem };
  reportShape(success.shape, compression, report);
  reportTrailing(success.result.trailingZeros, stored.length, report);
  return { bytes: success.result.bytes };
}

/** Where both readings are possible, the one with a size is tried first. */
function zstdShapes(stored: Uint8Array, { codecs }: Decoding): Shape[] {
  const shapes: Shape[] = [];
  if (hasBytes(stored, SIZE_BYTES, ZSTD_MAGIC))
    shapes.push({ name: "zstd frame", sized: true, at: SIZE_BYTES, decode: codecs.zstd });
  if (hasBytes(stored, 0, ZSTD_MAGIC)) shapes.push({ name: "zstd frame", sized: false, at: 0, decode: codecs.zstd });
  return shapes;
}

function lz4Shapes(stored: Uint8Array, { codecs }: Decoding): Shape[] {
  if (isLz4Frame(stored, 0)) return [{ name: "LZ4 frame", sized: false, at: 0, decode: codecs.lz4Frame }];
  if (stored.length < SIZE_BYTES) return [];
  if (isLz4Frame(stored, SIZE_BYTES)) return [{ name: "LZ4 frame", sized: true, at: SIZE_BYTES, decode: codecs.lz4Frame }];
  const block = (data: Uint8Array, size: { bytes: number }) => codecs.lz4Block(data, size.bytes);
  const plain: Shape = { name: "raw LZ4 block", sized: true, at: SIZE_BYTES, decode: block };
  const repeated: Shape = { name: "raw LZ4 block behind its u32 size", sized: true, at: SIZE_BYTES + 4, decode: block };
  return repeatsSize(stored) ? [repeated, plain] : [plain];
}

function repeatsSize(stored: Uint8Array): boolean {
  if (stored.length < SIZE_BYTES + 4) return false;
  const view = new DataView(stored.buffer, stored.byteOffset);
  return view.getBigUint64(0, true) === BigInt(view.getUint32(SIZE_BYTES, true));
}

/** Magic, and version 01 in the flag byte that follows. Read as a size, these bytes would be 2^38 or more. */
function isLz4Frame(stored: Uint8Array, at: number): boolean {
  return hasBytes(stored, at, LZ4_FRAME_MAGIC) && ((stored[at + 4] ?? 0) & 0xc0) === 0x40;
}

function hasBytes(stored: Uint8Array, at: number, expected: readonly number[]): boolean {
  return expected.every((byte, i) => stored[at + i] === byte);
}

type Attempt =
  | { readonly bytes: Uint8Array; readonly trailingZeros: number; readonly problem?: undefined }
  | { readonly bytes?: undefined; readonly problem: Problem };

function attempt(stored: Uint8Array, shape: Shape, { payloadLimit }: Decoding): Attempt {
  const claimed = shape.sized ? new DataView(stored.buffer, stored.byteOffset).getBigUint64(0, true) : undefined;
  if (claimed !== undefined && claimed > BigInt(payloadLimit)) {
    return problem("CMP-LIMIT", 0, `UncompressedSize is ${claimed}, above the limit of ${payloadLimit}`);
  }
  const size = { bytes: claimed === undefined ? payloadLimit : Number(claimed), exact: claimed !== undefined };
  const result = shape.decode(stored.subarray(shape.at), size);
  if (result.ok) return result;
  const limited = result.reason === "exceeds" && !size.exact;
  const expected = size.exact ? `, expected ${size.bytes} bytes` : "";
  return problem(
    limited ? "CMP-LIMIT" : "CMP-SIZE",
    shape.at + result.at,
    `${shape.name} at payload offset ${shape.at}: ${result.reason}${expected}`,
  );
}

function reportShape(shape: Shape, compression: Compression, report: Report): void {
  if (!shape.sized)
    report({
      id: "CMP-NOPREFIX",
      message: `${shape.name} without UncompressedSize before it`,
      offset: 0,
      field: "uncompressedSize",
    });
  if (compression === "lz4")
    report({ id: "CMP-LZ4SHAPE", message: `LZ4 data stored as ${shape.name}`, offset: shape.at, field: "compressedData" });
}

function reportTrailing(zeros: number, length: number, report: Report): void {
  if (zeros > 0)
    report({
      id: "CMP-TRAILING",
      message: `${zeros} zero bytes follow the compressed data`,
      offset: length - zeros,
      field: "compressedData",
    });
}

function problem(id: LintId, at: number, message: string): { readonly problem: Problem } {
  return { problem: { id, at, message } };
}
