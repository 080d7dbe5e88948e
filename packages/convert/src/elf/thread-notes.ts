/** The notes of one thread in an ELF core: NT_PRSTATUS with its general registers, and notes with floating-point and vector registers. */
import type { StructureOrder } from "../structures/structure.js";
import { encodeNote, noteSize, PRSTATUS_HEAD } from "./core-notes.js";
import { type CoreRegisters, type RegisterValue, setOf, valuesByName } from "./core-registers.js";
import type { ElfBits } from "./elf-structures.js";

/** What a core tells about its process with each thread; 0 unknown. */
export interface ProcessIds {
  readonly pid: number;
  readonly ppid: number;
  readonly sid: number;
}

export interface CoreThread {
  /** The id of the thread, of which a core holds 32 bits. */
  readonly id: bigint;
  readonly registers: readonly RegisterValue[];
}

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
export function threadNotes({ id, registers }: CoreThread, { ppid, sid }: ProcessIds, form: CoreForm): ThreadNotes {
  const { bits, order } = form;
  const values = valuesByName(registers);
  const general = setOf(form.registers.general, values);
  const others = form.registers.others
    .map((set) => ({ set, made: setOf(set, values) }))
    .filter(({ made }) => made.taken.length > 0);
  const head = PRSTATUS_HEAD[bits];
  const status = new Uint8Array(prstatusSize(form));
  head.encodeInto(status, 0, { pid: Number(BigInt.asUintN(32, id)), ppid, pgrp: 0, sid }, order);
  status.set(general.bytes, head.size);
  new DataView(status.buffer).setUint32(head.size + general.bytes.length, others.length > 0 ? 1 : 0, order === "little");
  const notes = [
    encodeNote("CORE", form.registers.general.type, status, order),
    ...others.map(({ set, made }) => encodeNote(set.owner, set.type, made.bytes, order)),
  ];
  const taken = new Set([general, ...others.map(({ made }) => made)].flatMap((made) => made.taken));
  return {
    bytes: joined(notes),
    zeros: [general, ...others.map(({ made }) => made)].flatMap(({ zeros }) => zeros),
    leftOut: [...values.keys()].filter((name) => !taken.has(name)),
  };
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((size, { length }) => size + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
