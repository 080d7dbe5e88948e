/**
 * Structures of keys in a piece of memory: they parse, nothing is computed yet. A search for few fixed bytes of each kind of structure leads to the
 * places where parsing is tried.
 */
import { AesSchedules, PatternSearch, type ScanCore } from "@memslice/core-wasm/scan";
import type { Looker } from "../asking/lookers.js";
import type { Piece } from "../asking/pieces.js";
import { hexPattern, textPattern } from "../search/pattern.js";
import { certificateIn } from "./certificate.js";
import { STATE_BYTES, STATE_CONSTANTS, stateKeyIn } from "./chacha20.js";
import { elementAt, SEQUENCE } from "./der.js";
import { OPENSSH_MAGIC, opensshKeyIn } from "./openssh.js";
import type { Candidate, KeyForm, KeyKind, ParsedKey } from "./parsed-key.js";
import { PEM_BEGIN, pemContent } from "./pem.js";
import { privateKeyIn } from "./private-keys.js";

export interface KeysSpec {
  readonly kinds: readonly KeyKind[];
  /** Whether AES schedules are looked for at every address, not only at multiples of 4. */
  readonly everyByte: boolean;
}

/** Candidates in the order of their offsets. */
export interface KeyCandidates {
  readonly candidates: readonly Candidate[];
  /** Candidates that begin at or behind this offset are left to the next piece. */
  readonly owned: number;
}

/** The longest structure, but for text. */
const LONGEST_STRUCTURE = 16 * 1024;
/** The longest structure that is found. Pieces repeat as many bytes, so that it lies in one piece as a whole. */
export const LONGEST_KEY = 24 * 1024;

/** Bytes before the first field of a SEQUENCE: its header. */
const SHORTEST_HEADER = 2;
const LONGEST_HEADER = 4;

/** Looks for a structure at a match. `bytes`: the piece. */
type Parser = (bytes: Uint8Array, match: number) => Iterable<Candidate>;

interface Anchor {
  readonly search: PatternSearch;
  readonly parse: Parser;
}

const PRIVATE_KINDS: readonly KeyKind[] = ["rsa", "ec", "ed25519", "x25519"];

export class KeysLooker implements Looker<KeyCandidates> {
  readonly #spec: KeysSpec;
  readonly #anchors: Anchor[] = [];
  readonly #schedules: AesSchedules | undefined;

  constructor(core: ScanCore, spec: KeysSpec) {
    this.#spec = spec;
    const has = (...kinds: readonly KeyKind[]) => kinds.some((kind) => spec.kinds.includes(kind));
    const text = (string: string, parse: Parser) =>
      this.#anchors.push({ search: new PatternSearch(core, textPattern(string)), parse });
    const bytes = (hex: string, parse: Parser) => this.#anchors.push({ search: new PatternSearch(core, hexPattern(hex)), parse });
    if (has("certificate")) {
      for (const header of ["30 82 ?? ?? 30 8?", "30 81 ?? 30"]) bytes(header, certificates);
    }
    if (has(...PRIVATE_KINDS)) {
      for (const version of ["02 01 00", "02 01 01"]) bytes(version, privateKeys);
      text(OPENSSH_MAGIC, opensshKeys);
    }
    if (has("certificate", ...PRIVATE_KINDS)) text(PEM_BEGIN, textStructures);
    if (has("chacha20")) for (const constant of STATE_CONSTANTS) text(constant, states);
    if (has("aes")) this.#schedules = new AesSchedules(core);
  }

