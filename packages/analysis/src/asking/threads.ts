/** The option `threads` of a question, and how many threads looked. */
import type { ThreadUse } from "@memslice/msl";
import {
  automaticThreads,
  availableThreads,
  reasonWithoutThreads,
  requireOptions,
  THREADS,
  tableOf,
  threadReason,
  threadUse,
  type WorkerTeam,
} from "@memslice/msl/work";
import { lookingScript, startLookingWorkers } from "../threads/worker-script.js";

/** An option of every question. */
export interface ThreadsOption {
  /**
   * Threads that look at memory, 1 to 64; "auto" chooses by the machine and starts workers only for much memory. Answers are the same for any number.
   * Default "auto".
   */
  readonly threads?: number | "auto";
}

export const START_THREADS_AHEAD = tableOf<ThreadsOption>("startThreadsAhead")({ threads: THREADS });

/** More threads look no faster: they wait for what one thread reads. */
const MOST_AUTOMATIC = 4;

/** The threads of one question. */
export class QuestionThreads {
  /** The most workers; 0 if the caller's thread does everything. */
  readonly workers: number;
  readonly asked: number | "auto";
  readonly #reason: ThreadUse["reason"];
  #team: Pick<WorkerTeam<never>, "used" | "failure"> | undefined;

  constructor(asked: number | "auto" = "auto") {
    this.asked = asked;
    const available = asked === 1 || !lookingScript() ? 0 : availableThreads({ sharedMemory: false });
    const wanted = asked === "auto" ? Math.min(automaticThreads(available), MOST_AUTOMATIC) : asked;
    this.workers = available === 0 || wanted === 1 ? 0 : wanted;
    this.#reason = available === 0 ? reasonWithoutThreads() : threadReason(wanted === 1 ? "one-processor" : "no-work");
  }

  /** How many threads have looked so far, and why fewer than were asked for. */
  get use(): ThreadUse {
    return threadUse(Math.max(1, this.#team?.used ?? 0), this.asked, this.#team?.failure ?? this.#reason);
  }

  /** Counts the workers of this team from now on. */
  follow(team: Pick<WorkerTeam<never>, "used" | "failure">): void {
    this.#team = team;
  }
}

/**
 * Starts the workers of the next question of this package, so that they load while a capture is opened. They take some 10 MiB each until a question takes
 * them; a process that is done otherwise ends without them. In Node, Bun and Deno; elsewhere it does nothing. Throws `usage` for wrong options.
 */
export function startThreadsAhead(options: ThreadsOption = {}): void {
  requireOptions(START_THREADS_AHEAD, options);
  startLookingWorkers(new QuestionThreads(options.threads).workers);
}
