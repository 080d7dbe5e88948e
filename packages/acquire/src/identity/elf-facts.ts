/**
 * What an ELF file says about itself: the build id (note GNU, type 3), and a version, from the note of its package (type 0xcafe1a7e "FDO", which some
 * distributions add) or from the name that programs are linked against (DT_SONAME, `libc.so.6`).
 */
import type { ReadAt } from "../proc/mapped-file.js";

export interface ElfFacts {
  /** Hexadecimal. */
  readonly buildId?: string;
  readonly version?: string;
}

/** Bytes of notes, of a dynamic section and of a name that are looked at. */
const PART_MOST = 64 * 1024;
const NAME_MOST = 256;
const SEGMENTS_MOST = 256;
const PT_LOAD = 1;
const PT_DYNAMIC = 2;
const PT_NOTE = 4;
const DT_STRTAB = 5n;
const DT_SONAME = 14n;
const NT_GNU_BUILD_ID = 3;
const NT_FDO_PACKAGING_METADATA = 0xcafe1a7e;

interface Segment {
  readonly type: number;
  readonly offset: bigint;
  readonly address: bigint;
  readonly bytes: bigint;
}

/** Nothing for a file that is no ELF file, or is damaged. */
export function elfFacts(readAt: ReadAt): ElfFacts {
  const ident = readAt(0n, 64);
  if (ident?.[0] !== 0x7f || String.fromCharCode(ident[1] ?? 0, ident[2] ?? 0, ident[3] ?? 0) !== "ELF") return {};
  const is64 = ident[4] === 2;
  const little = ident[5] !== 2;
  const segments = segmentsOf(readAt, ident, is64, little);
  const facts: { buildId?: string; version?: string } = {};
  for (const segment of segments.filter(({ type }) => type === PT_NOTE)) {
    const bytes = partOf(readAt, segment);
    if (bytes) addNotes(facts, bytes, little);
  }
  const version = facts.version ?? versionOfName(sonameOf(readAt, segments, is64, little));
  return version === undefined ? facts : { ...facts, version };
}

function segmentsOf(readAt: ReadAt, ident: Uint8Array, is64: boolean, little: boolean): Segment[] {
  const head = viewOf(ident);
  const offset = is64 ? head.getBigUint64(0x20, little) : BigInt(head.getUint32(0x1c, little));
  const size = head.getUint16(is64 ? 0x36 : 0x2a, little);
  const count = head.getUint16(is64 ? 0x38 : 0x2c, little);
  const table = count > SEGMENTS_MOST || size < (is64 ? 56 : 32) ? undefined : readAt(offset, size * count);
  if (!table) return [];
  const view = viewOf(table);
  return Array.from({ length: count }, (_, index) => {
    const at = index * size;
    const word = (wide: number, narrow: number) =>
      is64 ? view.getBigUint64(at + wide, little) : BigInt(view.getUint32(at + narrow, little));
    return { type: view.getUint32(at, little), offset: word(8, 4), address: word(16, 8), bytes: word(32, 16) };
  });
}

function partOf(readAt: ReadAt, { offset, bytes }: Segment): Uint8Array | undefined {
  return bytes > PART_MOST ? undefined : readAt(offset, Number(bytes));
}

function addNotes(facts: { buildId?: string; version?: string }, bytes: Uint8Array, little: boolean): void {
  const view = viewOf(bytes);
  for (let at = 0; at + 12 <= bytes.length; ) {
    const [nameBytes, contentBytes, type] = [
      view.getUint32(at, little),
      view.getUint32(at + 4, little),
      view.getUint32(at + 8, little),
    ];
    const contentAt = at + 12 + padded(nameBytes);
    if (contentAt + contentBytes > bytes.length) return;
    const name = textOf(bytes.subarray(at + 12, at + 12 + nameBytes));
    const content = bytes.subarray(contentAt, contentAt + contentBytes);
    if (name === "GNU" && type === NT_GNU_BUILD_ID) facts.buildId = Buffer.from(content).toString("hex");
    if (name === "FDO" && type === NT_FDO_PACKAGING_METADATA) Object.assign(facts, versionOfPackage(textOf(content)));
    at = contentAt + padded(contentBytes);
  }
}

function padded(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}

/** The version in the JSON text of the note of a package. */
function versionOfPackage(json: string): { readonly version?: string } {
  try {
    const { version } = JSON.parse(json) as { version?: unknown };
    return typeof version === "string" && version !== "" ? { version } : {};
  } catch {
    return {};
  }
}

function sonameOf(readAt: ReadAt, segments: readonly Segment[], is64: boolean, little: boolean): string | undefined {
  const dynamic = segments.find(({ type }) => type === PT_DYNAMIC);
  const table = dynamic && partOf(readAt, dynamic);
  if (!table) return undefined;
  const view = viewOf(table);
  const entries = new Map<bigint, bigint>();
  for (let at = 0; at + (is64 ? 16 : 8) <= table.length; at += is64 ? 16 : 8) {
    const [tag, value] = is64
      ? [view.getBigUint64(at, little), view.getBigUint64(at + 8, little)]
      : [BigInt(view.getUint32(at, little)), BigInt(view.getUint32(at + 4, little))];
    if (tag === 0n) break;
    entries.set(tag, value);
  }
  const [texts, name] = [entries.get(DT_STRTAB), entries.get(DT_SONAME)];
  const holder = segments.find(
    ({ type, address, bytes }) => type === PT_LOAD && texts !== undefined && texts >= address && texts < address + bytes,
  );
  if (texts === undefined || name === undefined || !holder) return undefined;
  const offset = holder.offset + texts - holder.address + name;
  const left = holder.offset + holder.bytes - offset;
  return left > 0n
    ? textOf(readAt(offset, Number(left < BigInt(NAME_MOST) ? left : BigInt(NAME_MOST))) ?? new Uint8Array(0))
    : undefined;
}

/** `6` of `libc.so.6`. */
function versionOfName(name: string | undefined): string | undefined {
  return /\.so\.([0-9][0-9A-Za-z.]*)$/.exec(name ?? "")?.[1];
}

/** The text up to its NUL. */
function textOf(bytes: Uint8Array): string {
  const end = bytes.indexOf(0);
  return Buffer.from(end < 0 ? bytes : bytes.subarray(0, end)).toString("utf8");
}

function viewOf({ buffer, byteOffset, byteLength }: Uint8Array): DataView {
  return new DataView(buffer, byteOffset, byteLength);
}
