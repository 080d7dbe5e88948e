/**
 * What the notes of a core say that a capture has no field for: gathered while they are read, and told in few sentences, however many threads there are. Nothing of a
 * note is left out without a word (FORMAT.md 8.1).
 */
import type { DumpNotes } from "../dump/dump-notes.js";
import { Kinds, ownerText, UnreadPieces } from "../dump/kinds.js";
import type { StructureOrder } from "../structures/structure.js";
import { CoreNote, type PRPSINFO, type PRSTATUS_HEAD } from "./core-notes.js";
import type { CoreRegisters } from "./core-registers.js";
import type { CoreThread } from "./core-threads.js";
import { type ElfBits, word } from "./elf-structures.js";
import type { PlacedNote } from "./note-reader.js";
import { faultAddressAt, WITHOUT_FIELD } from "./signals.js";
import { lostComponents, type XsaveHead, type XsaveLayout, xsaveLayout } from "./xsave-area.js";

/** NT_X86_XSTATE of threads whose areas have one form. */
interface XsaveAreas {
  readonly head: XsaveHead;
  readonly size: number;
  /** The components that one of the threads uses. */
  used: bigint;
  threads: number;
}

/** Signals whose siginfo has the address of the fault (siginfo_t: si_addr). */
const FAULTS: ReadonlySet<number> = new Set([4, 7, 8, 11]);

export class CoreLosses {
  readonly #notes = new UnreadPieces();
  readonly #signals = new Kinds<{ text: string; thread: number; count: number }>();
  readonly #areas = new Kinds<XsaveAreas>();
  readonly #status = { signals: 0, firstSignal: 0, pending: 0, blocked: 0, times: 0 };
  #signalled = 0;
  #lone: string | undefined;

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

  /** NT_SIGINFO. siginfo_t: si_signo, si_errno, si_code, and on 64 bits four bytes of padding; then the address of a fault, or who sent the signal. */
  signal(bytes: Uint8Array, thread: number, { bits, order }: { readonly bits: ElfBits; readonly order: StructureOrder }): void {
    const at = faultAddressAt(bits);
    if (bytes.length < at + 8) {
      this.note({ name: "CORE", type: CoreNote.SigInfo, length: bytes.length });
      return;
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    const little = order === "little";
    const [number, code] = [view.getInt32(0, little), view.getInt32(8, little)];
    if (number === 0) return;
    const address = word(bits)(0).get(view, at, little);
    const fault = FAULTS.has(number) && code > 0 ? `, address 0x${address.toString(16)}` : "";
    // SI_USER, SI_QUEUE, SI_TKILL: another process, or this one, sent it.
    const sender = code <= 0 ? `, from process ${view.getInt32(at, little)} of user ${view.getUint32(at + 4, little)}` : "";
    const text = `${number}, code ${code}${fault}${sender}`;
    this.#lone ??= `the signal of thread ${thread}, ${WITHOUT_FIELD}: ${text}`;
    this.#signalled++;
    const kind = this.#signals.of(text, () => ({ text, thread, count: 0 }));
    if (kind) kind.count++;
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

  /** `stated`: what the core says about the components of NT_X86_XSTATE. */
  tell(notes: DumpNotes, stated: XsaveLayout | undefined): void {
    const { signals, firstSignal, pending, blocked, times } = this.#status;
    const status = [
      ...(signals > 0 ? [`the last signal of ${signals} threads, ${firstSignal} of the first`] : []),
      ...(pending > 0 ? [`pending signals of ${pending} threads`] : []),
      ...(blocked > 0 ? [`blocked signals of ${blocked} threads`] : []),
      ...(times > 0 ? [`processor times of ${times} threads`] : []),
    ];
    if (status.length > 0) notes.lose(`NT_PRSTATUS: ${status.join(", ")}`);
    if (this.#signalled === 1 && this.#lone !== undefined) notes.lose(this.#lone);
    else if (this.#signalled > 1) {
      const found = this.#signals.texts(({ text, thread, count }) =>
        count === 1 ? `thread ${thread}: ${text}` : `${count} threads: ${text}`,
      );
      notes.lose(`the signals of ${this.#signalled} threads, ${WITHOUT_FIELD}: ${found.join("; ")}`);
    }
    for (const one of this.#areas) for (const text of areaTexts(one, stated)) notes.lose(text);
    if (this.#areas.others > 0)
      notes.lose(`registers in NT_X86_XSTATE of ${this.#areas.others} threads, in areas of yet other forms`);
    const others = this.#notes.text("notes");
    if (others !== "") notes.lose(`notes that a capture has no place for: ${others}`);
  }
}

/** What is lost of areas of one form: components whose place is not known, and those that no register has. */
function areaTexts({ head, size, used, threads }: XsaveAreas, stated: XsaveLayout | undefined): string[] {
  const { unplaced, unread } = lostComponents(used, xsaveLayout(head, size, stated));
  const place = `whose place in ${size} bytes with XCR0 0x${head.xcr0.toString(16)} is not known`;
  return [
    ...(unplaced.length > 0 ? [`registers in NT_X86_XSTATE of ${threads} threads, ${place}: ${unplaced.join(", ")}`] : []),
    ...(unread.length > 0
      ? [`extended states in NT_X86_XSTATE of ${threads} threads, for which there are no registers: ${unread.join(", ")}`]
      : []),
  ];
}