  look(piece: Piece): KeyCandidates {
    const { window, offset, length, endsRun, address } = piece;
    const owned = endsRun ? length : Math.max(0, length - LONGEST_KEY);
    const bytes = window.bytes.subarray(offset, offset + length);
    const misaligned = Number(address & 3n);
    const candidates: Candidate[] = [];
    for (const { search, parse } of this.#anchors) {
      // Parts of a certificate are not certificates of their own.
      let behindLast = 0;
      for (const batch of search.offsets(window, length, offset)) {
        for (const match of batch) {
          if (match >= owned + LONGEST_HEADER) break;
          for (const candidate of parse(bytes, match)) {
            const { kind } = candidate.key;
            if (candidate.offset >= owned || candidate.offset < behindLast) continue;
            if (kind === "chacha20" && (candidate.offset + misaligned) % 4 !== 0) continue;
            if (!this.#isAskedFor(candidate.key)) continue;
            if (kind === "certificate") behindLast = candidate.offset + candidate.length;
            candidates.push(candidate);
          }
        }
      }
    }
    for (const candidate of this.#aesKeys(piece, misaligned)) if (candidate.offset < owned) candidates.push(candidate);
    candidates.sort((a, b) => a.offset - b.offset || b.length - a.length);
    return { candidates, owned };
  }

  release(): void {
    for (const { search } of this.#anchors) search.release();
    this.#schedules?.release();
  }

  #isAskedFor(key: ParsedKey): boolean {
    return this.#spec.kinds.includes(key.kind === "encrypted" ? key.of : key.kind);
  }

  *#aesKeys({ window, offset, length }: Piece, misaligned: number): Generator<Candidate> {
    const firsts = this.#spec.everyByte ? [0, 1, 2, 3] : [(4 - misaligned) % 4];
    for (const first of firsts) {
      for (const found of this.#schedules?.schedules(window, { start: offset, length, first }) ?? []) {
        const form: KeyForm = `${found.inverse ? "inverse-" : ""}schedule${found.reversed ? "-reversed" : ""}`;
        const key: ParsedKey = { kind: "aes", secret: found.key };
        yield { offset: found.offset, length: found.length, form, pem: false, key, bytes: found.key };
      }
    }
  }
}

interface Structure {
  readonly form: KeyForm;
  readonly key: ParsedKey;
}

function* certificates(piece: Uint8Array, start: number): Generator<Candidate> {
  const candidate = structureAt(piece, start, certificateStructure);
  if (candidate) yield candidate;
}

function certificateStructure(der: Uint8Array): Structure | undefined {
  const key = certificateIn(der);
  return key && { form: "x509", key };
}

/** `match`: the version, the first field of the SEQUENCE. */
function* privateKeys(piece: Uint8Array, match: number): Generator<Candidate> {
  for (let header = SHORTEST_HEADER; header <= LONGEST_HEADER; header++) {
    const start = match - header;
    if (piece[start] !== SEQUENCE || elementAt(piece, start, piece.length)?.contentStart !== match) continue;
    const candidate = structureAt(piece, start, privateKeyIn);
    if (candidate) yield candidate;
  }
}

/** The structure in DER at `start`. It is parsed again in a copy, because parts of the key are views. */
function structureAt(piece: Uint8Array, start: number, parse: (der: Uint8Array) => Structure | undefined): Candidate | undefined {
  const element = elementAt(piece, start, Math.min(piece.length, start + LONGEST_STRUCTURE));
  if (!element || !parse(piece.subarray(start, element.end))) return undefined;
  const bytes = piece.slice(start, element.end);
  const structure = parse(bytes);
  return structure && { offset: start, length: bytes.length, pem: false, bytes, ...structure };
}

function* opensshKeys(piece: Uint8Array, start: number): Generator<Candidate> {
  const found = opensshKeyIn(piece.subarray(start, start + LONGEST_STRUCTURE));
  const copy = found && piece.slice(start, start + found.length);
  const copied = copy && opensshKeyIn(copy);
  if (copied) yield { offset: start, length: copy.length, form: "openssh", pem: false, key: copied.key, bytes: copy };
}

/** What stands in PEM: one structure and nothing behind it. */
function* textStructures(piece: Uint8Array, start: number): Generator<Candidate> {
  const content = pemContent(piece.subarray(start, start + LONGEST_KEY));
  if (!content) return;
  const { bytes, length } = content;
  const isOpenssh = OPENSSH_MAGIC.split("").every((character, i) => bytes[i] === character.charCodeAt(0));
  const found = isOpenssh ? opensshKeyIn(bytes) : undefined;
  if (found?.length === bytes.length) yield { offset: start, length, form: "openssh", pem: true, key: found.key, bytes };
  const structure = isOpenssh ? undefined : (certificateStructure(bytes) ?? privateKeyIn(bytes));
  if (structure) yield { offset: start, length, pem: true, bytes, ...structure };
}

function* states(piece: Uint8Array, start: number): Generator<Candidate> {
  if (start + STATE_BYTES > piece.length) return;
  const bytes = piece.slice(start, start + STATE_BYTES);
  const key = stateKeyIn(bytes);
  if (key) yield { offset: start, length: STATE_BYTES, form: "state", pem: false, key, bytes };
}
