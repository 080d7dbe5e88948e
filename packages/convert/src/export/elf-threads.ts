/** The threads of a capture as notes of an ELF core, the current thread first: debuggers begin there. */
import type { Capture, Thread } from "@memslice/msl";
import { TimeSlice } from "@memslice/msl/work";
import { type CoreForm, leastThreadSize, type ProcessIds, type ThreadNotes, threadNotes } from "../elf/thread-notes.js";
import type { ExportNotes } from "./export-report.js";

/** Names of registers that a note lists. */
const NAMES_MOST = 12;

/** Threads that have registers, and the size of their notes. Registers are read again when the notes are written. */
export class ExportedThreads {
  readonly #threads: readonly Thread[];
  readonly #form: CoreForm;
  readonly #ids: ProcessIds;
  /** Bytes of all notes. */
  readonly size: number;
  readonly madeUp: boolean;

  private constructor(threads: readonly Thread[], form: CoreForm, ids: ProcessIds, size: number, madeUp: boolean) {
    this.#threads = threads;
    this.#form = form;
    this.#ids = ids;
    this.size = size;
    this.madeUp = madeUp;
  }

  /** `form`: undefined for architectures whose registers have no known place. Throws what reading threads throws, and `aborted`. */
  static async of(
    capture: Capture,
    form: CoreForm | undefined,
    ids: ProcessIds,
    options: { readonly madeUpThread: boolean; readonly notes: ExportNotes; readonly signal: AbortSignal | undefined },
  ): Promise<ExportedThreads | undefined> {
    const { notes, signal, madeUpThread } = options;
    const all = await capture.threads(signal);
    if (!form) {
      const found = all.length > 0 ? `The core has none of the ${all.length} threads` : "The core has no threads";
      notes.add(
        all.length > 0 ? "left out" : "no place",
        "NT_PRSTATUS",
        `${found}: places of registers are known for x86_64, x86, ARM64 and ARM32`,
      );
      return undefined;
    }
    const told = new ToldRegisters(notes);
    const usable: Thread[] = [];
    const slice = new TimeSlice(signal);
    let size = 0;
    for (const thread of [...all.filter(({ current }) => current), ...all.filter(({ current }) => !current)]) {
      if (slice.isSpent(64)) await slice.renew();
      const made = threadNotes({ id: thread.id, registers: await thread.registers(signal) }, ids, form);
      if (thread.problem !== undefined) notes.add("missing", "ThreadContext", `Thread ${thread.id}: ${thread.problem}`);
      if (thread.id > MOST_ID)
        notes.add("no place", "ThreadID", `Thread id ${thread.id} has more than 31 bits: the core holds the lowest 32`);
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
    return new ExportedThreads(usable, form, ids, size, madeUp);
  }

  get count(): number {
    return this.#threads.length;
  }

  /** The notes of each thread. */
  async *encoded(signal: AbortSignal | undefined): AsyncGenerator<Uint8Array, void, undefined> {
    if (this.madeUp) yield threadNotes({ id: BigInt(this.#ids.pid), registers: [] }, this.#ids, this.#form).bytes;
    for (const thread of this.#threads)
      yield threadNotes({ id: thread.id, registers: await thread.registers(signal) }, this.#ids, this.#form).bytes;
  }
}

const MOST_ID = 0x7fff_ffffn;

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
        `Registers without a place in the notes, or with fewer bytes than the register has: ${listed(this.#leftOut)}`,
      );
  }
}

function listed(names: ReadonlySet<string>): string {
  const shown = [...names].slice(0, NAMES_MOST).join(", ");
  return names.size > NAMES_MOST ? `${shown}, and ${names.size - NAMES_MOST} more` : shown;
}
