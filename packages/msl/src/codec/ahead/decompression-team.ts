/**
 * Workers that decompress for one capture. They are started when there is work, and keep no process alive when there is none. What they do can be
 * done without them: a worker that does not start, or ends early, leaves its payload to whoever asks for it.
 */
import { startThread } from "#threads";
import type { RunningThread } from "../../threads/threads.js";
import type { DecompressedAhead, DecompressionJob, DecompressionMessage, DecompressionTask } from "./decompression-task.js";

interface Waiting {
  readonly job: DecompressionJob;
  readonly settle: (result: DecompressedAhead | undefined) => void;
}

interface Member {
  readonly thread: RunningThread;
  /** Until then it may be a worker that cannot start here, and is trusted with nothing. */
  ready: boolean;
  work: Waiting | undefined;
}

/** A payload in the hands of the team. */
export interface Assignment {
  /** Undefined where the payload was not decompressed: it is damaged, was withdrawn, or its worker is gone. Never rejects. */
  readonly result: Promise<DecompressedAhead | undefined>;
  /** Takes it back unless a worker has it or is done with it. */
  withdraw(): void;
}

export class DecompressionTeam {
  readonly #threads: number;
  readonly #members = new Set<Member>();
  readonly #waiting = new Set<Waiting>();
  /** Set when a worker did not start or ended by itself: no more are started. */
  #closed = false;

  constructor(threads: number) {
    this.#threads = threads;
  }

  /** The buffer of the job belongs to the team. */
  decompress(job: DecompressionJob): Assignment {
    let waiting: Waiting | undefined;
    const result = new Promise<DecompressedAhead | undefined>((settle) => {
      waiting = { job, settle };
      this.#waiting.add(waiting);
    });
    this.#assign();
    return { result, withdraw: () => waiting && this.#withdraw(waiting) };
  }

  /** Whether nothing is decompressed any more. */
  get isGone(): boolean {
    return this.#closed && this.#members.size === 0;
  }

  /** Ends all workers, and gives up what is not done. */
  dismiss(): void {
    this.#closed = true;
    for (const member of this.#members) this.#part(member);
    this.#assign();
  }

  #withdraw(waiting: Waiting): void {
    if (this.#waiting.delete(waiting)) waiting.settle(undefined);
  }

  #assign(): void {
    for (const waiting of this.#waiting) {
      const member = [...this.#members].find(({ ready, work }) => ready && !work);
      if (member) this.#hand(member, waiting);
      else this.#startAnother();
      if (this.isGone) this.#withdraw(waiting);
    }
  }

  #hand(member: Member, waiting: Waiting): void {
    this.#waiting.delete(waiting);
    member.work = waiting;
    member.thread.holdProcess(true);
    member.thread.post(waiting.job, [waiting.job.stored]);
  }

  /** One at a time: making a worker keeps the event loop for some milliseconds. */
  #startAnother(): void {
    const starting = [...this.#members].some(({ ready }) => !ready);
    if (this.#closed || starting || this.#members.size >= this.#threads) return;
    let member: Member | undefined;
    try {
      const task: DecompressionTask = { kind: "decompression" };
      const thread = startThread<DecompressionMessage>(task, {
        onMessage: (message) => member && this.#hear(member, message),
        onCrash: () => member && this.#crashed(member),
      });
      member = { thread, ready: false, work: undefined };
      this.#members.add(member);
      // Nobody waits for a worker that is not ready.
      thread.holdProcess(false);
    } catch {
      this.#closed = true;
    }
  }

  #hear(member: Member, message: DecompressionMessage): void {
    if (!this.#members.has(member)) return;
    const { work } = member;
    member.work = undefined;
    member.ready = true;
    member.thread.holdProcess(false);
    if (message.kind === "decompressed") {
      const { bytes, deviations } = message;
      work?.settle({ bytes: new Uint8Array(bytes), deviations });
    } else work?.settle(undefined);
    this.#assign();
  }

  #crashed(member: Member): void {
    if (!this.#members.has(member)) return;
    this.#closed = true;
    this.#part(member);
    this.#assign();
  }

  #part(member: Member): void {
    this.#members.delete(member);
    member.work?.settle(undefined);
    void member.thread.terminate();
  }
}
