/** Puts the runs of neighbouring pieces together, and makes strings of runs that have ended. */
import type { Answered } from "../asking/ask.js";
import type { MemoryString } from "./strings.js";
import type { StringEncoding, TextRuns } from "./text-looker.js";
import { Utf8Strings } from "./utf8-strings.js";

/** A run that may continue in the next piece. */
interface OpenRun {
  readonly address: bigint;
  readonly encoding: StringEncoding;
  end: bigint;
  /** The bytes of the run, as many as are shown; none in UTF-8. */
  bytes: Uint8Array;
  /** The strings of a run in UTF-8. */
  readonly utf8?: Utf8Strings;
}

interface Rules {
  readonly minimum: number;
  readonly longest: number;
  readonly encodings: readonly StringEncoding[];
}

/** Bytes of a character in the encodings of one or two bytes, at most. */
const MOST_CHARACTER_BYTES = 2;
const NO_BYTES = new Uint8Array(0);

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
            : this.#begun({ address: start, encoding, end: stop, bytes: part });
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

  #begun(run: OpenRun): OpenRun {
    if (run.encoding !== "utf-8") return this.#shown(run);
    const utf8 = new Utf8Strings(run.address, this.#rules);
    for (const string of utf8.endedIn(run.bytes)) this.#ended.push(string);
    return { ...run, bytes: NO_BYTES, utf8 };
  }

  /** `run` with the bytes of a run that begins inside it or behind it. */
  #longer(run: OpenRun, start: bigint, end: bigint, part: Uint8Array): OpenRun {
    const known = Number(run.end - start);
    const held = run.bytes.length === Number(run.end - run.address);
    const more = part.subarray(known);
    if (run.utf8) {
      for (const string of run.utf8.endedIn(more)) this.#ended.push(string);
      return { ...run, end };
    }
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

  #close({ address, encoding, end, bytes, utf8 }: OpenRun): void {
    const { minimum, longest } = this.#rules;
    if (utf8) {
      this.#ended.push(...utf8.end());
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
    for (const { address, utf8 } of this.#open.values()) {
      const start = utf8?.address ?? address;
      if (first === undefined || start < first) first = start;
    }
    const limit = first;
    const known = limit === undefined ? this.#ended.length : this.#ended.findIndex(({ address }) => address >= limit);
    return this.#ended.splice(0, known < 0 ? this.#ended.length : known);
  }
}
