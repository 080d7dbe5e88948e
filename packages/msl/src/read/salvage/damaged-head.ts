/**
 * The head of a capture for the option `salvage`: of a header that cannot be read, or that contradicts the blocks behind it, what can be established. A file in
 * which nothing shows a capture is refused as without the option.
 */
import { MslError } from "../../errors.js";
import { BLOCK_HEADER } from "../../format/block-header.js";
import { headerOffset, PLAIN_HEADER_SIZE } from "../../format/file-header.js";
import { fieldOffset } from "../../format/layout/fields.js";
import { isImplementedHash } from "../../hash/hash-algorithm.js";
import { DEFAULT_LIMITS, type LimitOptions } from "../../options/limits.js";
import type { OpenOptions } from "../../options/reading.js";
import type { Source } from "../../source/source.js";
import { type Head, readHead } from "../read-head.js";
import { establishedHeader, type Grounds } from "./established-header.js";
import { type FirstBlock, FirstBlocks, linkAlgorithm, searchedBlock } from "./first-block.js";
import { type ByteWork, MovingWindow, runOnSource } from "./moving-window.js";
import { sealedHeader } from "./sealed-header.js";

/** Errors about a header that a reader cannot go on with. */
const UNREADABLE: ReadonlySet<string> = new Set(["not-msl", "bad-header", "unsupported-version", "truncated"]);

/** HeaderSize is a byte: no header is longer. */
const HEADER_MOST = 255;
const HEADER_SIZE_OFFSET = headerOffset("headerSize");
const PAYLOAD_VERSION_OFFSET = fieldOffset(BLOCK_HEADER, "payloadVersion");

type Limits = Pick<LimitOptions, "blockLimit">;

/** Throws what `readHead` throws, and `limit`. A strict reader establishes nothing. */
export async function readDamagedHead(source: Source, options: OpenOptions): Promise<Head> {
  if (options.strict) return readHead(source, options);
  const read = await readHead(source, options).catch((error: unknown) => {
    if (!(error instanceof MslError) || !UNREADABLE.has(error.code)) throw error;
    return error;
  });
  const limits = { blockLimit: options.blockLimit ?? DEFAULT_LIMITS.blockLimit };
  const established = await runOnSource(establishedHead(source.size, read, limits), source, options.signal);
  if (established) return established;
  if (read instanceof MslError) throw withoutBlocks(read);
  return read;
}

/** The head that stands for a damaged one; undefined if the header that was read is as good as any, or if nothing shows a capture. */
function* establishedHead(size: number, read: Head | MslError, limits: Limits): ByteWork<Head | undefined> {
  const window = new MovingWindow(size);
  const start = yield* window.at(0, Math.min(HEADER_MOST, size));
  if (!(read instanceof MslError)) return yield* headInsteadOf(read, start, window, limits);
  const blocks = new FirstBlocks(window, limits);
  const placed = yield* blocks.ofFile(start[HEADER_SIZE_OFFSET] ?? 0);
  if (placed) return yield* headBefore(placed, start, window);
  const sealed = sealedHeader(start, size);
  if (sealed) return sealed;
  const searched = yield* searchedBlock(window, limits);
  if (!searched) return undefined;
  const { bigEndian, algorithm } = searched;
  const before = start.slice(0, PLAIN_HEADER_SIZE);
  return plainHead({ before, bigEndian, algorithm, size, prevHash: undefined, payloadVersion: payloadVersionOf(searched) });
}

/** The head that stands for one that can be read, but contradicts the blocks: in HeaderSize, byte order, the Encrypted flag or HashAlgo. */
function* headInsteadOf({ header }: Head, start: Uint8Array, window: MovingWindow, limits: Limits): ByteWork<Head | undefined> {
  const { headerSize, byteOrder, encrypted, hashAlgo } = header;
  // Where block 0 of a plain capture is damaged, the search behind damage finds the others.
  const isUsual = headerSize === PLAIN_HEADER_SIZE && !encrypted;
  const blocks = new FirstBlocks(window, limits);
  const placed = yield* isUsual ? blocks.at(headerSize) : blocks.behindHeader(headerSize);
  if (!placed) return encrypted ? undefined : sealedHeader(start, window.dataEnd);
  const { block, bigEndian } = placed;
  const isInOrder = !encrypted && headerSize === block.offset && (byteOrder === "big") === bigEndian;
  return isInOrder && isImplementedHash(hashAlgo) ? undefined : yield* headBefore(placed, start, window);
}

/** The head of a plain capture whose first block is known. */
function* headBefore(first: FirstBlock, start: Uint8Array, window: MovingWindow): ByteWork<Head> {
  const { block, bigEndian } = first;
  return plainHead({
    before: start.slice(0, block.offset),
    bigEndian,
    prevHash: block.prevHash,
    payloadVersion: payloadVersionOf(first),
    algorithm: yield* linkAlgorithm(window, first),
    size: window.dataEnd,
  });
}

function payloadVersionOf({ block, bigEndian }: FirstBlock): number {
  return new DataView(block.bytes.buffer).getUint16(PAYLOAD_VERSION_OFFSET, !bigEndian);
}

function plainHead(grounds: Grounds): Head {
  return { encryption: null, ...establishedHeader(grounds) };
}

function withoutBlocks({ code, message, offset }: MslError): MslError {
  const text = `${message}. No block was found in the file, so nothing can be saved; nothing of an encrypted capture can be decrypted without its exact header`;
  return new MslError(code, text, offset === undefined ? {} : { offset });
}

/** Bytes at the start of a file in which `showsBlocks` looks for blocks. */
const LOOKED_AT = 1024 * 1024;

/** Whether blocks stand near the start of a file whose header cannot be read: then a reader with the option `salvage` reads them. */
export async function showsBlocks(source: Source, signal: AbortSignal | undefined): Promise<boolean> {
  const window = new MovingWindow(Math.min(source.size, LOOKED_AT));
  return (await runOnSource(firstOf(window), source, signal)) !== undefined;
}

function* firstOf(window: MovingWindow): ByteWork<unknown> {
  const limits = { blockLimit: DEFAULT_LIMITS.blockLimit };
  const start = yield* window.at(0, Math.min(PLAIN_HEADER_SIZE, window.dataEnd));
  const placed = yield* new FirstBlocks(window, limits).ofFile(start[HEADER_SIZE_OFFSET] ?? 0);
  return placed ?? (yield* searchedBlock(window, limits));
}
