/** The workers of one verification, from start to end. */
import type { SlabChain } from "@memslice/core-wasm";
import { pause } from "#pause";
import { startThread } from "#threads";
import { MslError } from "../errors.js";
import { workerScript } from "../runtime.js";
import type { SlabFailure, SlabMessage, SlabTask } from "./hash-worker.js";
import { reasonOfCrash, type ThreadReason } from "./thread-use.js";
import type { RunningThread } from "./threads.js";

/** A reason: workers did not start, or ended early. This says nothing about the capture. */
export type TeamEnd = "done" | ThreadReason;

export class SlabTeam {
  /** Resolves once every thread has sent its last message. Rejects with the failure that lies first in the file. */
  readonly ended: Promise<TeamEnd>;
  readonly #chain: SlabChain;
  readonly #file: SlabTask["file"];
  readonly #running: RunningThread[] = [];
  readonly #failures: SlabFailure[] = [];
  #working: number;
  #end: (how: TeamEnd) => void = () => {};
  #fail: (error: MslError) => void = () => {};
  #slabWaiter: (() => void) | undefined;
  #dismissed = false;

  /** `file`: the file that the threads read; null if the job is fed. */
  constructor(chain: SlabChain, file: SlabTask["file"]) {
    this.#chain = chain;
    this.#file = file && { descriptor: file.descriptor, path: file.path };
    this.#working = chain.job.threads;
    this.ended = new Promise((resolve, reject) => {
      this.#end = resolve;
      this.#fail = reject;
    });
    // A verification that is aborted never awaits this promise; its rejection must not be reported as unhandled.
    this.ended.catch(() => {});
  }

  /** Starts one worker after the other: making a worker blocks the event loop for some milliseconds. */
  async start(): Promise<void> {
    const { job } = this.#chain;
    const file = this.#file;
    for (let thread = 0; thread < job.threads && !this.#dismissed; thread++) {
      const task: SlabTask = { kind: "hash", job, thread, file };
      let working = true;
      try {
        this.#running.push(
          startThread<SlabMessage>(
            task,
            {
              onMessage: (message) => {
                if (message.kind === "done" || message.kind === "failed") working = false;
                this.#receive(message);
              },
              onCrash: (crash) => {
                if (working) this.#end(reasonOfCrash(crash));
              },
            },
            workerScript(),
          ),
        );
      } catch (error) {
        this.#end(reasonOfCrash(error));
      }
      await pause();
    }
  }

  /** Resolves after one more slab of a job that is fed. */
  async slab(): Promise<void> {
    await new Promise<void>((resolve) => {
      this.#slabWaiter = resolve;
    });
  }

  /** Ends all threads, whatever they are doing. */
  async dismiss(): Promise<void> {
    this.#dismissed = true;
    this.#chain.stop();
    await Promise.all(this.#running.map((thread) => thread.terminate()));
  }

  #receive(message: SlabMessage): void {
    if (message.kind === "breaks") this.#chain.addBreaks(message.order, message.records);
    else if (message.kind === "slab") this.#slabWaiter?.();
    else {
      if (message.kind === "failed") this.#failures.push(message);
      if (--this.#working === 0) this.#conclude();
    }
  }

  #conclude(): void {
    const first = this.#failures.reduce<SlabFailure | undefined>(
      (lowest, failure) => ((failure.offset ?? 0) < (lowest?.offset ?? Number.POSITIVE_INFINITY) ? failure : lowest),
      undefined,
    );
    if (!first) this.#end("done");
    else this.#fail(new MslError(first.code, first.message, first.offset === undefined ? {} : { offset: first.offset }));
  }
}
