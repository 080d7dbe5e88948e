/**
 * Looks again at what an answer left out. An answer holds a bounded number of findings; where a piece has more, its rest is looked at in this thread, in
 * as many parts as it takes.
 */
import { MslError } from "@memslice/msl";
import { runInSlices } from "@memslice/msl/work";
import { hex } from "../intervals.js";
import type { Memory } from "../memory.js";
import { Eye } from "../threads/looking-worker.js";
import type { Question, QuestionKind, Questions } from "./lookers.js";
import type { Answered } from "./spans.js";

interface RestOptions<Answer> {
  readonly windowBytes: number;
  /** The offset in the piece up to which an answer holds. */
  heldTo(answer: Answer): number;
  readonly signal: AbortSignal | undefined;
}

export class RestOfPieces<K extends QuestionKind> {
  readonly #memory: Memory;
  readonly #question: Question<K>;
  readonly #options: RestOptions<Questions[K]["answer"]>;
  #eye: Eye<K> | undefined;

  constructor(memory: Memory, question: Question<K>, options: RestOptions<Questions[K]["answer"]>) {
    this.#memory = memory;
    this.#question = question;
    this.#options = options;
  }

  /** The answers of the rest of a piece, in the order of addresses. Throws what the memory throws, `aborted`, and `source` if bytes are gone. */
  async *answersBehind(
    piece: Answered<Questions[K]["answer"]>,
  ): AsyncGenerator<Answered<Questions[K]["answer"]>, void, undefined> {
    const { windowBytes, heldTo, signal } = this.#options;
    let done = heldTo(piece.answer);
    if (done >= piece.length) return;
    const bytes = await this.#bytesAgain(piece);
    this.#eye ??= new Eye(this.#question.kind, this.#question.spec, windowBytes);
    while (done < piece.length) {
      const rest = {
        address: piece.address + BigInt(done),
        length: piece.length - done,
        repeated: Math.max(0, piece.repeated - done),
        endsRun: piece.endsRun,
      };
      const [answer] = await runInSlices(
        this.#eye.looking(bytes.length, (target) => target.set(bytes), [{ ...rest, offset: done }]),
        signal,
      );
      if (answer === undefined) return;
      yield { ...rest, answer };
      done += heldTo(answer);
    }
  }

  async #bytesAgain({ address, length }: { readonly address: bigint; readonly length: number }): Promise<Uint8Array> {
    const bytes = new Uint8Array(length);
    const { segments } = await this.#memory.readInto(bytes, address, this.#options.signal);
    if (segments.every(({ state }) => state === "captured")) return bytes;
    throw new MslError(
      "source",
      `The ${length} bytes at ${hex(address)} could be read once, and not again: memory changes while it is searched`,
    );
  }
}
