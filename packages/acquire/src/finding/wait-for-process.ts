/** Waits until a process with a name runs. */
import { setTimeout as delay } from "node:timers/promises";
import { MslError } from "@memslice/msl";
import { throwIfAborted } from "@memslice/msl/work";
import { ancestorsOf, processIds, processStatIfAny } from "../proc/process-ids.js";
import type { ProcessStat } from "../proc/process-stat.js";
import { hasEnded } from "../proc/process-threads.js";
import { type FoundProcesses, findProcesses, isNamed, requireSearch } from "./find-processes.js";

/** Options of `waitForProcess`. */
export interface WaitOptions {
  /** How long to wait, in milliseconds. Default: without end. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
  /** Called once with the id of each process with the name that began while this waited, and had ended before it could be returned. */
  readonly onGone?: (pid: number) => void;
}

/** Milliseconds between two looks at /proc. */
const LOOK_EVERY_MS = 10;
/** Looks take at most this part of the time of a processor: a tenth. */
const SHARE_OF_LOOKS = 10;
const US_PER_MS = 1000;
/** A process gets its name when it begins to run its program, soon after its start: a young one is looked at each time. */
const YOUNG_MS = 1000;
/** Processes that are not young are looked at so often: they can run another program, or change their name. */
const ALL_EVERY_MS = 500;

/**
 * The processes with the name, as soon as there is one: those of `findProcesses`, which may be found by its first look. None if the time is over. Between two looks, of
 * which there are up to 100 in a second, a process can start and end unseen.
 *
 * Throws `usage` like `findProcesses`, and for a time that is no number of milliseconds; `aborted`; `source` if /proc cannot be listed.
 */
export async function waitForProcess(
  name: string,
  { timeoutMs = Number.POSITIVE_INFINITY, signal, onGone }: WaitOptions = {},
): Promise<FoundProcesses> {
  requireSearch(name);
  if (!(timeoutMs >= 0)) throw new MslError("usage", `The option timeoutMs is ${timeoutMs}, expected a number from 0 on`);
  const end = performance.now() + timeoutMs;
  const watched = new WatchedNames(name);
  for (;;) {
    throwIfAborted(signal);
    const before = process.cpuUsage();
    const { running, ended } = watched.look(performance.now());
    for (const pid of ended) onGone?.(pid);
    if (running.length > 0) {
      const found = findProcesses(name);
      if (found.processes.length > 0) return found;
      for (const pid of watched.endedOf(running)) onGone?.(pid);
    }
    const { user, system } = process.cpuUsage(before);
    const left = end - performance.now();
    if (left <= 0) return findProcesses(name);
    await pause(Math.min(Math.max(LOOK_EVERY_MS, ((user + system) / US_PER_MS) * SHARE_OF_LOOKS), left), signal);
  }
}

/** Processes with the name, look by look. */
class WatchedNames {
  readonly #name: string;
  readonly #never: ReadonlySet<number>;
  /** When each process was seen first; those of the first look, at minus infinity. */
  #firstSeen: ReadonlyMap<number, number> | undefined;
  /** Processes that had ended already when the first look saw them, and those that were reported. */
  readonly #over = new Set<string>();
  #allAt = Number.NEGATIVE_INFINITY;

  constructor(name: string) {
    this.#name = name;
    this.#never = new Set([process.pid, ...ancestorsOf(process.pid)]);
  }

  /** `ended`: those that began after the first look. Each is reported once. */
  look(now: number): { readonly running: ProcessStat[]; readonly ended: number[] } {
    const isFirst = this.#firstSeen === undefined;
    const found = { running: [] as ProcessStat[], ended: [] as number[] };
    for (const pid of this.#lookedAt(now)) {
      const stat = processStatIfAny(pid);
      if (!stat || stat.isKernelThread || this.#never.has(pid) || !isNamed(stat, this.#name)) continue;
      if (!isOver(stat)) found.running.push(stat);
      else if (this.#isNew(stat) && !isFirst) found.ended.push(pid);
    }
    return found;
  }

  /** Processes of `running` that have ended since. */
  endedOf(running: readonly ProcessStat[]): number[] {
    return running.filter((stat) => isOver(sameProcess(stat)) && this.#isNew(stat)).map(({ pid }) => pid);
  }

  /** Whether it is the first time that the process is said to have ended. */
  #isNew({ pid, startTicks }: ProcessStat): boolean {
    const key = `${pid} ${startTicks}`;
    if (this.#over.has(key)) return false;
    this.#over.add(key);
    return true;
  }

  /** The young processes or, from time to time, all of them. */
  #lookedAt(now: number): number[] {
    const before = this.#firstSeen;
    const pids = processIds();
    const firstSeen = new Map(pids.map((pid) => [pid, before ? (before.get(pid) ?? now) : Number.NEGATIVE_INFINITY]));
    this.#firstSeen = firstSeen;
    if (now - this.#allAt < ALL_EVERY_MS) return pids.filter((pid) => now - (firstSeen.get(pid) ?? now) < YOUNG_MS);
    this.#allAt = now;
    return pids;
  }
}

/** What the process is now; undefined if it has ended, also if another one has its pid. */
function sameProcess({ pid, startTicks }: ProcessStat): ProcessStat | undefined {
  const stat = processStatIfAny(pid);
  return stat?.startTicks === startTicks ? stat : undefined;
}

function isOver(stat: ProcessStat | undefined): boolean {
  return stat === undefined || hasEnded(stat);
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(ms, undefined, signal ? { signal } : {});
  } catch {
    throwIfAborted(signal);
  }
}
