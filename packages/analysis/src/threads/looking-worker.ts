/** A worker that looks at pieces of memory: its task, its jobs, its answers and its main function, on any platform. */
import { ScanCore, ScanWindow } from "@memslice/core-wasm/scan";
import { answerJobs, isWorkOfAnyRealm, type OpenFile, runAtOnce, type SlicedWork, type StartingThread } from "@memslice/msl/work";
import type { Looker } from "../asking/looker.js";
import { lookerFor, type QuestionKind, type Questions } from "../asking/lookers.js";
import type { PieceBounds } from "../asking/spans.js";
import { runYara, type YaraTask } from "../yara/yara-worker.js";

/** What all jobs of a worker have in common. */
export interface LookingTask<K extends QuestionKind = QuestionKind> {
  readonly kind: "looking";
  readonly question: K;
  readonly spec: Questions[K]["spec"];
  /** Bytes of the largest buffer. What lies in a file may be longer. */
  readonly windowBytes: number;
}

/** One window, whose bytes are in a buffer, or several windows in files. */
export type LookingJob = readonly JobWindow[];

export interface JobWindow {
  /** The bytes of memory are the first `length` bytes of the buffer, or lie in files. */
  readonly from: ArrayBuffer | readonly StoredBytes[];
  readonly length: number;
  readonly pieces: readonly PieceBounds[];
}

/** Bytes of a window that lie in a file. */
export interface StoredBytes {
  readonly file: OpenFile;
  readonly offset: number;
  /** Where they belong in the bytes of the window. */
  readonly at: number;
  readonly length: number;
}

/** The buffer of the job, if it had one, is returned, so that it can be used again. */
export type LookingAnswer<K extends QuestionKind = QuestionKind> =
  | {
      readonly kind: "looked";
      readonly buffer: ArrayBuffer | undefined;
      /** Of the pieces of all windows. */
      readonly answers: readonly Questions[K]["answer"][];
    }
  /** The thread that asks looks at the pieces again, and finds the reason. */
  | { readonly kind: "failed"; readonly buffer: ArrayBuffer | undefined };

/** The main function. */
export function run({ task, ...thread }: StartingThread<LookingTask | YaraTask>): void {
  if (task.question === "yara") runYara({ ...thread, task });
  else look({ ...thread, task });
}

/** Looks at the pieces of job after job in a window of its own. */
function look(thread: StartingThread<LookingTask>): void {
  const { question, spec, windowBytes } = thread.task;
  let eye: Eye<QuestionKind> | undefined;
  answerJobs(thread, async (windows: LookingJob) => {
    const buffer = windows.map(({ from }) => from).find((from) => from instanceof ArrayBuffer);
    const transfer = buffer ? [buffer] : [];
    let answer: LookingAnswer = { kind: "failed", buffer };
    try {
      eye ??= new Eye(question, spec, windowBytes);
      const answers: Questions[QuestionKind]["answer"][] = [];
      for (const { from, length, pieces } of windows) {
        for (const one of runAtOnce(eye.looking(length, bytesOf(thread, from), pieces))) answers.push(one);
      }
      answer = { kind: "looked", buffer, answers };
      // The runtime counts the memory of arrays in each thread on its own, and would keep copies in this one for long.
      for (const one of answers) transfer.push(...eye.memoryOf(one));
    } catch {
      // The thread that asks looks at the pieces again, and throws.
    }
    return { answer, transfer };
  });
}

/** Brings the bytes of a window. Throws what reading the file throws. */
function bytesOf({ fill }: StartingThread, from: JobWindow["from"]): (target: Uint8Array) => void {
  if (from instanceof ArrayBuffer) return (target) => target.set(new Uint8Array(from, 0, target.length));
  if (!fill) throw new TypeError("Threads of this platform do not share descriptors of files");
  return (target) => {
    for (const { file, offset, at, length } of from) fill(file, target.subarray(at, at + length), offset);
  };
}

/** A looker with a core and a window of its own, for bytes that lie elsewhere. */
export class Eye<K extends QuestionKind> {
  readonly #looker: Looker<Questions[K]["answer"]>;
  readonly #core = new ScanCore();
  readonly #windowBytes: number;
  #window: ScanWindow | undefined;

  /** `windowBytes`: of most windows. Throws a `RangeError` when linear memory has no room. */
  constructor(question: K, spec: Questions[K]["spec"], windowBytes: number) {
    this.#looker = lookerFor(question, this.#core, spec);
    this.#windowBytes = windowBytes;
  }

  /** The memory of an answer that may be given away. */
  memoryOf(answer: Questions[K]["answer"]): readonly ArrayBuffer[] {
    return this.#looker.memoryOf?.(answer) ?? [];
  }

  /**
   * The answers of the pieces of `length` bytes, which `bring` writes. Must have ended before it is called again. Throws what `bring` throws, and a
   * `RangeError` when linear memory has no room.
   */
  *looking(
    length: number,
    bring: (target: Uint8Array) => void,
    pieces: readonly PieceBounds[],
  ): SlicedWork<Questions[K]["answer"][]> {
    if (!this.#window && this.#looker.prepare) yield* this.#looker.prepare();
    const window = this.#windowFor(length);
    bring(window.bytes.subarray(0, length));
    const answers: Questions[K]["answer"][] = [];
    for (const bounds of pieces) {
      const begun = this.#looker.look({ ...bounds, window });
      answers.push(isWorkOfAnyRealm(begun) ? yield* begun : begun);
    }
    return answers;
  }

  #windowFor(length: number): ScanWindow {
    if (this.#window && this.#window.capacity >= length) return this.#window;
    this.#window?.release();
    this.#window = new ScanWindow(this.#core, Math.max(length, this.#windowBytes));
    return this.#window;
  }
}
