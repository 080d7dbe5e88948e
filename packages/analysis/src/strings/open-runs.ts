/** Puts the runs of neighbouring pieces together, and makes strings of runs that have ended. */
import type { Answered } from "../asking/ask.js";
import type { MemoryString } from "./strings.js";
import type { StringEncoding, TextRuns } from "./text-looker.js";

/** A run that may continue in the next piece. */
interface OpenRun {
  readonly address: bigint;
  readonly encoding: StringEncoding;
  end: bigint;
  /** The bytes of the run, as many as are shown. */
  bytes: Uint8Array;
}

interface Rules {
  readonly minimum: number;
  readonly longest: number;
  readonly encodings: readonly StringEncoding[];
}

/** Bytes of a character at most. */
const MOST_CHARACTER_BYTES = 4;

export class OpenRuns {
  readonly #rules: Rules;
  /** By encoding and parity. */
  #open = new Map<string, OpenRun>();
  /** Strings that have ended, but may have to wait for open ones that begin before them. */
  readonly #ended: MemoryString[] = [];

  constructor(rules: Rules) {
    this.#rules = rules;
  }

  /** The strings that are known when this piece is: in the order of their addresses, and no later piece has one before them. */
  closedBy({ address, length, repeated, endsRun, answer }: Answered<readonly TextRuns[]>): MemoryString[] {
    const end = address + BigInt(length);
    const before = this.#open;
    this.#open = new Map();
    for (const { encoding, parity, runs, bytes } of answer) {
      const key = `${encoding}${parity}`;
      let continued = before.get(key);
      let at = 0;
      for (let i = 0; i < runs.length; i += 2) {
        const start = address + BigInt(runs[i] ?? 0);
        const stop = address + BigInt(runs[i + 1] ?? 0);
        const part = bytes.subarray(at, at + Number(stop - start));
        at += part.length;
        const isContinued = continued !== undefined && start <= continued.end && stop >= continued.end;
        // The piece before knew this run, and it has ended there.
        if (!isContinued && stop <= address + BigInt(repeated)) continue;
        const run =
          isContinued && continued
            ? this.#longer(continued, start, stop, part)
            : this.#shown({ address: start, encoding, end: stop, bytes: part });
        if (isContinued) {
          before.delete(key);
          continued = undefined;
        }
        if (!endsRun && stop + 1n >= end) this.#open.set(key, run);
        else this.#close(run);
      }
    }
    for (const run of before.values()) this.#close(run);
    return this.#takeEnded();
  }

  /** `run` with the bytes of a run that begins inside it or behind it. */
  #longer(run: OpenRun, start: bigint, end: bigint, part: Uint8Array): OpenRun {
    const known = Number(run.end - start);
    const held = run.bytes.length === Number(run.end - run.address);
    const more = part.subarray(known);
    if (!held) return { ...run, end };
    const bytes = new Uint8Array(run.bytes.length + more.length);
    bytes.set(run.bytes);
    bytes.set(more, run.bytes.length);
    return this.#shown({ ...run, end, bytes });
  }

  /** Keeps only bytes that can be shown. */
  #shown(run: OpenRun): OpenRun {
    const most = this.#rules.longest * MOST_CHARACTER_BYTES;
    return run.bytes.length > most ? { ...run, bytes: run.bytes.slice(0, most) } : run;
  }

  #close({ address, encoding, end, bytes }: OpenRun): void {
    const { minimum, longest } = this.#rules;
    if (encoding === "utf-8") {
      this.#ended.push(...utf8Strings(address, Number(end - address), bytes, minimum, longest));
      return;
    }
    const length = Number(end - address);
    const width = encoding === "ascii" ? 1 : 2;
    if (length < width * minimum) return;
    let text = "";
    const shown = Math.min(bytes.length, width * longest);
    for (let i = encoding === "utf-16be" ? 1 : 0; i < shown; i += width) text += String.fromCharCode(bytes[i] ?? 0);
    this.#ended.push({ address, length, encoding, text });
  }

  /** Strings that begin before every open run. */
  #takeEnded(): MemoryString[] {
    const { encodings } = this.#rules;
    this.#ended.sort((a, b) =>
      a.address < b.address ? -1 : a.address > b.address ? 1 : encodings.indexOf(a.encoding) - encodings.indexOf(b.encoding),
    );
    let first: bigint | undefined;
    for (const { address } of this.#open.values()) if (first === undefined || address < first) first = address;
    const limit = first;
    const known = limit === undefined ? this.#ended.length : this.#ended.findIndex(({ address }) => address >= limit);
    return this.#ended.splice(0, known < 0 ? this.#ended.length : known);
  }
}

/** The parts of a run that are UTF-8 without controls. */
function* utf8Strings(
  start: bigint,
  length: number,
  bytes: Uint8Array,
  minimum: number,
  longest: number,
): Generator<MemoryString> {
  let text = "";
  let characters = 0;
  let from = 0;
  let at = 0;
  const string = (end: number): MemoryString => ({
    address: start + BigInt(from),
    length: end - from,
    encoding: "utf-8",
    text,
  });
  while (at < bytes.length) {
    const [code, size] = characterAt(bytes, at);
    if (code >= 0) {
      if (characters < longest) text += String.fromCodePoint(code);
      characters++;
      at += size;
      continue;
    }
    if (characters >= minimum) yield string(at);
    at += size;
    from = at;
    text = "";
    characters = 0;
  }
  // A run of which only the start is held has characters up to its end.
  if (characters >= minimum) yield string(bytes.length < length ? length : at);
}

/** The character at a place of UTF-8 and its bytes; -1 and 1 where there is none, and for the controls from 0x80 to 0x9f. */
function characterAt(bytes: Uint8Array, at: number): readonly [code: number, size: number] {
  const first = bytes[at] ?? 0;
  if (first < 0x80) return [first, 1];
  const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  let code = first & (0x7f >> size);
  for (let i = 1; i < size; i++) {
    const next = bytes[at + i] ?? 0;
    if ((next & 0xc0) !== 0x80) return [-1, 1];
    code = (code << 6) | (next & 0x3f);
  }
  const least = [0, 0, 0xa0, 0x800, 0x10000][size] ?? 0;
  const isSurrogate = code >= 0xd800 && code <= 0xdfff;
  return first < 0xc2 || first > 0xf4 || code < least || code > 0x10ffff || isSurrogate ? [-1, 1] : [code, size];
}
