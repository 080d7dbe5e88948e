/** Asks a question of every piece of memory: answers come in the order of addresses. */
import { ScanCore } from "@memslice/core-wasm/scan";
import { TimeSlice, throwIfAborted } from "@memslice/msl/work";
import type { Memory } from "../memory.js";
import { lookerFor, type QuestionKind, type Questions } from "./lookers.js";
import { type Piece, type PieceOptions, piecesOf } from "./pieces.js";

/** The answer of one piece, and where the piece lies. */
export interface Answered<Answer> extends Pick<Piece, "address" | "length" | "repeated" | "endsRun"> {
  readonly answer: Answer;
}

/** Bytes that a kernel looks at in about a microsecond. */
const BYTES_PER_UNIT = 2048;

/** The answers of all pieces. Throws what the memory throws, and `aborted`. */
export async function* answersOf<K extends QuestionKind>(
  memory: Memory,
  kind: K,
  spec: Questions[K]["spec"],
  options: PieceOptions,
): AsyncGenerator<Answered<Questions[K]["answer"]>, void, undefined> {
  const { signal } = options;
  throwIfAborted(signal);
  const core = new ScanCore();
  const looker = lookerFor(kind, core, spec);
  const slice = new TimeSlice(signal);
  try {
    for await (const piece of piecesOf(memory, core, options)) {
      const { address, length, repeated, endsRun } = piece;
      yield { address, length, repeated, endsRun, answer: looker.look(piece) };
      if (slice.isSpent(1 + length / BYTES_PER_UNIT)) await slice.renew();
    }
  } finally {
    looker.release();
  }
}
