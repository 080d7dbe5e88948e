/** Stops the processes of a tree together, and lets all of them go on in every case. */
import { MslError } from "@memslice/msl";
import { throwIfAborted } from "@memslice/msl/work";
import type { FreezeReport } from "../report.js";
import { isAlive, keyOf, type TreeMember } from "../tree/tree-look.js";
import { type Frozen, type LiveProcess, onceMore, STOP_WITHIN_MS, StoppedProcess, stoppedBefore } from "./freeze.js";
import { freezerAround, freezerOf } from "./freezer.js";
import { isStill, Rest, restInGroup, type Standstill } from "./rest.js";
import { Watchdog } from "./watchdog.js";

/** Looks at a tree that still grows: a process that has stopped starts no others, so that each look finds fewer. */
const MOST_LOOKS = 100;

/** How a process of the tree was stopped, or why it goes on running. */
export type TreeFreeze = { readonly report: FreezeReport } | { readonly notStopped: string };

/**
 * Stops parents before their children, and looks for new children until there are none: a parent that has stopped starts no more. Processes that may not
 * be stopped, or that do not stop within five seconds, go on running, and say so. One watchdog lets all go on if this process is killed.
 *
 * `look`: the members of the tree, parents first. Throws `source` if the tree grows without end, or if the watchdog does not start; `aborted`. All
 * processes then go on.
 */
export async function freezeTree(look: () => readonly TreeMember[], signal: AbortSignal | undefined): Promise<FrozenTree> {
  const tree = new FrozenTree(await Watchdog.start(signal));
  try {
    for (let looks = 0; looks < MOST_LOOKS; looks++) {
      const members = look();
      const fresh = members.filter((member) => !tree.knows(member));
      if (fresh.length === 0) return tree;
      const together = new Set(members.map(({ stat }) => stat.pid));
      for (const member of fresh) await tree.stop(member, together);
      await tree.untilStill(signal);
    }
    throw new MslError(
      "source",
      `The tree of processes still grows after it was looked at ${MOST_LOOKS} times: capture it without stopping it`,
    );
  } catch (error) {
    tree.thaw();
    throw error;
  }
}

export class FrozenTree {
  readonly #watchdog: Watchdog;
  /** In the order in which the signal to stop was sent. */
  readonly #stopped = new Map<string, StoppedProcess>();
  readonly #stoppedBefore = new Map<string, Standstill>();
  /** The freezers of control groups by which processes were stopped. */
  readonly #freezers = new Set<string>();
  readonly #notStopped = new Map<string, string>();

  /** `watchdog`: watches no process yet. */
  constructor(watchdog: Watchdog) {
    this.#watchdog = watchdog;
  }

  knows({ stat }: TreeMember): boolean {
    const key = keyOf(stat);
    return this.#stopped.has(key) || this.#stoppedBefore.has(key) || this.#notStopped.has(key);
  }

  /** Tells a process to stop; with it those that have the same control group, if the group has none but processes of the tree, `together`. */
  async stop({ stat }: TreeMember, together: ReadonlySet<number>): Promise<void> {
    const key = keyOf(stat);
    const { pid, startTicks } = stat;
    const live: LiveProcess = {
      ...{ pid, startTicks },
      get isAlive() {
        return isAlive(stat);
      },
    };
    try {
      const own = freezerAround(pid, this.#freezers);
      const before = isStill(pid) ? new Rest(pid) : own === undefined ? restInGroup(pid) : undefined;
      if (before) {
        this.#stoppedBefore.set(key, before);
        return;
      }
      const freezer = own ?? freezerOf(pid, together);
      if (freezer !== undefined) this.#freezers.add(freezer);
      await this.#watchdog.watch({ pid, startTicks, freezer });
      this.#stopped.set(key, new StoppedProcess(live, freezer));
    } catch (error) {
      if (!(error instanceof MslError)) throw error;
      this.#notStopped.set(key, isAlive(stat) ? error.message : `Process ${pid} has ended`);
    }
  }

  /** Resolves when no process that was told to stop runs any more, or has run for too long. */
  async untilStill(signal: AbortSignal | undefined): Promise<void> {
    for (;;) {
      const running = [...this.#stopped].flatMap(([key, stopped]) => {
        const thread = this.#notStopped.has(key) ? undefined : threadOf(stopped);
        return thread === undefined ? [] : [{ key, stopped, thread }];
      });
      if (running.length === 0 && this.#allRest()) return;
      throwIfAborted(signal);
      for (const { key, stopped, thread } of running) {
        stopped.remind();
        if (stopped.stoppedMs <= STOP_WITHIN_MS) continue;
        this.#notStopped.set(key, `${thread} did not stop within ${STOP_WITHIN_MS / 1000} s: it waits in the kernel`);
      }
      await onceMore(signal);
    }
  }

  /** Whether every process that is still has come to rest. One that was stopped before may run again: its report tells. */
  #allRest(): boolean {
    const stopped = [...this.#stopped].map(([key, process]) => this.#notStopped.has(key) || isAtRest(() => process.isAtRest()));
    const before = [...this.#stoppedBefore.values()].map((rest) => isAtRest(() => !isStill(rest.pid) || rest.isReached()));
    return [...stopped, ...before].every(Boolean);
  }

  /** How a process was stopped, so far; undefined for a process that is not of the tree. */
  freezeOf(process: { readonly pid: number; readonly startTicks: bigint }): TreeFreeze | undefined {
    const key = keyOf(process);
    const notStopped = this.#notStopped.get(key);
    if (notStopped !== undefined) return { notStopped };
    const before = this.#stoppedBefore.get(key);
    if (before) return { report: stoppedBefore(before) };
    const stopped = this.#stopped.get(key);
    return stopped && { report: stopped.report };
  }

  /** For the capture of one process: it does not go on when its memory has been read, but with the others. */
  frozen(process: { readonly pid: number; readonly startTicks: bigint }): Frozen | undefined {
    const freeze = this.freezeOf(process);
    if (!freeze || "notStopped" in freeze) return undefined;
    return {
      thaw: async () => {
        const { report } = (this.freezeOf(process) ?? freeze) as typeof freeze;
        return report;
      },
    };
  }

  /** Lets all go on, children before their parents, which then do not see that their children were stopped. Does nothing the second time. */
  thaw(): void {
    const stopped = [...this.#stopped.values()].reverse();
    for (const one of stopped) one.conclude();
    for (const one of stopped) one.thaw();
    this.#watchdog.dismiss();
  }
}

/** A thread that runs, in words; undefined if none does, or if the process has ended. */
function threadOf(stopped: StoppedProcess): string | undefined {
  try {
    return stopped.running();
  } catch {
    return undefined;
  }
}

/** Whether a process has come to rest, or has ended. */
function isAtRest(look: () => boolean): boolean {
  try {
    return look();
  } catch {
    return true;
  }
}
