/** The values behind findings: what stands in the capture at the place of a departure, and what the specification expects there. */
import { equalBytes } from "../bytes.js";
import { counted } from "../counted.js";
import type { LintId } from "../deviations/catalogue.js";
import type { Deviation, DeviationValues } from "../deviations/deviation.js";
import { BLOCK_HEADER_SIZE, BLOCK_LENGTH_OFFSET, BLOCK_MAGIC, END_OF_CAPTURE_SIZE } from "../format/block-header.js";
import { CAPABILITIES, capBitmapOf } from "../format/capabilities.js";
import { BLOCK_TYPE, BlockType, codeName } from "../format/codes.js";
import { ARGON2_MINIMUM, expectedKemCtLen } from "../format/encryption-extension.js";
import { hexText, NIL_UUID } from "../format/layout/uuid-text.js";
import { type Capture, sourceOf } from "../read/capture.js";
import type { CaptureBlock } from "../read/capture-block.js";
import { captureLength } from "../read/report-structure.js";
import type { Source } from "../source/source.js";

/** A value as text; absent where the finding tells none, or where the rule says what is expected. */
interface Values {
  readonly found?: string | undefined;
  readonly expected?: string | undefined;
}

/** The most characters of a text, and the most bytes of other values. */
const TEXT_MOST = 80;
const BYTES_MOST = 32;
/** Bytes of the header that are kept of a file that cannot be opened. */
const HEAD_BYTES = 128;
const MAGIC_BYTES = 8;
const LENGTH_BYTES = 4;
const LENGTH_EXPECTED = "80 or more";
/** Fields that are sets of bits, or addresses. */
const HEXADECIMAL: ReadonlySet<string> = new Set(["flags", "capBitmap", "tableBitmap", "baseAddr", "type"]);

/** The decoded header of a capture. */
type HeadOfCapture = Pick<Capture, "header" | "encryption">;

/** Reads the values of findings of one capture, in the order of the findings. */
export class FindingValues {
  readonly #head: Partial<HeadOfCapture>;
  readonly #capture: Capture | undefined;
  /** The first bytes of a file whose header cannot be decoded. */
  readonly #bytes: Uint8Array;
  /** The block whose payload was decoded last: findings of a block follow each other. */
  #last: { readonly block: CaptureBlock; readonly fields: object | undefined } | undefined;

  private constructor(head: Partial<HeadOfCapture>, bytes: Uint8Array, capture?: Capture) {
    this.#head = head;
    this.#bytes = bytes;
    this.#capture = capture;
  }

  static ofCapture(capture: Capture): FindingValues {
    return new FindingValues(capture, new Uint8Array(0), capture);
  }

  /** Values of the header alone. */
  static ofHead(head: HeadOfCapture): FindingValues {
    return new FindingValues(head, new Uint8Array(0));
  }

  /** Values of the first bytes of a file that may not be a capture. */
  static async ofFile(source: Source, signal: AbortSignal | undefined): Promise<FindingValues> {
    return new FindingValues({}, await source.read(0, Math.min(source.size, HEAD_BYTES), signal));
  }

  /** Tells the decoded fields of the block whose findings follow. */
  enter(block: CaptureBlock, fields: object | undefined): void {
    this.#last = { block, fields };
  }

