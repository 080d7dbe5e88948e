/** The threads of a capture as notes of an ELF core, the current thread first: debuggers begin there. */
import type { Capture, Thread } from "@memslice/msl";
import { counted, TimeSlice } from "@memslice/msl/work";
import {
  type CoreForm,
  hasOwnNote,
  leastThreadSize,
  type ProcessIds,
  THREAD_ID_MOST,
  type ThreadNotes,
  threadNotes,
} from "../elf/thread-notes.js";
import type { SignalsOfNote, ThreadSignal } from "../own/thread-signals.js";
import type { ExportNotes } from "./export-report.js";
import { tellThreadFacts, threadFactsOf } from "./thread-facts-of.js";

/** Names of registers that a note lists. */
const NAMES_MOST = 12;

/** Threads that have registers, and the size of their notes. Registers are read again when the notes are written. */
export class ExportedThreads {
  readonly #threads: readonly Thread[];
  readonly #form: CoreForm;
  readonly #ids: ProcessIds;
  readonly #signals: CoreSignals;
  /** Bytes of all notes. */
  readonly size: number;
  readonly madeUp: boolean;

  private constructor(
    threads: readonly Thread[],
    form: CoreForm,
    { ids, signals, size, madeUp }: { ids: ProcessIds; signals: CoreSignals; size: number; madeUp: boolean },
  ) {
    this.#threads = threads;
    this.#form = form;
    this.#ids = ids;
    this.#signals = signals;
    this.size = size;
    this.madeUp = madeUp;
  }

  /**
   * `form`: undefined for architectures whose registers have no known place. `signals`: as the capture says them. Throws what reading threads throws, and
   * `aborted`.
   */
  static async of(
    capture: Capture,
    form: CoreForm | undefined,
    { signals, ...ids }: ProcessIds & { readonly signals: SignalsOfNote },
    options: { readonly madeUpThread: boolean; readonly notes: ExportNotes; readonly signal: AbortSignal | undefined },
  ): Promise<ExportedThreads | undefined> {
    const { notes, signal, madeUpThread } = options;
    const all = await capture.threads(signal);
    if (!form) {
      const found = all.length > 0 ? `The core has none of the ${counted(all.length, "threads")}` : "The core has no threads";
      notes.add(
        all.length > 0 ? "left out" : "no place",
        "NT_PRSTATUS",
        `${found}: places of registers are known for x86_64, x86, ARM64 and ARM32`,
      );
      return undefined;
    }
    const told = new ToldRegisters(notes);
    const ordered = [...all.filter(({ current }) => current), ...all.filter(({ current }) => !current)];
    const processSignal = signals.last || endingSignal(ordered, signals);
    const usable: Thread[] = [];
    const slice = new TimeSlice(signal);
    let size = 0;
    for (const thread of ordered) {
      if (slice.isSpent(64)) await slice.renew();
      const made = threadNotes(await partsOf(thread, { signals, processSignal }, signal), ids, form);
      if (thread.problem !== undefined) notes.add("missing", "ThreadContext", `Thread ${thread.id}: ${thread.problem}`);
      if (thread.id > THREAD_ID_MOST)
        notes.add("no place", "ThreadID", `Thread id ${thread.id} has more than 31 bits: NT_PRSTATUS holds the lowest 32`);
      tellSignal(thread, signalOf(thread, signals), notes);
      tellThreadFacts(thread, notes);
      told.add(thread, made);
      usable.push(thread);
      size += made.bytes.length;
    }
    const madeUp = usable.length === 0 && madeUpThread;
    if (madeUp) {
      notes.add(
        "made up",
        "NT_PRSTATUS",
        `Thread ${ids.pid} is made up, and all of its registers are 0: the capture has no threads`,
      );
      size = leastThreadSize(form);
    } else if (usable.length === 0) {
      notes.add(
        "no place",
        "NT_PRSTATUS",
        "The core has no thread, since the capture has none. gdb reads memory all the same; for readers that insist on a thread, one of zeros can be made up",
      );
    }
    told.report();
    const own = usable.filter((thread) => hasOwnNote(threadFactsOf(thread))).length;
    if (own > 0)
      notes.add(
        "no place",
        "ThreadContext",
        `Names, states and start times of threads, and which one crashed: of ${counted(own, "threads")}, a note of memslice has them, which imports read and other programs pass over`,
      );
    return new ExportedThreads(usable, form, { ids, signals: { signals, processSignal }, size, madeUp });
  }

