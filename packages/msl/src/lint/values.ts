/** The values behind findings: what stands in the capture at the place of a departure, and what the specification expects there. */
import type { LintId } from "../deviations/catalogue.js";
import type { Deviation } from "../deviations/deviation.js";
import { BLOCK_HEADER_SIZE, BLOCK_MAGIC, END_OF_CAPTURE_SIZE } from "../format/block-header.js";
import { CAPABILITIES, capBitmapOf } from "../format/capabilities.js";
import { BLOCK_TYPE, BlockType, codeName } from "../format/codes.js";
import { ARGON2_MINIMUM, expectedKemCtLen } from "../format/encryption-extension.js";
import { hexText } from "../format/layout/uuid-text.js";
import type { Capture } from "../read/capture.js";
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

  private constructor(head: Partial<HeadOfCapture>, capture: Capture | undefined, bytes: Uint8Array) {
    this.#head = head;
    this.#capture = capture;
    this.#bytes = bytes;
  }

  static ofCapture(capture: Capture): FindingValues {
    return new FindingValues(capture, capture, new Uint8Array(0));
  }

  /** Values of the header alone. */
  static ofHead(head: HeadOfCapture): FindingValues {
    return new FindingValues(head, undefined, new Uint8Array(0));
  }

  /** Values of the first bytes of a file that may not be a capture. */
  static async ofFile(source: Source, signal: AbortSignal | undefined): Promise<FindingValues> {
    return new FindingValues({}, undefined, await source.read(0, Math.min(source.size, HEAD_BYTES), signal));
  }

  /** Tells the decoded fields of the block whose findings follow. */
  enter(block: CaptureBlock, fields: object | undefined): void {
    this.#last = { block, fields };
  }

  async of(deviation: Deviation, signal: AbortSignal | undefined): Promise<Values> {
    const found = deviation.bytes ? bytesText(deviation.bytes) : await this.#found(deviation, signal);
    return { found, ...(await this.#special(deviation, signal)) };
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
    const size = { magic: 8, endianness: 1, headerSize: 1, versionBytes: 2, hashAlgo: 1 }[field];
    return size === undefined ? undefined : bytesText(this.#bytes.subarray(offset, offset + size));
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

  /** What only some ids have. */
  async #special({ id, block: index, field = "", offset }: Deviation, signal: AbortSignal | undefined): Promise<Values> {
    const { header, encryption = null } = this.#head;
    const ofHeader = header && OF_HEADER[id]?.({ header, encryption, field });
    if (ofHeader) return withoutGaps(ofHeader);
    if (!this.#capture) return {};
    const { end, blocks } = this.#capture;
    const position = index ?? (id === "BLK-TRUNCATED" ? end.truncatedBlock : null);
    const block = position === null ? undefined : blocks.at(position);
    const ofBlocks = OF_BLOCKS[id]?.({ end, blocks, block, offset });
    if (ofBlocks) return withoutGaps(ofBlocks);
    const found = block && OF_FIELDS[id] && textOf(await this.#fieldsOf(block, signal), OF_FIELDS[id]);
    return found ? { found } : {};
  }
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
};

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
    found: block && `${block.length} bytes`,
    expected: block && `at most ${Math.max(0, end.dataEnd - block.offset)} bytes, which the file has from there on`,
  }),
  "BLK-TYPE0": typeOf,
  "BLK-COMPALGO": ({ block }) => ({ found: block && `flags ${shown("flags", block.flags)}` }),
  "CMP-NOPREFIX": ({ block }) => ({ found: block && `${block.compression} without a size` }),
  "CMP-LZ4SHAPE": ({ block }) => ({ found: block && `${block.payloadLength} bytes of ${block.compression}` }),
  "UUID-DUP": ({ block }) => ({ found: block?.uuid }),
  "BLK-LENGTH": () => ({ expected: "80 or more" }),
  "BLK-FRAMING": ({ offset }) => ({ found: `other bytes at ${offset}`, expected: `${hexText(BLOCK_MAGIC)} (MSLC)` }),
  "BLK-PAYLOADVERSION": ({ block }) => ({ found: block && String(block.payloadVersion), expected: "1" }),
  "TYP-UNSPECIFIED": typeOf,
  "EXT-MEMSLICER": typeOf,
  "EXT-MEMDIVER": typeOf,
  "EXT-THREAD": typeOf,
  "CON-TYPE": typeOf,
  "REF-FLAGS": ({ block }) => ({ found: block && `flags ${shown("flags", block.flags)}` }),
  "REF-DANGLING": ({ block }) => ({ found: block && `ParentUUID ${block.parentUuid}` }),
  "REF-CYCLE": ({ block }) => ({ found: block && `ParentUUID ${block.parentUuid}` }),
  "REF-PARENT": ({ block }) => ({ found: block && `ParentUUID ${block.parentUuid}` }),
  "ORD-IDENTITY": ({ blocks }) => ({ ...typeAt(blocks, 0), expected: "ProcessIdentity in block 0" }),
  "ORD-MODLIST": ({ blocks }) => ({ ...typeAt(blocks, 1), expected: "ModuleListIndex in block 1" }),
  "ORD-SYSCTX": ({ blocks }) => ({ ...typeAt(blocks, 2), expected: "SystemContext in block 2" }),
  "EOC-MISSING": ({ blocks }) => (blocks.length === 0 ? { found: "no block" } : typeAt(blocks, blocks.length - 1)),
  "EOC-SHORT": ({ block }) => ({ found: block && `${block.payloadLength} bytes`, expected: `${END_OF_CAPTURE_SIZE} bytes` }),
  "EOC-TRAILING": ({ end }) => ({ found: `${end.dataEnd - (end.eocEnd ?? end.dataEnd)} bytes`, expected: "0 bytes" }),
  "THR-STATE": () => ({ expected: "0 to 4" }),
  "REG-PAGESIZE": () => ({ expected: "10 to 40" }),
};

/** The fields of a payload that together are what was found. */
const OF_FIELDS: Partial<Record<LintId, readonly string[]>> = {
  "KEY-RANGE": ["regionOffset", "keyLen"],
  "KEY-AMBIGUOUS": ["regionOffset", "keyLen"],
  "REG-OVERLAP": ["baseAddr", "regionSize"],
  "REG-EMPTY": ["baseAddr", "regionSize"],
  "REG-STATE3": ["baseAddr", "numPages"],
  "REG-LEGACY": ["pageSize", "numPages"],
  "THR-DUP": ["threadId"],
  "THR-CURRENT": ["threadId", "flags"],
  "MOD-COUNTONLY": ["entryCount"],
  "MOD-SHORT": ["baseAddr", "path"],
  "MOD-MISMATCH": ["baseAddr", "path"],
};

/** For example "regionOffset 3588, keyLen 32". */
function textOf(fields: object | undefined, names: readonly string[]): string {
  return names
    .map((name) => [name, shown(name, at(fields, name))])
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");
}

/** The type of the block itself. */
function typeOf({ block }: BlockContext): Values {
  return { found: block && `${shown("type", block.type)} ${block.typeName}` };
}

/** The type of the block at a position where another one is expected. */
function typeAt(blocks: Capture["blocks"], position: number): Values {
  if (position >= blocks.length) return { found: `${blocks.length} blocks` };
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
  return JSON.stringify(value.length > TEXT_MOST ? `${value.slice(0, TEXT_MOST)}…` : value);
}

function bytesText(bytes: Uint8Array): string {
  if (bytes.length === 0) return "no bytes";
  return bytes.length > BYTES_MOST ? `${hexText(bytes.subarray(0, BYTES_MOST))}… (${bytes.length} bytes)` : hexText(bytes);
}
