/** A tree of live processes: what is captured of it, process by process, and how the captures are related. */
import { randomUUID } from "node:crypto";
import { MslError, type SinkInput, type WritableRelatedDump } from "@memslice/msl";
import { throwIfAborted } from "@memslice/msl/work";
import { acquireOfTree } from "../acquire.js";
import { describeProcess, type ProcessDescription } from "../finding/process-description.js";
import { type FrozenTree, freezeTree } from "../freezing/freeze-tree.js";
import { warmUpWriter } from "../freezing/warm-up.js";
import { KnownFiles } from "../identity/file-facts.js";
import { userNames } from "../identity/user-names.js";
import { type AcquireOptions, requireAcquireOptions, writingOptions } from "../options.js";
import type { Finding } from "../preflight/findings.js";
import { preflight, requirePermission } from "../preflight/preflight.js";
import { bootTimeNs } from "../proc/process-stat.js";
import type { AcquireReport, FreezeReport } from "../report.js";
import { relatedDumpsOf } from "./related.js";
import { isAlive, keyOf, lookAtTree, type TreeMember } from "./tree-look.js";

/** A process of the tree as it was when the tree was opened. */
export interface TreeProcess extends ProcessDescription {
  /** Steps from the root, which has 0. */
  readonly depth: number;
  /** DumpUUID of its capture, if there is going to be one. */
  readonly dumpUuid: string;
  /** Whether the kernel lets this process read it. */
  readonly permitted: boolean;
  /** What stands in the way, and what is worth knowing; the gravest first. */
  readonly findings: readonly Finding[];
}

/** What became of a tree from its opening to its end. */
export interface TreeChanges {
  /** Processes below the root, or below another process of the tree, that were seen later: they are not captured. */
  readonly appeared: readonly ProcessDescription[];
  /** Pids of processes of the tree that have ended since it was opened. */
  readonly ended: readonly number[];
  /** How each process was stopped, and for how long, by pid. Empty without `freeze`. */
  readonly freezes: ReadonlyMap<number, FreezeReport>;
  /** Why processes that were to be stopped went on running, by pid. */
  readonly notStopped: ReadonlyMap<number, string>;
}

/** Options of the captures of a tree. `startTicks` is that of the root. The tree decides how its captures are related. */
export type TreeOptions = Omit<AcquireOptions, "dumpUuid" | "relatedDumps" | "onPlan" | "onProgress">;

/** Options of one capture of a tree. */
export type TreeCaptureOptions = Pick<AcquireOptions, "onPlan" | "onProgress">;

/**
 * Opens the tree of a process: the process and all that it has started, and that these have started. With `freeze`, all are stopped together, parents first, and go on
 * together: at `end`, and also if this process is killed. `end` has to be called in every case.
 *
 * Throws `usage` for options that make no sense, and if this process is of a tree that is to be stopped; `not-permitted` if the root may not be
 * read; `source` if the root has ended or is another one; `aborted`. Nothing is stopped then.
 */
export async function openProcessTree(pid: number, options: TreeOptions = {}): Promise<ProcessTree> {
  requireAcquireOptions(pid, options);
  requirePermission(pid);
  throwIfAborted(options.signal);
  const look = () => membersOf(pid, options.startTicks);
  const known = new KnownFiles(options);
  if (!options.freeze) return new ProcessTree(look(), options, { known });
  if (look().some(({ stat }) => stat.pid === process.pid)) {
    throw new MslError("usage", `This program is in the tree of process ${pid}, which can therefore not be stopped as a whole`);
  }
  const header = { osType: "Linux", archType: "unknown", pid, hashAlgo: options.hashAlgo } as const;
  await warmUpWriter({ ...writingOptions(options), flush: "block", header, contents: [] });
  // What takes long is not to be done while the processes are stopped.
  for (const { stat } of look()) await known.readModulesOf(stat.pid);
  // Meanwhile processes may have started, or loaded other files: few, so that this is quick.
  for (const { stat } of look()) await known.readModulesOf(stat.pid);
  known.names.keep();
  const frozen = await freezeTree(look, options.signal);
  try {
    return new ProcessTree(look(), options, { known, frozen });
  } catch (error) {
    frozen.thaw();
    throw error;
  }
}

/** Throws `source` if the root has ended or is another process than was asked for. */
function membersOf(root: number, startTicks: bigint | undefined): TreeMember[] {
  const members = lookAtTree(root);
  const [first] = members;
  if (first && (startTicks === undefined || first.stat.startTicks === startTicks)) return members;
  throw new MslError("source", `Process ${root} has ended`);
}