  async of(deviation: Deviation, signal: AbortSignal | undefined): Promise<Values> {
    const { id, bytes, values } = deviation;
    const told = values && OF_VALUES[id]?.(values);
    if (told) return withoutGaps(told);
    const found = bytes ? bytesText(bytes) : await this.#found(deviation, signal);
    return withoutGaps({ found, ...(await this.#special(deviation, signal)) });
  }

  /** The value of the field of the header, of the block header or of the payload. */
  async #found({ block: index, field, offset }: Deviation, signal: AbortSignal | undefined): Promise<string | undefined> {
    if (field === undefined) return undefined;
    if (index === undefined) return this.#inHeader(field, offset);
    const block = this.#capture?.blocks.at(index);
    if (!block) return undefined;
    if (field === "prevHash") return hexText(await block.prevHash(signal));
    const own = field in block && offset < block.offset + BLOCK_HEADER_SIZE ? shown(field, Reflect.get(block, field)) : undefined;
    return own ?? shown(field, at(await this.#fieldsOf(block, signal), field));
  }

  #inHeader(field: string, offset: number): string | undefined {
    const { header, encryption } = this.#head;
    for (const fields of [header, encryption]) if (fields && field in fields) return shown(field, Reflect.get(fields, field));
    const { length } = this.#bytes;
    if (length === 0) return undefined;
    return field === "magic" ? bytesText(this.#bytes.subarray(0, MAGIC_BYTES)) : String(this.#bytes[offset] ?? `${length} bytes`);
  }

  async #fieldsOf(block: CaptureBlock, signal: AbortSignal | undefined): Promise<object | undefined> {
    if (this.#last?.block.index !== block.index) {
      // A region may be too large to be decoded at once.
      const isRegion = block.type === BlockType.MemoryRegion;
      const decoded = isRegion ? undefined : await block.decode(signal);
      const fields = isRegion ? (await block.region(signal)).region?.head : (decoded?.payload ?? decoded?.partial);
      this.#last = { block, fields };
    }
    return this.#last.fields;
  }

  /** The bytes where the magic of a block should be, or its BlockLength. Bytes with the magic are no block because of their BlockLength. */
  async #unreadable(id: "BLK-FRAMING" | "BLK-LENGTH", offset: number, capture: Capture, signal?: AbortSignal): Promise<Values> {
    if (id === "BLK-LENGTH") return { found: await this.#lengthAt(offset, capture, signal), expected: LENGTH_EXPECTED };
    const bytes = await bytesAt(capture, offset, BLOCK_MAGIC.length, signal);
    if (!equalBytes(bytes, BLOCK_MAGIC)) return { found: bytesText(bytes), expected: `${hexText(BLOCK_MAGIC)} (MSLC)` };
    const length = await this.#lengthAt(offset + BLOCK_LENGTH_OFFSET, capture, signal);
    return { found: `BlockLength ${length}`, expected: `BlockLength of ${LENGTH_EXPECTED}` };
  }

  async #lengthAt(offset: number, capture: Capture, signal?: AbortSignal): Promise<string> {
    const bytes = await bytesAt(capture, offset, LENGTH_BYTES, signal);
    if (bytes.length < LENGTH_BYTES) return bytesText(bytes);
    return String(new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, capture.header.byteOrder === "little"));
  }

  /** What only some ids have. */
  async #special({ id, block: index, field = "", offset }: Deviation, signal: AbortSignal | undefined): Promise<Values> {
    const { header, encryption = null } = this.#head;
    const ofHeader = header && OF_HEADER[id]?.({ header, encryption, field });
    if (ofHeader) return withoutGaps(ofHeader);
    if (!this.#capture) return {};
    if (id === "BLK-FRAMING" || id === "BLK-LENGTH") return this.#unreadable(id, offset, this.#capture, signal);
    const { end, blocks } = this.#capture;
    const position = index ?? (id === "BLK-TRUNCATED" ? end.truncatedBlock : null);
    const block = position === null ? undefined : blocks.at(position);
    const ofBlocks = withoutGaps(OF_BLOCKS[id]?.({ end, blocks, block, offset }) ?? {});
    if (ofBlocks.found !== undefined || ofBlocks.expected !== undefined) return ofBlocks;
    const found = block && OF_FIELDS[id] && textOf(await this.#fieldsOf(block, signal), OF_FIELDS[id]);
    return found ? { found } : {};
  }
}

/** The bytes of the capture at an offset; fewer where the data ends. */
async function bytesAt(capture: Capture, offset: number, length: number, signal?: AbortSignal): Promise<Uint8Array> {
  const source = sourceOf(capture);
  return source.read(offset, Math.max(0, Math.min(length, source.size - offset)), signal);
}

/** Values that follow from several fields of the header, and expectations that depend on the field. */
interface HeaderContext extends HeadOfCapture {
  readonly field: string;
}

const OF_HEADER: Partial<Record<LintId, (context: HeaderContext) => Values>> = {
  "HDR-VERSION-OLD": ({ header }) => ({ found: `${header.versionMajor}.${header.versionMinor}`, expected: "1.1" }),
  "HDR-VERSION-NEW": ({ header }) => ({ found: `${header.versionMajor}.${header.versionMinor}`, expected: "1.1" }),
  "HDR-RESERVED": ({ field }) => ({ expected: HEXADECIMAL.has(field) ? "no reserved bits" : "0" }),
  "ENC-KDFWEAK": ({ field }) => ({
    expected: field in ARGON2_MINIMUM ? `${Reflect.get(ARGON2_MINIMUM, field)} or more` : undefined,
  }),
  "ENC-KEMLEN": ({ encryption }) => ({ expected: encryption ? shown("", expectedKemCtLen(encryption)) : undefined }),
  "ENC-BLOCKCOUNT": () => ({ expected: "0" }),
  "ENC-DUAL": ({ encryption }) => ({
    found: encryption ? `KDFType ${encryption.kdfTypeName} and KeyEncap ${encryption.keyEncapName}` : undefined,
  }),
  "HDR-VERSION-BYTES": ({ header }) => ({ found: hexText(header.versionBytes), expected: "0101" }),
};

/** The values of a deviation as text. */
const OF_VALUES: Partial<Record<LintId, (values: DeviationValues) => Values>> = {
  "BLK-PADDING": ([length]) => ({ found: counted(length ?? "", "zero bytes"), expected: "0 bytes" }),
  "BLK-RESERVED": ([reserved]) => ({ found: `${reserved}`, expected: "0" }),
  "CMP-LIMIT": ([size, limit]) => ({ found: sizeText(size), expected: `at most ${limit}` }),
  "CMP-LZ4SHAPE": ([shape]) => ({ found: `${shape}` }),
  "CMP-NOPREFIX": ([shape]) => ({ found: `${shape}` }),
  "CMP-SIZE": ([what, size]) => ({ found: `${what}`, expected: isStated(what) ? `at most ${size} bytes` : sizeText(size) }),
  "CMP-TRAILING": ([length]) => ({ found: counted(length ?? "", "zero bytes"), expected: "0 bytes" }),
  "CON-ROW": (values) => (values.length === 1 ? { found: `0 sound rows of ${values[0]}` } : overrun(values)),
  "HDR-DAMAGED": foundAndExpected,
  "HDR-ENDIAN": foundAndExpected,
  "HDR-HASHALGO": foundAndExpected,
  "HDR-MAGIC": foundAndExpected,
  "HDR-RESERVED": ([bytes]) => ({ found: `${bytes}`, expected: "0" }),
  "HDR-SIZE": foundAndExpected,
  "HND-WIDE": ([value, most]) => ({ found: `${value}`, expected: `at most ${most}` }),
  "LEN-EXTRA": ([length]) => ({ found: counted(length ?? "", "bytes"), expected: "0 bytes" }),
  "MOD-SHORT": ([there, wanted]) => ({
    found: `${counted(there ?? "", "bytes")} behind DiskHash`,
    expected: `${counted(wanted ?? "", "bytes")} or more`,
  }),
  "REG-ALIGN": ([size, unit]) => ({ found: `RegionSize ${size}`, expected: `a multiple of PageSize ${unit}` }),
  "REG-PAGESIZE": ([log2]) => ({ found: `${log2}`, expected: "10 to 40" }),
  "REG-SHORTDATA": ([held, needed]) => ({ found: counted(held ?? "", "bytes"), expected: counted(needed ?? "", "bytes") }),
  "REG-STATE3": ([pages]) => ({ found: `state 11 of ${counted(pages ?? "", "pages")}` }),
  "REG-SURPLUS": ([length]) => ({ found: counted(length ?? "", "bytes"), expected: "0 bytes" }),
  "REG-WRAP": ([region]) => ({ found: `${region}` }),
  "STR-NUL": ([at, length]) => ({ found: `NUL at byte ${at} of ${length}` }),
  "PAY-RESERVED": ([bytes]) => ({ found: `${bytes}` }),
  "STR-OVERRUN": overrun,
  "STR-PAD": ([bytes]) => ({ found: `${bytes || "no bytes"}` }),
  "STR-PADDEDLEN": ([length, used]) => ({ found: `length ${length}`, expected: `length ${used}` }),
  "SYS-TAIL": ([length]) => ({ found: counted(length ?? "", "bytes"), expected: "0 bytes" }),
  "THR-CURRENT": ([count]) => ({ found: `${count} current threads`, expected: "1" }),
  "THR-ROLE": ([count, roles]) => ({ found: `no ${roles} among ${count} registers` }),
  "THR-STATE": ([state]) => ({ found: `${state}`, expected: "0 to 4" }),
};

/** The values of a field of a damaged header. */
function foundAndExpected([found, expected]: readonly (number | string | undefined)[]): Values {
  return { found: `${found}`, expected: `${expected}` };
}

/** Bytes that are left and bytes that are needed; or a count, and how many of the counted things there can be. */
function overrun([found, most, things]: readonly (number | string | undefined)[]): Values {
  if (things === "tag") return { found: `tag ${found} of ${counted(most ?? "", "bytes")}` };
  if (things === undefined) return { found: `${counted(found ?? "", "bytes")} left`, expected: counted(most ?? "", "bytes") };
  return { found: `a count of ${found} ${things}`, expected: `at most ${most}` };
}

/** Whether a size that the payload states was found, and not what decompression came to. */
function isStated(what: number | string | undefined): boolean {
  return String(what).startsWith("UncompressedSize");
}

function sizeText(size: number | string | undefined): string | undefined {
  return typeof size === "number" ? counted(size, "bytes") : size || undefined;
}

/** Values that no field has, or that follow from other parts of the capture. */
interface BlockContext extends Pick<Capture, "end" | "blocks"> {
  readonly block: CaptureBlock | undefined;
  readonly offset: number;
}

const OF_BLOCKS: Partial<Record<LintId, (context: BlockContext) => Values>> = {
  "HDR-CAPBITMAP": ({ blocks }) => ({ expected: shown("flags", capBitmapOf(typesOf(blocks))) }),
  "HDR-BLOCKCOUNT": ({ end }) => ({ expected: `${captureLength(end)}, or 0` }),
  "UUID-NIL": () => ({ expected: "a UUID of version 4 (RFC 9562)" }),
  "BLK-TRUNCATED": ({ end, block }) => ({
    found: block && counted(block.length, "bytes"),
    expected: block && `at most ${Math.max(0, end.dataEnd - block.offset)} bytes, which the file has from there on`,
  }),
  "BLK-TYPE0": typeOf,
  "BLK-COMPALGO": ({ block }) => ({ found: block && `flags ${shown("flags", block.flags)}` }),
  "UUID-DUP": ({ block }) => ({ found: block?.uuid }),
  "BLK-PAYLOADVERSION": ({ block }) => ({ found: block && String(block.payloadVersion), expected: "1" }),
  "TYP-UNSPECIFIED": typeOf,
  "EXT-MEMSLICER": typeOf,
  "EXT-MEMDIVER": typeOf,
  "EXT-THREAD": typeOf,
  "CON-TYPE": typeOf,
  "REF-DANGLING": ({ block, offset }) => (block && offset < block.payloadOffset ? parentOf(block) : {}),
  "REF-FLAGS": ({ block }) => ({ found: block && `flags ${shown("flags", block.flags)}` }),
  "REF-PARENT": ({ block }) => (block ? parentOf(block) : {}),
  "MOD-MISMATCH": ({ block }) => (block?.type === BlockType.ModuleListIndex ? { found: "no Module Entry" } : {}),
  "REF-CYCLE": ({ block }) => ({ found: block && `ParentUUID ${block.parentUuid}` }),
  "ORD-IDENTITY": ({ blocks }) => ({ ...typeAt(blocks, 0), expected: "ProcessIdentity in block 0" }),
  "ORD-MODLIST": ({ blocks }) => ({ ...typeAt(blocks, 1), expected: "ModuleListIndex in block 1" }),
  "ORD-SYSCTX": ({ blocks }) => ({ ...typeAt(blocks, 2), expected: "SystemContext in block 2" }),
  "SYS-LAYOUT-B": () => ({ found: "TargetCount in one byte" }),
  "EOC-MISSING": ({ blocks }) => (blocks.length === 0 ? { found: "no block" } : typeAt(blocks, blocks.length - 1)),
  "EOC-SHORT": ({ block }) => ({
    found: block && counted(block.payloadLength, "bytes"),
    expected: `${END_OF_CAPTURE_SIZE} bytes`,
  }),
  "EOC-TRAILING": ({ end }) => ({ found: counted(end.dataEnd - (end.eocEnd ?? end.dataEnd), "bytes"), expected: "0 bytes" }),
};

/** The fields of a payload that together are what was found. */
const OF_FIELDS: Partial<Record<LintId, readonly string[]>> = {
  "REF-DANGLING": ["regionUuid"],
  "REG-CONT": ["baseAddr", "regionSize"],
  "KEY-RANGE": ["regionOffset", "keyLen"],
  "KEY-AMBIGUOUS": ["regionOffset", "keyLen"],
  "THR-DUP": ["threadId"],
  "CMP-LIMIT": ["keyLen"],
  "MOD-MISMATCH": ["baseAddr", "moduleSize", "path"],
  "REG-OVERLAP": ["baseAddr", "regionSize"],
  "REG-EMPTY": ["baseAddr", "regionSize"],
  "REG-LEGACY": ["pageSize", "numPages"],
  "MOD-COUNTONLY": ["entryCount"],
};

/** For example "regionOffset 3588, keyLen 32". */
function textOf(fields: object | undefined, names: readonly string[]): string {
  return names
    .map((name) => [name, shown(name, at(fields, name))])
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}

function parentOf({ parentUuid }: CaptureBlock): Values {
  return { found: parentUuid === NIL_UUID ? "no parent" : `ParentUUID ${parentUuid}` };
}

/** The type of the block itself. */
function typeOf({ block }: BlockContext): Values {
  const { type = 0, typeName = "" } = block ?? {};
  // A type without a name is named by its code.
  return { found: typeName.startsWith("0x") ? typeName : `${shown("type", type)} ${typeName}` };
}

/** The type of the block at a position where another one is expected. */
function typeAt(blocks: Capture["blocks"], position: number): Values {
  if (position >= blocks.length) return { found: counted(blocks.length, "blocks") };
  return { found: `${codeName(BLOCK_TYPE, blocks.at(position).type)} in block ${position}` };
}

function withoutGaps(values: Values): Values {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined));
}

