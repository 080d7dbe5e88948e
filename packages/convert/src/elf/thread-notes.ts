/**
 * The notes of one thread in an ELF core: NT_PRSTATUS with its general registers, notes with floating-point and vector registers, NT_SIGINFO, and the note of memslice about
 * what no other has a place for.
 */
import { concatenated } from "@memslice/msl/work";
import { encodeThreadFacts, isLost, type ThreadFacts } from "../own/thread-facts.js";
import type { ThreadSignal } from "../own/thread-signals.js";
import type { StructureOrder } from "../structures/structure.js";
import { encodeNote, LinuxNote, noteSize, OWN_OWNER, OwnNote, PRSTATUS_HEAD } from "./core-notes.js";
import { type CoreRegisters, type MadeSet, type RegisterValue, setOf, valuesByName } from "./core-registers.js";
import type { ElfBits } from "./elf-structures.js";
import { withLowHalves, xsaveArea } from "./made-xsave-area.js";
import { sigInfoNote } from "./signals.js";

/** What a core tells about its process with each thread; 0 unknown. */
export interface ProcessIds {
  readonly pid: number;
  readonly ppid: number;
  readonly sid: number;
}

export interface CoreThread {
  /** Its id has 32 bits in NT_PRSTATUS. */
  readonly facts: ThreadFacts;
  readonly registers: readonly RegisterValue[];
  /** The signal that stopped it, if the capture says it. */
  readonly signal?: ThreadSignal | undefined;
  /** The number of the signal that ended the process; 0 unknown. Kernels write it with every thread (fs/binfmt_elf.c), and gdb takes that of the last one. */
  readonly processSignal?: number;
}

/** Largest thread id of Linux that NT_PRSTATUS holds, a number with a sign. */
export const THREAD_ID_MOST = 0x7fff_ffffn;

/** The notes of a thread, and which of its registers they do not have. */
export interface ThreadNotes {
  readonly bytes: Uint8Array;
  /** Registers that stand in the notes as zeros. */
  readonly zeros: readonly string[];
  /** Registers of the thread for which the notes have no place, or that lack bytes. */
  readonly leftOut: readonly string[];
}

/** Where a core comes from: what decides the form of its notes. */
export interface CoreForm {
  readonly bits: ElfBits;
  readonly order: StructureOrder;
  readonly registers: CoreRegisters;
}

/** pr_fpvalid, and the padding of the structure behind it. */
const tailSize = (bits: ElfBits) => bits / 8;

/** Bytes of NT_PRSTATUS without the frame of its note. */
function prstatusSize({ bits, registers }: CoreForm): number {
  return PRSTATUS_HEAD[bits].size + registers.general.size + tailSize(bits);
}

/** Bytes of the notes of a thread without floating-point and vector registers. */
export function leastThreadSize(form: CoreForm): number {
  return noteSize("CORE", prstatusSize(form));
}

/** The notes of a thread. A note with floating-point or vector registers is written if the thread has one of them. */
export function threadNotes(
  { facts, registers, signal, processSignal = 0 }: CoreThread,
  { ppid, sid }: ProcessIds,
  form: CoreForm,
): ThreadNotes {
  const { bits, order } = form;
  const stated = valuesByName(registers);
  const { vectors } = form.registers;
  const values = vectors ? withLowHalves(stated) : stated;
  const general = setOf(form.registers.general, values);
  const others = form.registers.others
    .map((set) => ({ owner: set.owner, type: set.type, made: setOf(set, values) }))
    .filter(({ made }) => made.taken.length > 0);
  const area = vectors && xsaveArea(values, others[0]?.made.bytes ?? new Uint8Array(0), vectors);
  const sets = [...others, ...(area ? [{ owner: "LINUX" as const, type: LinuxNote.X86Xstate, made: area }] : [])];
  const head = PRSTATUS_HEAD[bits];
  const status = new Uint8Array(prstatusSize(form));
  const pid = Number(BigInt.asUintN(32, facts.id));
  head.encodeInto(status, 0, { signo: processSignal, cursig: processSignal, pid, ppid, pgrp: 0, sid }, order);
  status.set(general.bytes, head.size);
  new DataView(status.buffer).setUint32(head.size + general.bytes.length, others.length > 0 ? 1 : 0, order === "little");
  const notes = [
    encodeNote("CORE", form.registers.general.type, status, order),
    ...sets.map(({ owner, type, made }) => encodeNote(owner, type, made.bytes, order)),
    ...(signal ? [sigInfoNote(signal, form)] : []),
    ...(hasOwnNote(facts) || processSignal !== 0
      ? [encodeNote(OWN_OWNER, OwnNote.ThreadFacts, encodeThreadFacts(facts, order), order)]
      : []),
  ];
  const made: readonly MadeSet[] = [general, ...sets.map((set) => set.made)];
  const taken = new Set(made.flatMap((set) => set.taken));
  return {
    bytes: concatenated(notes),
    zeros: made.flatMap(({ zeros }) => zeros),
    leftOut: [...stated.keys()].filter((name) => !taken.has(name)),
  };
}

/** Whether the notes of Linux have no place for something that the capture says about a thread. */
export function hasOwnNote(facts: ThreadFacts): boolean {
  return isLost(facts, false) || facts.id > THREAD_ID_MOST;
}
