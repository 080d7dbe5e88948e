/** Structures of keys at places where fixed bytes of them stand: they parse, nothing is computed yet. */
import { certificateIn } from "./certificate.js";
import { STATE_BYTES, stateKeyIn } from "./chacha20.js";
import { type DerWork, elementAt, SEQUENCE } from "./der.js";
import { OPENSSH_MAGIC, opensshKeyIn } from "./openssh.js";
import type { Candidate, KeyForm, ParsedKey } from "./parsed-key.js";
import { pemContent } from "./pem.js";
import { privateKeyIn } from "./private-keys.js";

/** The longest structure in bytes, except PEM text. */
const LONGEST_STRUCTURE = 16 * 1024;
/** The longest structure that is found. Pieces repeat as many bytes, so that it lies in one piece as a whole. */
export const LONGEST_KEY = 24 * 1024;

/** Bytes before the first field of a SEQUENCE: its header. */
const SHORTEST_HEADER = 2;
export const LONGEST_HEADER = 4;

/** Work of a place where nothing parses; of parsing a private key; bytes that are copied, or decoded of text, for each unit. */
const UNITS_PER_PLACE = 8;
const UNITS_PER_KEY = 64;
const COPIED_PER_UNIT = 2;
const DECODED_PER_UNIT = 4;

/** Looks for structures at a match in the bytes of a piece, and counts the work. */
export type Parser = (piece: Uint8Array, match: number, work: DerWork) => Iterable<Candidate>;

interface Structure {
  readonly form: KeyForm;
  readonly key: ParsedKey;
}

/** `start`: two nested SEQUENCEs. */
export function* certificates(piece: Uint8Array, start: number, work: DerWork): Generator<Candidate> {
  work.units += UNITS_PER_PLACE;
  const candidate = structureAt(piece, start, certificateStructure, work);
  if (candidate) yield candidate;
}

function certificateStructure(der: Uint8Array, work: DerWork): Structure | undefined {
  const key = certificateIn(der, work);
  return key && { form: "x509", key };
}

/** `match`: the version, the first field of the SEQUENCE. */
export function* privateKeys(piece: Uint8Array, match: number, work: DerWork): Generator<Candidate> {
  work.units += UNITS_PER_PLACE;
  for (let header = SHORTEST_HEADER; header <= LONGEST_HEADER; header++) {
    const start = match - header;
    if (piece[start] !== SEQUENCE || elementAt(piece, start, piece.length)?.contentStart !== match) continue;
    work.units += UNITS_PER_KEY;
    const candidate = structureAt(piece, start, privateKeyIn, work);
    if (candidate) yield candidate;
  }
}

/** The structure in DER at `start`. It is parsed again in a copy, because parts of the key are views. */
function structureAt(
  piece: Uint8Array,
  start: number,
  parse: (der: Uint8Array, work: DerWork) => Structure | undefined,
  work: DerWork,
): Candidate | undefined {
  const element = elementAt(piece, start, Math.min(piece.length, start + LONGEST_STRUCTURE));
  if (!element || !parse(piece.subarray(start, element.end), work)) return undefined;
  const bytes = piece.slice(start, element.end);
  work.units += bytes.length / COPIED_PER_UNIT;
  const structure = parse(bytes, work);
  return structure && { offset: start, length: bytes.length, pem: false, bytes, ...structure };
}

/** `start`: the magic. */
export function* opensshKeys(piece: Uint8Array, start: number, work: DerWork): Generator<Candidate> {
  work.units += UNITS_PER_KEY;
  const found = opensshKeyIn(piece.subarray(start, start + LONGEST_STRUCTURE));
  if (!found) return;
  const bytes = piece.slice(start, start + found.length);
  work.units += bytes.length / COPIED_PER_UNIT;
  const copied = opensshKeyIn(bytes);
  if (copied) yield { offset: start, length: bytes.length, form: "openssh", pem: false, key: copied.key, bytes };
}

/** What stands in PEM: one structure and nothing behind it. `start`: the dashes before BEGIN. */
export function* textStructures(piece: Uint8Array, start: number, work: DerWork): Generator<Candidate> {
  work.units += UNITS_PER_PLACE;
  const content = pemContent(piece.subarray(start, start + LONGEST_KEY));
  work.units += content.read / DECODED_PER_UNIT;
  const { bytes, read: length } = content;
  if (!bytes) return;
  const isOpenssh = OPENSSH_MAGIC.split("").every((character, i) => bytes[i] === character.charCodeAt(0));
  const found = isOpenssh ? opensshKeyIn(bytes) : undefined;
  if (found?.length === bytes.length) yield { offset: start, length, form: "openssh", pem: true, key: found.key, bytes };
  const structure = isOpenssh ? undefined : (certificateStructure(bytes, work) ?? privateKeyIn(bytes));
  if (structure) yield { offset: start, length, pem: true, bytes, ...structure };
}

/** `start`: the constant. */
export function* states(piece: Uint8Array, start: number, work: DerWork): Generator<Candidate> {
  work.units += UNITS_PER_PLACE;
  if (start + STATE_BYTES > piece.length) return;
  const key = stateKeyIn(piece.subarray(start, start + STATE_BYTES));
  if (!key) return;
  work.units += UNITS_PER_KEY;
  const bytes = piece.slice(start, start + STATE_BYTES);
  yield { offset: start, length: STATE_BYTES, form: "state", pem: false, key, bytes };
}