/** The types of blocks that a bit of CapBitmap stands for, and that the capture has. */
function typesOf(blocks: Capture["blocks"]): ReadonlySet<number> {
  return new Set(CAPABILITIES.flatMap(({ types }) => types.filter((type) => isThere(blocks, type))));
}

/** Whether a block of the type stands before the end. */
function isThere(blocks: Capture["blocks"], type: number): boolean {
  for (const block of blocks.ofType(type)) return !block.afterEoc;
  return false;
}

/** The value at a path such as `entries[3].path`. */
function at(fields: object | undefined, path: string): unknown {
  let value: unknown = fields;
  for (const name of path.split(/[.[\]]+/).filter((part) => part !== "")) {
    if (typeof value !== "object" || value === null || !(name in value)) return undefined;
    value = Reflect.get(value, name);
  }
  return value;
}

/** A number, a text in quotes, bytes in hexadecimal; undefined for a value of another kind. */
function shown(field: string, value: unknown): string | undefined {
  if (value instanceof Uint8Array) return bytesText(value);
  if (typeof value === "number" || typeof value === "bigint") {
    return HEXADECIMAL.has(field.split(".").at(-1) ?? "") ? `0x${value.toString(16)}` : String(value);
  }
  if (typeof value === "boolean") return String(value);
  if (typeof value !== "string") return undefined;
  if (UUID.test(value)) return value;
  return JSON.stringify(value.length > TEXT_MOST ? `${value.slice(0, TEXT_MOST)}…` : value);
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function bytesText(bytes: Uint8Array): string {
  if (bytes.length === 0) return "no bytes";
  return bytes.length > BYTES_MOST ? `${hexText(bytes.subarray(0, BYTES_MOST))}… (${bytes.length} bytes)` : hexText(bytes);
}
