/**
 * The threads of a core: NT_PRSTATUS begins a thread, and the notes up to the next one belong to it (binfmt_elf.c; gdb's linux-tdep.c has the same order). Registers
 * stay in the file until the thread is written: a core may have a hundred thousand threads.
 */
import { RegisterFlag, ThreadFlag, type WritableThreadContext } from "@memslice/msl";
import type { DumpNotes } from "../dump/dump-notes.js";
import { decodeThreadFacts, type ThreadFacts } from "../own/thread-facts.js";
import type { StructureOrder } from "../structures/structure.js";
import { LinuxNote, PRSTATUS_HEAD } from "./core-notes.js";
import { type CoreRegisters, type RegisterSet, type RegisterValue, registersOf } from "./core-registers.js";
import type { ElfBits } from "./elf-structures.js";
import type { NoteReader, PlacedNote } from "./note-reader.js";
import { XSAVE_MOST, type XsaveLayout, xsaveRegisters } from "./xsave-area.js";

/** A thread, and where its notes are. */
export interface CoreThread {
  readonly id: number;
  /** The signal that was delivered to it last, 0 none (pr_cursig). */
  readonly signal: number;
  readonly status: PlacedNote;
  /** Notes behind NT_PRSTATUS with registers of the sets of the architecture, and NT_X86_XSTATE. */
  readonly sets: PlacedNote[];
  /** The note that an export of ours added behind them. */
  facts?: PlacedNote | undefined;
}

/** What registers are made of. */
export interface ThreadForm {
  readonly bits: ElfBits;
  readonly order: StructureOrder;
  readonly registers: CoreRegisters;
  /** What the core says about the components of NT_X86_XSTATE. */
  readonly xsave: XsaveLayout | undefined;
}

/** The threads whose general registers reach to the program counter and the stack pointer, which a capture needs. Registers that are cut off are reported to `notes`. */
export function threadsWithRoles(
  threads: readonly CoreThread[],
  { bits, registers: { general } }: Pick<ThreadForm, "bits" | "registers">,
  notes: DumpNotes,
): CoreThread[] {
  const head = PRSTATUS_HEAD[bits].size;
  const roles = general.registers.filter(({ role }) => (role & (RegisterFlag.Pc | RegisterFlag.Sp)) !== 0);
  const least = head + Math.max(...roles.map(({ at, size }) => at + size));
  return threads.filter(({ id, status: { length } }) => {
    if (length >= head + general.size) return true;
    const isKept = length >= least;
    const what = `NT_PRSTATUS of thread ${id} has ${length} bytes, expected at least ${head + general.size}`;
    notes.damage(isKept ? `${what}: its other registers are missing` : `${what}: the thread is left out`);
    return isKept;
  });
}

/** Signals whose default action is a core (signal(7)), but SIGTRAP, which debuggers use. */
const CRASHES: ReadonlySet<number> = new Set([3, 4, 6, 7, 8, 11, 24, 25, 31]);

/** Threads as Thread Contexts, each made when it is asked for. */
export class CoreThreads {
  readonly #threads: readonly CoreThread[];
  readonly #reader: NoteReader;
  readonly #form: ThreadForm;

  constructor(threads: readonly CoreThread[], reader: NoteReader, form: ThreadForm) {
    this.#threads = threads;
    this.#reader = reader;
    this.#form = form;
  }

  get length(): number {
    return this.#threads.length;
  }

  /** The first thread is the current one: kernels and gdb write the thread with the signal first. */
  async *[Symbol.asyncIterator](): AsyncGenerator<WritableThreadContext, void, undefined> {
    for (const [index, thread] of this.#threads.entries()) {
      const facts = await this.#factsOf(thread);
      const crashed = facts ? facts.crashed : index === 0 && CRASHES.has(thread.signal);
      yield {
        threadId: facts?.id ?? BigInt(thread.id),
        ...{ startTimeNs: facts?.startTimeNs ?? 0n, threadState: facts?.state ?? 0, name: facts?.name ?? "" },
        flags: (index === 0 ? ThreadFlag.Current : 0) | (crashed ? ThreadFlag.Crashed : 0),
        registers: await this.#registers(thread),
      };
    }
  }

  async #factsOf({ id, facts }: CoreThread): Promise<ThreadFacts | undefined> {
    return facts && decodeThreadFacts(await this.#read(facts, 0, facts.length), id, this.#form.order);
  }

  async #registers({ status, sets }: CoreThread): Promise<RegisterValue[]> {
    const { registers, bits } = this.#form;
    const head = PRSTATUS_HEAD[bits].size;
    const general = await this.#read(status, head, registers.general.size);
    const values = this.#values(registers.general, general);
    for (const note of sets) {
      const set = registers.others.find((one) => isOf(note, one));
      if (set) values.push(...this.#values(set, await this.#read(note, 0, set.size)));
      else if (note.type === LinuxNote.X86Xstate) {
        const area = await this.#read(note, 0, XSAVE_MOST);
        // gdb writes no note but this one with the FXSAVE area of a program of 32 bits.
        for (const lacking of registers.others.filter((one) => !sets.some((other) => isOf(other, one))))
          values.push(...this.#values(lacking, area.subarray(0, lacking.size)));
        values.push(...xsaveRegisters(area, note.length, this.#form.xsave));
      }
    }
    return withSingleRoles(values);
  }

  /** Bytes of a descriptor, fewer where it ends. */
  async #read({ offset, length }: PlacedNote, from: number, size: number): Promise<Uint8Array> {
    return this.#reader.read(offset + Math.min(from, length), Math.max(0, Math.min(size, length - from)));
  }

  /** Values are little-endian in captures. */
  #values(set: RegisterSet, bytes: Uint8Array): RegisterValue[] {
    const values = registersOf(set, bytes);
    return this.#form.order === "little" ? values : values.map((value) => ({ ...value, value: value.value.toReversed() }));
  }
}

function isOf({ name, type }: PlacedNote, set: RegisterSet): boolean {
  return name === set.owner && type === set.type;
}

/** The first register with a role has it alone: a thread has one program counter and one stack pointer. */
function withSingleRoles(values: readonly RegisterValue[]): RegisterValue[] {
  let given = 0;
  return values.map((value) => {
    const flags = value.flags & ~given;
    given |= flags & (RegisterFlag.Pc | RegisterFlag.Sp | RegisterFlag.Fp | RegisterFlag.Flags);
    return { ...value, flags };
  });
}
