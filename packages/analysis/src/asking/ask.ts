/** Asks a question of every piece of memory: answers come in the order of addresses. */
import { ScanCore } from "@memslice/core-wasm/scan";
import { isWorkOfAnyRealm, runInSlices, TimeSlice, throwIfAborted } from "@memslice/msl/work";
import { lookerFor, type QuestionKind, type Questions } from "./lookers.js";
import { type LookingOptions, LookingTeam } from "./looking-team.js";
import { piecesOf } from "./pieces.js";
import type { Answered, PieceOptions } from "./spans.js";
import type { AskedMemory } from "./stored-spans.js";
import { QuestionThreads } from "./threads.js";

export interface AskOptions<K extends QuestionKind> extends LookingOptions<K> {
  /** The threads that look. Default: "auto". */
  readonly threads?: QuestionThreads;
}

/** Bytes that a kernel looks at in about a microsecond. */
const BYTES_PER_UNIT = 2048;

/** The answers of all pieces, the same for any number of threads. Throws what the memory throws, and `aborted`. */
export async function* answersOf<K extends QuestionKind>(
  memory: AskedMemory,
  kind: K,
  spec: Questions[K]["spec"],
  { threads = new QuestionThreads(), ...options }: AskOptions<K>,
): AsyncGenerator<Answered<Questions[K]["answer"]>, void, undefined> {
  throwIfAborted(options.signal);
  if (threads.workers > 0) yield* new LookingTeam(memory, { kind, spec }, options, threads).answers();
  else yield* answersOfThisThread(memory, kind, spec, options);
}

/** Reads into the window that the looker looks at. */
async function* answersOfThisThread<K extends QuestionKind>(
  memory: AskedMemory,
  kind: K,
  spec: Questions[K]["spec"],
  options: PieceOptions,
): AsyncGenerator<Answered<Questions[K]["answer"]>, void, undefined> {
  const core = new ScanCore();
  const looker = lookerFor(kind, core, spec);
  const slice = new TimeSlice(options.signal);
  try {
    if (looker.prepare) await runInSlices(looker.prepare(), options.signal, slice);
    for await (const piece of piecesOf(memory, core, options)) {
      const { address, length, repeated, endsRun } = piece;
      const begun = looker.look(piece);
      const answer = isWorkOfAnyRealm(begun) ? await runInSlices(begun, options.signal, slice) : begun;
      yield { address, length, repeated, endsRun, answer };
      if (slice.isSpent(1 + length / BYTES_PER_UNIT)) await slice.renew();
    }
  } finally {
    looker.release();
  }
}
