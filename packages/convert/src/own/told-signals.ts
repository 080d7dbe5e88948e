/** Which thread received which signal, told in few sentences that an export reads back (`SignalsOfNote`), however many threads there are. */
import { counted, sortInSlices, type TimeSlice } from "@memslice/msl/work";
import type { DumpNotes } from "../dump/dump-notes.js";
import { Kinds } from "../dump/kinds.js";
import { signalText, type ThreadSignal, WITHOUT_FIELD } from "./thread-signals.js";

/** Threads with the same signal: runs of neighbouring ids among those of the process. */
interface Kind {
  readonly text: string;
  readonly runs: { from: bigint; to: bigint; threads: number }[];
}

/** Runs of a part of a sentence, and of all sentences. */
const RUNS_IN_PART = 12;
const RUNS_MOST = 256;
/** Characters of a sentence: longer ones are cut (dump-notes.ts). */
const SENTENCE_MOST = 700;

export class ToldSignals {
  readonly #kinds = new Kinds<Kind>();
  readonly #kindOf = new Map<bigint, Kind | undefined>();

  /** Signals of threads that have another one. */
  #further = 0;

  /** Of several signals of a thread, the first is told, and the others are counted. */
  add(thread: bigint, signal: ThreadSignal): void {
    const text = signalText(signal);
    if (this.#kindOf.has(thread)) {
      if (this.#kindOf.get(thread)?.text !== text) this.#further++;
      return;
    }
    this.#kindOf.set(
      thread,
      this.#kinds.of(text, () => ({ text, runs: [] })),
    );
  }

  /** `threads`: the ids of all threads. A run `7 to 12` has all of them between the two. */
  async tell(notes: DumpNotes, threads: Iterable<bigint>, slice: TimeSlice): Promise<void> {
    if (this.#kindOf.size === 0) return;
    if (this.#further > 0) notes.lose(`signals of threads that have another one: ${this.#further}`);
    const [[only, kind] = []] = this.#kindOf;
    if (this.#kindOf.size === 1 && kind) return notes.lose(`the signal of thread ${only}, ${WITHOUT_FIELD}: ${kind.text}`);
    await this.#makeRuns(threads, slice);
    let [parts, told, listed] = [[] as string[], 0, 0];
    const tell = () => {
      if (parts.length > 0) notes.lose(`the signals of ${counted(listed, "threads")}, ${WITHOUT_FIELD}: ${parts.join("; ")}`);
      told += listed;
      [parts, listed] = [[], 0];
    };
    for (const part of this.#parts()) {
      if (parts.join("; ").length + part.text.length > SENTENCE_MOST) tell();
      parts.push(part.text);
      listed += part.threads;
    }
    tell();
    const others = this.#kindOf.size - told;
    if (others > 0)
      notes.lose(`the signals of ${counted(others, told === 0 ? "threads" : "other threads")}, ${WITHOUT_FIELD}, are not listed`);
  }

  async #makeRuns(threads: Iterable<bigint>, slice: TimeSlice): Promise<void> {
    const ids = [...new Set([...threads, ...this.#kindOf.keys()])];
    const rows = Uint32Array.from({ length: ids.length }, (_, row) => row);
    const order = await sortInSlices(rows, (a, b) => (ids[a] ?? 0n) < (ids[b] ?? 0n), slice);
    let [last, runs]: [Kind | undefined, number] = [undefined, 0];
    for (const row of order) {
      if (slice.isSpent()) await slice.renew();
      const id = ids[row] ?? 0n;
      const kind = this.#kindOf.get(id);
      const run = kind === last ? kind?.runs.at(-1) : undefined;
      if (run) {
        run.to = id;
        run.threads++;
      } else if (kind && runs++ < RUNS_MOST) kind.runs.push({ from: id, to: id, threads: 1 });
      // Threads behind the last run that is listed belong to none.
      last = runs > RUNS_MOST ? undefined : kind;
    }
  }

  *#parts(): Generator<{ readonly text: string; readonly threads: number }, void, undefined> {
    for (const { text, runs } of this.#kinds) {
      for (let at = 0; at < runs.length; at += RUNS_IN_PART) {
        const some = runs.slice(at, at + RUNS_IN_PART);
        const ids = some.map(({ from, to }) => (from === to ? `${from}` : `${from} to ${to}`));
        const threads = some.reduce((sum, run) => sum + run.threads, 0);
        yield { text: `thread${threads === 1 ? "" : "s"} ${ids.join(", ")}: ${text}`, threads };
      }
    }
  }
}
