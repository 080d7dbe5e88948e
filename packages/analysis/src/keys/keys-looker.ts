/**
 * Looks for keys in a piece of memory. A search for few fixed bytes of each kind of structure leads to the places where parsing is tried; AES schedules
 * have a kernel of their own.
 */
import { AesSchedules, PatternSearch, type ScanCore } from "@memslice/core-wasm/scan";
import type { SlicedWork } from "@memslice/msl/work";
import type { Looker } from "../asking/looker.js";
import type { Piece } from "../asking/pieces.js";
import { hexPattern, textPattern } from "../search/pattern.js";
import { STATE_CONSTANTS } from "./chacha20.js";
import { OPENSSH_MAGIC } from "./openssh.js";
import type { Candidate, KeyForm, KeyKind, ParsedKey } from "./parsed-key.js";
import { PEM_BEGIN } from "./pem.js";
import {
  certificates,
  LONGEST_HEADER,
  LONGEST_KEY,
  opensshKeys,
  type Parser,
  privateKeys,
  states,
  textStructures,
} from "./structures.js";
import { WorkBound } from "./work-bound.js";

export interface KeysSpec {
  readonly kinds: readonly KeyKind[];
  /** Whether AES schedules and ChaCha20 states are looked for at every address, not only at multiples of 4. */
  readonly everyByte: boolean;
}

/** Candidates in the order of their offsets. */
export interface KeyCandidates {
  readonly candidates: readonly Candidate[];
  /** Candidates that begin at or behind this offset are left to the next piece. */
  readonly owned: number;
  /** Bytes before that offset that were looked at only in part. */
  readonly givenUp: number;
}

interface Anchor {
  readonly search: PatternSearch;
  readonly parse: Parser;
}

const PRIVATE_KINDS: readonly KeyKind[] = ["rsa", "ec", "ed25519", "x25519"];

/** Places between two steps. */
const PLACES_PER_STEP = 256;
/** Bytes in which schedules are searched for between two steps, and microseconds that this takes if most of them look like a schedule. */
const SCHEDULE_STEP = 1 << 14;
const SCHEDULE_STEP_UNITS = 500;
/** Bytes of the longest schedule. */
const LONGEST_SCHEDULE = 240;

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

  *look(piece: Piece): SlicedWork<KeyCandidates> {
    const { length, endsRun, address } = piece;
    const owned = endsRun ? length : Math.max(0, length - LONGEST_KEY);
    const candidates: Candidate[] = [];
    const bound = new WorkBound(length);
    for (const anchor of this.#anchors) yield* this.#structures(piece, anchor, { owned, candidates, bound });
    const misaligned = Number(address & 3n);
    for (const first of this.#spec.everyByte ? [0, 1, 2, 3] : [(4 - misaligned) % 4])
      yield* this.#aesKeys(piece, first, { owned, candidates });
    candidates.sort((a, b) => a.offset - b.offset || b.length - a.length);
    return { candidates, owned, givenUp: bound.givenUp(owned) };
  }

  release(): void {
    for (const { search } of this.#anchors) search.release();
    this.#schedules?.release();
  }

  *#structures(
    { window, offset, length, address }: Piece,
    { search, parse }: Anchor,
    { owned, candidates, bound }: { readonly owned: number; readonly candidates: Candidate[]; readonly bound: WorkBound },
  ): SlicedWork<void> {
    const bytes = window.bytes.subarray(offset, offset + length);
    const misaligned = Number(address & 3n);
    const work = { units: 0 };
    let places = 0;
    // Parts of a certificate are not certificates of their own.
    let behindLast = 0;
    for (const batch of search.offsets(window, length, offset)) {
      for (const match of batch) {
        if (match >= owned + LONGEST_HEADER) return;
        if (++places % PLACES_PER_STEP === 0) yield bound.spent();
        if (!bound.admits(match)) continue;
        work.units = 0;
        for (const candidate of parse(bytes, match, work)) {
          const { kind } = candidate.key;
          if (candidate.offset >= owned || candidate.offset < behindLast) continue;
          if (kind === "chacha20" && !this.#spec.everyByte && (candidate.offset + misaligned) % 4 !== 0) continue;
          if (!this.#isAskedFor(candidate.key)) continue;
          if (kind === "certificate") behindLast = candidate.offset + candidate.length;
          candidates.push(candidate);
        }
        bound.add(match, work.units);
      }
      yield bound.spent();
    }
  }

  #isAskedFor(key: ParsedKey): boolean {
    return this.#spec.kinds.includes(key.kind === "encrypted" ? key.of : key.kind);
  }

  *#aesKeys(
    { window, offset, length }: Piece,
    first: number,
    { owned, candidates }: { readonly owned: number; readonly candidates: Candidate[] },
  ): SlicedWork<void> {
    if (!this.#schedules) return;
    for (let from = first; from < owned; from += SCHEDULE_STEP) {
      const end = Math.min(from + SCHEDULE_STEP, owned);
      const range = { start: offset, length: Math.min(length, end + LONGEST_SCHEDULE), first: from };
      for (const found of this.#schedules.schedules(window, range)) {
        if (found.offset >= end) break;
        const form: KeyForm = `${found.inverse ? "inverse-" : ""}schedule${found.reversed ? "-reversed" : ""}`;
        const key: ParsedKey = { kind: "aes", secret: found.key };
        candidates.push({ offset: found.offset, length: found.length, form, pem: false, key, bytes: found.key });
      }
      yield SCHEDULE_STEP_UNITS;
    }
  }
}
