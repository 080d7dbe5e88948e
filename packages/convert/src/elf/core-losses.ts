/**
 * What the notes of a core say that a capture has no field for: gathered while they are read, and told in few sentences, however many threads there are. Nothing of a
 * note is left out without a word.
 */

import type { TimeSlice } from "@memslice/msl/work";
import { counted } from "@memslice/msl/work";
import type { DumpNotes } from "../dump/dump-notes.js";
import { Kinds, ownerText, UnreadPieces } from "../dump/kinds.js";
import { ToldSignals } from "../own/told-signals.js";
import type { StructureOrder } from "../structures/structure.js";
import { CoreNote, type PRPSINFO, type PRSTATUS_HEAD } from "./core-notes.js";
import type { CoreRegisters } from "./core-registers.js";
import type { CoreThread } from "./core-threads.js";
import type { ElfBits } from "./elf-structures.js";
import type { PlacedNote } from "./note-reader.js";
import { isAllOf, signalIn } from "./signals.js";
import { lostComponents, type XsaveHead, type XsaveLayout, xsaveLayout } from "./xsave-area.js";

/** NT_X86_XSTATE of threads whose areas have one form. */
interface XsaveAreas {
  readonly head: XsaveHead;
  readonly size: number;
  /** The components that one of the threads uses. */
  used: bigint;
  threads: number;
}

export class CoreLosses {
  readonly #notes = new UnreadPieces();
  readonly #signals = new ToldSignals();
  readonly #areas = new Kinds<XsaveAreas>();
  /** NT_SIGINFO with more than is told of it. */
  #partly = 0;
  readonly #status = { signals: 0, firstSignal: 0, pending: 0, blocked: 0, times: 0 };

  /** A note that is not read, or of which another one has been read. */
  note({ name, type, length }: Pick<PlacedNote, "name" | "type" | "length">): void {
    this.#notes.add(`${ownerText(name)} 0x${type.toString(16)}`, length);
  }

  /** NT_PRSTATUS, what stands before the registers. */
  status({ cursig, sigpend, sighold, times }: ReturnType<(typeof PRSTATUS_HEAD)[ElfBits]["decode"]>): void {
    const found = this.#status;
    if (cursig !== 0 && found.signals++ === 0) found.firstSignal = cursig;
    if (sigpend !== 0n) found.pending++;
    if (sighold !== 0n) found.blocked++;
    if (times.some((byte) => byte !== 0)) found.times++;
  }

  /** NT_SIGINFO of a thread. */
  signal(bytes: Uint8Array, thread: number, form: { readonly bits: ElfBits; readonly order: StructureOrder }): void {
    const signal = signalIn(bytes, form);
    if (!signal) this.note({ name: "CORE", type: CoreNote.SigInfo, length: bytes.length });
    else if (signal.number !== 0) {
      this.#signals.add(BigInt(thread), signal);
      if (!isAllOf(bytes, signal, form)) this.#partly++;
    }
  }

  /** NT_X86_XSTATE of a thread. */
  area(head: XsaveHead, size: number): void {
    const kind = this.#areas.of(`${head.xcr0} ${head.isCompacted} ${size}`, () => ({ head, size, used: 0n, threads: 0 }));
    if (!kind) return;
    kind.used |= head.used;
    kind.threads++;
  }

  /** NT_PRPSINFO. `name`: of the program, unless it stands for the command line. */
  process(info: ReturnType<(typeof PRPSINFO)[136]["decode"]>, name: string | undefined, notes: DumpNotes): void {
    const { sname, nice, flag, uid, gid, pgrp } = info;
    const state = sname > 0x20 && sname < 0x7f ? String.fromCharCode(sname) : `${info.state}`;
    const facts = [
      ...[`state ${state}`, `nice ${(nice << 24) >> 24}`, `flags 0x${flag.toString(16)}`, `user ${uid}`, `group ${gid}`],
      ...[`process group ${pgrp}`, ...(name === undefined ? [] : [`name ${JSON.stringify(name)}`])],
    ];
    notes.lose(`NT_PRPSINFO: ${facts.join(", ")}`);
  }

  /** Counts the notes with registers that no set of the architecture has. */
  unknownSets(threads: readonly CoreThread[], registers: CoreRegisters, isXstate: (note: PlacedNote) => boolean): void {
    const known = new Set(registers.others.map(({ owner, type }) => `${owner} ${type}`));
    for (const { sets } of threads) {
      for (const note of sets) if (!known.has(`${note.name} ${note.type}`) && !isXstate(note)) this.note(note);
    }
  }

  /** `xsave`: what the core says about the components of NT_X86_XSTATE. */
  async tell(
    notes: DumpNotes,
    { threads, xsave: stated }: { readonly threads: readonly CoreThread[]; readonly xsave: XsaveLayout | undefined },
    slice: TimeSlice,
  ): Promise<void> {
    const { signals, firstSignal, pending, blocked, times } = this.#status;
    const status = [
      ...(signals > 0 ? [`the last signal of ${counted(signals, "threads")}, ${firstSignal} of the first`] : []),
      ...(pending > 0 ? [`pending signals of ${counted(pending, "threads")}`] : []),
      ...(blocked > 0 ? [`blocked signals of ${counted(blocked, "threads")}`] : []),
      ...(times > 0 ? [`processor times of ${counted(times, "threads")}`] : []),
    ];
    if (status.length > 0) notes.lose(`NT_PRSTATUS: ${status.join(", ")}`);
    await this.#signals.tell(
      notes,
      threads.map(({ id }) => BigInt(id)),
      slice,
    );
    if (this.#partly > 0) notes.lose(`other fields of siginfo_t than these, notes NT_SIGINFO that have some: ${this.#partly}`);
    for (const one of this.#areas) for (const text of areaTexts(one, stated)) notes.lose(text);
    if (this.#areas.others > 0)
      notes.lose(`registers in NT_X86_XSTATE of ${counted(this.#areas.others, "threads")}, in areas of yet other forms`);
    const others = this.#notes.text("notes");
    if (others !== "") notes.lose(`notes that a capture has no place for: ${others}`);
  }
}

/** What is lost of areas of one form: components whose place is not known, and those that no register has. */
function areaTexts({ head, size, used, threads }: XsaveAreas, stated: XsaveLayout | undefined): string[] {
  const { unplaced, unread } = lostComponents(used, xsaveLayout(head, size, stated));
  const place = `whose place in ${size} bytes with XCR0 0x${head.xcr0.toString(16)} is not known`;
  return [
    ...(unplaced.length > 0
      ? [`registers in NT_X86_XSTATE of ${counted(threads, "threads")}, ${place}: ${unplaced.join(", ")}`]
      : []),
    ...(unread.length > 0
      ? [
          `extended states in NT_X86_XSTATE of ${counted(threads, "threads")}, for which there are no registers: ${unread.join(", ")}`,
        ]
      : []),
  ];
}
