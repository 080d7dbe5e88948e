/** Puts the runs of neighbouring pieces together, and the strings of all encodings in order. */
import type { SlicedWork } from "@memslice/msl/work";
import type { Answered } from "../asking/spans.js";
import { type MemoryString, PlainDecoder, type RunDecoder, type StringRules } from "./run-decoder.js";
import type { StringEncoding, TextRuns } from "./text-looker.js";
import { Utf8Strings } from "./utf8-strings.js";

/** The runs of one encoding, and of one parity of their addresses. */
interface Track {
  readonly decoder: RunDecoder;
  /** The index of the encoding in the order that was asked for. */
  readonly rank: number;
  /** The end of a run that may continue in the next piece. */
  openEnd: bigint | undefined;
  /** Strings of `decoder.ended` that have been taken. */
  taken: number;
}

/** Runs, strings or blocks of bytes between two steps. */
const PER_STEP = 1024;
/** Bytes of a run that are decoded at once. */
const BLOCK = 1 << 14;
/** Units of work, of about a microsecond each, of a run and of a string, and bytes that are decoded in one. */
const UNITS_PER_ITEM = 0.5;
const BYTES_PER_UNIT = 32;

export class OpenRuns {
  readonly #rules: StringRules;
  readonly #encodings: readonly StringEncoding[];
  /** By encoding and parity. */
  readonly #tracks = new Map<string, Track>();

  constructor({ encodings, ...rules }: StringRules & { readonly encodings: readonly StringEncoding[] }) {
    this.#rules = rules;
    this.#encodings = encodings;
  }

  /** The strings that are known when this piece is: in the order of their addresses, and no later piece has one before them. */
  *closedBy(piece: Answered<readonly TextRuns[]>): SlicedWork<MemoryString[]> {
    for (const runs of piece.answer) yield* this.#read(this.#trackOf(runs), runs, piece);
    return yield* this.#takeEnded();
  }

  *#read(
    track: Track,
    { runs, bytes }: TextRuns,
    { address, length, repeated, endsRun }: Answered<readonly TextRuns[]>,
  ): SlicedWork<void> {
    const { decoder, openEnd } = track;
    // Where the open run ends, as an offset in this piece.
    let open = openEnd === undefined ? undefined : Number(openEnd - address);
    track.openEnd = undefined;
    let at = 0;
    let units = 0;
    for (let i = 0; i < runs.length; i += 2) {
      const start = runs[i] ?? 0;
      const stop = runs[i + 1] ?? 0;
      let from = at;
      at += stop - start;
      if (open !== undefined && start <= open && stop >= open) {
        from += open - start;
        open = undefined;
      } else if (stop <= repeated) {
        // The piece before knew this run, and it has ended there.
        continue;
      } else {
        if (open !== undefined) decoder.end();
        open = undefined;
        decoder.begin(address + BigInt(start));
      }
      for (; from < at; from += BLOCK) {
        const end = Math.min(at, from + BLOCK);
        decoder.add(bytes, from, end);
        units += UNITS_PER_ITEM + (end - from) / BYTES_PER_UNIT;
        if (units < PER_STEP) continue;
        yield units;
        units = 0;
      }
      if (!endsRun && stop + 1 >= length) track.openEnd = address + BigInt(stop);
      else decoder.end();
    }
    if (open !== undefined) decoder.end();
    yield units;
  }

  #trackOf({ encoding, parity }: TextRuns): Track {
    const key = `${encoding}${parity}`;
    const known = this.#tracks.get(key);
    if (known) return known;
    const decoder = encoding === "utf-8" ? new Utf8Strings(this.#rules) : new PlainDecoder(encoding, this.#rules);
    const track = { decoder, rank: this.#encodings.indexOf(encoding), openEnd: undefined, taken: 0 };
    this.#tracks.set(key, track);
    return track;
  }

  /** Strings that begin before every open run: each track has its own in order. */
  *#takeEnded(): SlicedWork<MemoryString[]> {
    const tracks = [...this.#tracks.values()];
    const limit = firstOpen(tracks);
    const strings: MemoryString[] = [];
    for (let next = leastOf(tracks); next; next = leastOf(tracks)) {
      const string = next.decoder.ended[next.taken];
      if (!string || (limit !== undefined && string.address >= limit)) break;
      next.taken++;
      strings.push(string);
      if (strings.length % PER_STEP === 0) yield PER_STEP * UNITS_PER_ITEM;
    }
    for (const track of tracks) {
      track.decoder.ended.splice(0, track.taken);
      track.taken = 0;
    }
    return strings;
  }
}

/** The first address that a string of an open run may begin at. */
function firstOpen(tracks: readonly Track[]): bigint | undefined {
  let first: bigint | undefined;
  for (const { decoder, openEnd } of tracks) {
    if (openEnd !== undefined && (first === undefined || decoder.address < first)) first = decoder.address;
  }
  return first;
}

/** The track whose next string comes first; at one address in the order of the encodings. */
function leastOf(tracks: readonly Track[]): Track | undefined {
  let least: Track | undefined;
  let first: MemoryString | undefined;
  for (const track of tracks) {
    const string = track.decoder.ended[track.taken];
    if (!string) continue;
    if (!least || !first || string.address < first.address || (string.address === first.address && track.rank < least.rank)) {
      least = track;
      first = string;
    }
  }
  return least;
}