/** An open tree of processes, from `openProcessTree`. */
export class ProcessTree {
  /** Children before their parents, since they are shorter-lived, and their captures are related to that of their parent when it is written. */
  readonly processes: readonly TreeProcess[];
  readonly #options: TreeOptions;
  readonly #frozen: FrozenTree | undefined;
  readonly #known: KnownFiles;
  /** Those that had not ended when the tree was opened. */
  readonly #alive: ReadonlySet<number>;
  readonly #captured = new Set<number>();
  readonly #failed = new Set<number>();
  readonly #appeared = new Map<string, ProcessDescription>();
  #changes: TreeChanges | undefined;

  /** Use `openProcessTree`. */
  constructor(
    members: readonly TreeMember[],
    options: TreeOptions,
    { known, frozen }: { readonly known: KnownFiles; readonly frozen?: FrozenTree },
  ) {
    this.#options = options;
    this.#frozen = frozen;
    this.#known = known;
    const [users, bootNs] = [userNames(), bootTimeNs()];
    this.processes = members
      .flatMap(({ stat, depth }) => {
        const described = describedIfAny(() => describeProcess(stat, users, bootNs));
        const { permitted, findings } = preflight(stat.pid);
        return described ? [{ ...described, depth, dumpUuid: randomUUID(), permitted, findings }] : [];
      })
      .sort((a, b) => b.depth - a.depth || a.pid - b.pid);
    this.#alive = new Set(this.processes.filter(isAlive).map(({ pid }) => pid));
  }

  /**
   * Captures a process of the tree, like `acquire`. Its Related Dumps are its parent, and those of its children whose captures are complete; where the parent cannot be
   * captured, the nearest one above it. Throws `usage` for a process that is not of the tree, and what `acquire` throws.
   */
  async acquire(pid: number, sink: SinkInput, options: TreeCaptureOptions = {}): Promise<AcquireReport> {
    const process = this.processes.find((one) => one.pid === pid);
    if (!process) throw new MslError("usage", `Process ${pid} is not of the tree`);
    this.#lookForOthers();
    const { investigation, ...asked } = this.#options;
    const targetCount = this.processes.filter(({ permitted }) => permitted).length;
    const given: AcquireOptions = {
      ...{ ...asked, ...options },
      ...(investigation && { investigation: { targetCount, ...investigation } }),
      ...{ startTicks: process.startTicks, dumpUuid: process.dumpUuid, relatedDumps: this.#relatedDumps(process) },
    };
    const frozen = this.#frozen?.frozen(process);
    try {
      // A process that could not be stopped with the others is not stopped by itself either.
      const report = await acquireOfTree(pid, sink, { ...given, freeze: frozen !== undefined }, { frozen, known: this.#known });
      this.#captured.add(pid);
      return report;
    } catch (error) {
      this.#failed.add(pid);
      throw error;
    }
  }

  /** Lets all processes go on, and says what became of them. Calls after the first one return the same. */
  end(): TreeChanges {
    if (this.#changes) return this.#changes;
    this.#frozen?.thaw();
    this.#lookForOthers();
    const freezes = new Map<number, FreezeReport>();
    const notStopped = new Map<number, string>();
    for (const process of this.processes) {
      const freeze = this.#frozen?.freezeOf(process);
      if (freeze && "report" in freeze) freezes.set(process.pid, freeze.report);
      else if (freeze) notStopped.set(process.pid, freeze.notStopped);
    }
    const ended = this.processes.filter((process) => this.#alive.has(process.pid) && !isAlive(process)).map(({ pid }) => pid);
    this.#changes = { appeared: [...this.#appeared.values()], ended, freezes, notStopped };
    return this.#changes;
  }

  #relatedDumps(process: TreeProcess): WritableRelatedDump[] {
    return relatedDumpsOf(process, this.processes, {
      isAbove: ({ pid, permitted }) => permitted && !this.#failed.has(pid),
      isBelow: ({ pid }) => this.#captured.has(pid),
    });
  }

  /** Notes processes that are below one of the tree now, and were not there when it was opened. */
  #lookForOthers(): void {
    const known = new Set(this.processes.map(keyOf));
    const [users, bootNs] = [userNames(), bootTimeNs()];
    // A process of the tree that has lost its parent is not below the root any more.
    const alive = this.processes.filter(isAlive).map(({ pid }) => pid);
    for (const { stat } of lookAtTree(...alive)) {
      const key = keyOf(stat);
      if (known.has(key) || this.#appeared.has(key)) continue;
      const described = describedIfAny(() => describeProcess(stat, users, bootNs));
      if (described) this.#appeared.set(key, described);
    }
  }
}

function describedIfAny(describe: () => ProcessDescription): ProcessDescription | undefined {
  try {
    return describe();
  } catch (error) {
    if (error instanceof MslError && error.code === "source") return undefined;
    throw error;
  }
}
