/** Workers that compress for one writer. They are started when there is work, and keep no process alive when there is none. */
import { startThread } from "#threads";
import { MslError } from "../../errors.js";
import type { RunningThread } from "../../threads/threads.js";
import { type CompressionRules, compressPayload, type StoredPayload } from "../compress-payload.js";
import { buffersOf, type CompressionMessage, type CompressionTask, jobOf } from "./compression-task.js";

interface Waiting {
  readonly payload: Uint8Array;
  readonly rules: CompressionRules;
  resolve(stored: StoredPayload): void;
  reject(error: MslError): void;
}

interface Member {
  readonly thread: RunningThread;
  /** Until then it may be a worker that cannot start here, and is trusted with nothing. */
  ready: boolean;
  job: Waiting | undefined;
}

export class CompressionTeam {
  readonly #threads: number;
  readonly #members = new Set<Member>();
  readonly #waiting: Waiting[] = [];
  /** Set where workers do not start: the caller's thread then does the work. */
  #alone = false;
  #dismissed: MslError | undefined;

  constructor(threads: number) {
    this.#threads = threads;
  }

  /**
   * Takes the payload and what is offered over: their buffers belong to the team, and hold nothing else. Rejects with what
   * `compressPayload` throws, and with `internal` when the worker ended before it had an answer.
   */
  compress(payload: Uint8Array, rules: CompressionRules): Promise<StoredPayload> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ payload, rules, resolve, reject });
      this.#assign();
    });
  }

  /** Ends all workers, and rejects what is not done. */
  dismiss(): void {
    this.#dismissed ??= new MslError("closed", "The writer was closed while its payloads were being compressed");
    for (const member of this.#members) this.#part(member);
    this.#assign();
  }

  #assign(): void {
    while (this.#waiting.length > 0) {
      const member = [...this.#members].find(({ ready, job }) => ready && !job);
      if (this.#dismissed) this.#waiting.shift()?.reject(this.#dismissed);
      else if (member) this.#hand(member);
      else if (this.#alone && this.#members.size === 0) this.#compressHere();
      else {
        this.#startAnother();
        if (!this.#alone || this.#members.size > 0) return;
      }
    }
  }

  #hand(member: Member): void {
    const waiting = this.#waiting.shift();
    if (!waiting) return;
    member.job = waiting;
    member.thread.holdProcess(true);
    const job = jobOf(waiting.payload, waiting.rules);
    member.thread.post(job, buffersOf(job));
  }

  /** One at a time: making a worker keeps the event loop for some milliseconds. */
  #startAnother(): void {
    const starting = [...this.#members].some(({ ready }) => !ready);
    if (this.#alone || starting || this.#members.size >= this.#threads) return;
    let member: Member | undefined;
    try {
      const task: CompressionTask = { kind: "compression" };
      const thread = startThread<CompressionMessage>(task, {
        onMessage: (message) => member && this.#hear(member, message),
        onCrash: () => member && this.#crashed(member),
      });
      member = { thread, ready: false, job: undefined };
      this.#members.add(member);
    } catch {
      this.#alone = true;
    }
  }

  #hear(member: Member, message: CompressionMessage): void {
    if (message.kind === "ready") member.ready = true;
    const { job } = member;
    member.job = undefined;
    member.thread.holdProcess(false);
    if (message.kind === "stored") {
      const { bytes, flags, kept } = message;
      job?.resolve({ bytes: new Uint8Array(bytes), flags, kept });
    }
    if (message.kind === "failed") job?.reject(new MslError(message.code, message.message));
    this.#assign();
  }

  #crashed(member: Member): void {
    if (!this.#members.has(member)) return;
    if (!member.ready) this.#alone = true;
    member.job?.reject(new MslError("internal", "The worker that compressed it ended before it was done"));
    member.job = undefined;
    this.#part(member);
    this.#assign();
  }

  #part(member: Member): void {
    this.#members.delete(member);
    if (this.#dismissed) member.job?.reject(this.#dismissed);
    void member.thread.terminate();
  }

  #compressHere(): void {
    const job = this.#waiting.shift();
    if (!job) return;
    try {
      job.resolve(compressPayload(job.payload, job.rules));
    } catch (error) {
      job.reject(error instanceof MslError ? error : new MslError("internal", String(error), { cause: error }));
    }
  }
}
