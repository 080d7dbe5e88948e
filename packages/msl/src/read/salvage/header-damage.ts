/** The fields of a damaged file header as deviations: what was found in each, what stands for it, and why. */
import { equalBytes } from "../../bytes.js";
import type { LintId } from "../../deviations/catalogue.js";
import { type Deviation, shownDeviation } from "../../deviations/deviation.js";
import { ARCH_TYPE, CLOCK_SOURCE, type CodeTable, codeName, HASH_ALGO, OS_TYPE } from "../../format/codes.js";
import { FILE_HEADER, type FileHeaderField, PLAIN_HEADER_SIZE } from "../../format/file-header.js";
import { fixedFields } from "../../format/layout/fields.js";
import { hexText, NIL_UUID, uuidText } from "../../format/layout/uuid-text.js";

export type HeaderField = FileHeaderField | "reserved";

/** A damaged header, and the header that stands for it. */
export interface Damage {
  /** The bytes of the file, behind as many zeros as bytes are missing at the start. */
  readonly stored: Uint8Array;
  readonly missing: number;
  readonly established: Uint8Array;
  readonly bigEndian: boolean;
  /** The header that block 0 names, if few fields had to be mended for that. */
  readonly proved?: Uint8Array | undefined;
  /** Whether the capture is encrypted, so that its tag vouches for the header. */
  readonly isSealed?: boolean;
  /** Whether a block stands directly behind the header. */
  readonly isFramed: boolean;
}

/** `proved`: by the hash that block 0 names. `established`: from the blocks. `unknown`: the value is lost, or nobody knows what it means. */
type Ground = "proved" | "established" | "unknown";

/** A field in sentences: its name in the specification, and its value as text. `id`: default HDR-DAMAGED. */
interface FieldText {
  readonly name: string;
  readonly id?: LintId;
  readonly text?: (value: bigint) => string;
  /** Where the value comes from if no hash proves it. Default: it is that of an unknown field. */
  readonly source?: string;
}

const hexadecimal = (value: bigint) => `0x${value.toString(16)}`;
const coded = (table: CodeTable) => (value: bigint) => {
  const name = codeName(table, Number(value));
  return name.startsWith("0x") ? name : `${value} (${name})`;
};

const FIELDS: Readonly<Partial<Record<string, FieldText>>> = {
  magic: { name: "Magic", id: "HDR-MAGIC", source: "blocks follow the header" },
  endianness: { name: "Endianness", id: "HDR-ENDIAN", source: "the blocks are in this byte order" },
  headerSize: { name: "HeaderSize", id: "HDR-SIZE", source: "the first block begins there" },
  versionBytes: { name: "Version", source: "the blocks are those of this version" },
  flags: { name: "Flags", text: hexadecimal },
  capBitmap: { name: "CapBitmap", text: hexadecimal },
  dumpUuid: { name: "DumpUUID" },
  timestampNs: { name: "Timestamp" },
  osType: { name: "OSType", text: coded(OS_TYPE) },
  archType: { name: "ArchType", text: coded(ARCH_TYPE) },
  pid: { name: "PID" },
  clockSource: { name: "ClockSource", text: coded(CLOCK_SOURCE) },
  blockCount: { name: "BlockCount" },
  hashAlgo: {
    name: "HashAlgo",
    id: "HDR-HASHALGO",
    text: coded(HASH_ALGO),
    source: "links of the chain hold with it, or no link tells another",
  },
};

const DAMAGED: LintId = "HDR-DAMAGED";
const IDS: ReadonlySet<LintId> = new Set([DAMAGED, ...Object.values(FIELDS).flatMap((field) => field?.id ?? [])]);

/** Why a field of a damaged header has its value; undefined for other deviations of an opened capture: readers of a sound header tell no values with these ids. */
export function groundOfField({ id, values, block }: Deviation): Ground | undefined {
  return IDS.has(id) && block === undefined ? (values?.[2] as Ground | undefined) : undefined;
}

const PLACES = new Map(
  fixedFields(FILE_HEADER).map(([{ name }, offset], i, fields) => {
    const end = fields[i + 1]?.[1] ?? PLAIN_HEADER_SIZE;
    return [name, { offset, size: end - offset }] as const;
  }),
);

/** Where a field lies in the header, in bytes. */
export function fieldPlace(field: string): { readonly offset: number; readonly size: number } {
  const place = PLACES.get(field);
  if (!place) throw new TypeError(`The file header has no field ${field}`);
  return place;
}

/** A deviation for each field whose established bytes are not those of the file. */
export function damageOf(damage: Damage): Deviation[] {
  return [...PLACES.keys()].flatMap((field) => damageOfField(field, damage) ?? []);
}

function damageOfField(field: string, damage: Damage): Deviation | undefined {
  const { stored, missing, established, bigEndian } = damage;
  const { offset, size } = fieldPlace(field);
  const text = FIELDS[field];
  const [before, after] = [stored, established].map((header) => header.subarray(offset, offset + size));
  if (!text || !before || !after || (offset >= missing && equalBytes(before, after))) return undefined;
  const found = offset < missing ? "missing" : valueText(field, before, bigEndian);
  const expected = valueText(field, after, bigEndian);
  const [ground, reason] = groundOf(field, damage);
  const message = `${text.name} is ${found}, expected ${expected}: ${reason}`;
  // The bytes that are left begin the file.
  const at = Math.max(0, offset - missing);
  return shownDeviation({ id: text.id ?? DAMAGED, message, offset: at, field, values: [found, expected, ground] });
}

/** Why a field has its established value, for programs and as the end of a sentence. */
function groundOf(field: string, { proved, established, isFramed, isSealed = false }: Damage): readonly [Ground, string] {
  const { offset, size } = fieldPlace(field);
  const bytes = (header: Uint8Array) => header.subarray(offset, offset + size);
  if (proved && equalBytes(bytes(proved), bytes(established)))
    return ["proved", "with it, the header has the hash that block 0 names"];
  if (proved)
    return ["unknown", "block 0 names a header with this value, which readers do not know; the blocks are read as those of 1.1"];
  if (isSealed) return ["established", "the tag matches only if the header was written so"];
  const source = FIELDS[field]?.source;
  if (source === undefined)
    return ["unknown", "it is not believed in a damaged header, and the expected value stands for an unknown one"];
  if (field === "headerSize" && !isFramed) return ["established", "no block stands directly behind the header"];
  return ["established", source];
}

function valueText(field: string, bytes: Uint8Array, bigEndian: boolean): string {
  if (field === "magic") return hexText(bytes);
  if (field === "versionBytes") return `${hexText(bytes)} (${versionText(bytes)})`;
  if (field === "dumpUuid") {
    const uuid = uuidText(bytes);
    return uuid === NIL_UUID ? "nil" : uuid;
  }
  const ordered = bigEndian ? bytes : bytes.slice().reverse();
  const value = BigInt(`0x${hexText(ordered)}`);
  return FIELDS[field]?.text?.(value) ?? String(value);
}

/** MSL 0.1 and big-endian drafts have the major version first. */
function versionText([low = 0, high = 0]: Uint8Array): string {
  return low === 1 && high === 0 ? "1.0" : `${high}.${low}`;
}
