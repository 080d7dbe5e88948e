/**
 * Decompresses payloads in workers before they are asked for, where a reader goes from one region to the next. What it has found is the same as
 * without it: only sound payloads are taken from workers, everything else is decompressed by the thread that asks for it.
 */
import { availableThreads } from "#threads";
import type { DecompressionAnswer } from "../../threads/decompression-worker.js";
import { WorkerTeam } from "../../threads/worker-team.js";
import type { Decoding } from "../decoding.js";
import { type DecompressedAhead, type PayloadAhead, RunAhead } from "./run-ahead.js";

export interface AheadOptions {
  readonly decoding: Decoding;
  readonly threads: number | "auto";
  /** The compressed region behind this block in the file. */
  readonly next: (position: number) => PayloadAhead | undefined;
}

/** So many regions are read in order before "auto" starts workers: whoever reads a few, or a small capture, gets none. */
const AUTOMATIC_AFTER = 4;
/** Of payloads that are worth it, few have room ahead; more workers would take memory, and no part of the work. */
const AUTOMATIC_THREADS = 2;

export class DecodingAhead {
  readonly #options: AheadOptions;
  readonly #threads: number;
  readonly #after: number;
  #team: WorkerTeam<DecompressionAnswer> | undefined;
  #run: RunAhead | undefined;
  #inOrder = 0;
  /** The region that a reader who goes on in order asks for. */
  #expected: number | undefined;
  #closed = false;

  constructor(options: AheadOptions) {
    const { threads } = options;
    this.#options = options;
    const available = threads === 1 ? 0 : availableThreads({ sharedMemory: false });
    this.#threads = available === 0 || threads === 1 ? 1 : threads === "auto" ? Math.min(available, AUTOMATIC_THREADS) : threads;
    this.#after = threads === "auto" ? AUTOMATIC_AFTER : 1;
  }

  /**
   * The payload of the block at `position`, where a worker has decompressed it or is about to; undefined where it remains to be decompressed. Rejects
   * with `aborted`, which ends what was begun.
   */
  async take(position: number, signal: AbortSignal): Promise<DecompressedAhead | undefined> {
    if (this.#threads === 1 || this.#closed) return undefined;
    const { decoding, next } = this.#options;
    if (this.#expected === position) this.#inOrder++;
    else this.#endRun();
    this.#expected = next(position)?.position;
    if (this.#inOrder < this.#after) return undefined;
    if (!this.#run) {
      this.#team ??= new WorkerTeam({ kind: "decompression", threads: this.#threads, holdsWhileStarting: false });
      this.#run = new RunAhead({ decoding, next, position, most: this.#threads + 1, team: this.#team });
    }
    const run = this.#run;
    const stop = () => this.#stop();
    signal.addEventListener("abort", stop, { once: true });
    const found = await run.take(position, signal);
    if (this.#expected === undefined && run === this.#run) this.#stop();
    return found;
  }

  /** Ends all workers and what they do; nothing is decompressed ahead any more. */
  close(): void {
    this.#closed = true;
    this.#stop();
  }

  #stop(): void {
    this.#endRun();
    this.#expected = undefined;
    this.#team?.dismiss();
    this.#team = undefined;
  }

  #endRun(): void {
    this.#run?.end();
    this.#run = undefined;
    this.#inOrder = 0;
  }
}