  get count(): number {
    return this.#threads.length;
  }

  /** The notes of each thread. */
  async *encoded(signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.madeUp) yield threadNotes({ facts: madeUpFacts(this.#ids.pid), registers: [] }, this.#ids, this.#form).bytes;
    for (const thread of this.#threads)
      yield threadNotes(await partsOf(thread, this.#signals, signal), this.#ids, this.#form).bytes;
  }
}

interface CoreSignals {
  readonly signals: SignalsOfNote;
  /** The one that ended the process; 0 none. */
  readonly processSignal: number;
}

/** Notes of imports have the ids that cores have. */
function signalOf({ id }: Thread, signals: SignalsOfNote): ThreadSignal | undefined {
  return signals.of(BigInt.asUintN(32, id));
}

/** The signal of the thread that crashed. Signals of other threads, such as SIGSTOP of a debugger, ended no process. */
function endingSignal(threads: readonly Thread[], signals: SignalsOfNote): number {
  for (const thread of threads) {
    const signal = thread.crashed ? signalOf(thread, signals) : undefined;
    if (signal) return signal.number;
  }
  return 0;
}

async function partsOf(thread: Thread, { signals, processSignal }: CoreSignals, signal: AbortSignal | undefined) {
  const registers = await thread.registers(signal);
  return { facts: threadFactsOf(thread), registers, signal: signalOf(thread, signals), processSignal };
}

function madeUpFacts(pid: number) {
  return { id: BigInt(pid), startTimeNs: 0n, current: true, crashed: false, state: 0, name: "" };
}

/** Tells where the signal of a thread is from, or that one that crashed has none: debuggers then show no crash. */
function tellSignal({ id, crashed }: Thread, signal: ThreadSignal | undefined, notes: ExportNotes): void {
  if (signal)
    notes.add("derived", "NT_SIGINFO", `Signal ${signal.number} of thread ${id} is the one that Import Provenance tells`);
  else if (crashed)
    notes.add(
      "no place",
      "Crashed",
      `Thread ${id} crashed, and the capture does not say by which signal: readers of the core see no crash`,
    );
}

/** Names of registers that stand as zeros or have no place, over all threads. */
class ToldRegisters {
  readonly #notes: ExportNotes;
  readonly #zeros = new Set<string>();
  readonly #leftOut = new Set<string>();

  constructor(notes: ExportNotes) {
    this.#notes = notes;
  }

  add(thread: Thread, { zeros, leftOut }: ThreadNotes): void {
    for (const name of zeros) this.#zeros.add(name);
    for (const name of leftOut) if (this.#leftOut.size < 4096) this.#leftOut.add(name);
    if (thread.registerCount === 0)
      this.#notes.add("missing", "Registers", `Thread ${thread.id} has no registers: those in the core are 0`);
  }

  report(): void {
    if (this.#zeros.size > 0)
      this.#notes.add(
        "made up",
        "Registers",
        `Registers that a thread of the capture does not have are 0 in the core: ${listed(this.#zeros)}`,
      );
    if (this.#leftOut.size > 0)
      this.#notes.add(
        "no place",
        "Registers",
        `Registers without a place in the notes, with fewer bytes than the register has, or that contradict a part of them: ${listed(this.#leftOut)}`,
      );
  }
}

function listed(names: ReadonlySet<string>): string {
  const shown = [...names].slice(0, NAMES_MOST).join(", ");
  return names.size > NAMES_MOST ? `${shown}, and ${names.size - NAMES_MOST} more` : shown;
}
