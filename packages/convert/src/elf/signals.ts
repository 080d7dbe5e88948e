/** NT_SIGINFO: the signal that stopped a thread. Sources: siginfo_t (asm-generic/siginfo.h). */
import { hasFaultAddress, type ThreadSignal } from "../own/thread-signals.js";
import type { StructureOrder } from "../structures/structure.js";
import { CoreNote, encodeNote, encodeWords } from "./core-notes.js";
import { type ElfBits, word } from "./elf-structures.js";

/** How words are stored. */
interface WordForm {
  readonly bits: ElfBits;
  readonly order: StructureOrder;
}

/** Bytes of siginfo_t. */
export const SIGINFO_SIZE = 128;

/** Where si_addr stands: the union is aligned to a word. */
function unionAt(bits: ElfBits): number {
  return bits === 64 ? 16 : 12;
}

/** si_signo, si_errno, si_code, and where the union begins si_addr, or si_pid and si_uid. Undefined if `bytes` have no union; `number` is 0 without a signal. */
export function signalIn(bytes: Uint8Array, { bits, order }: WordForm): ThreadSignal | undefined {
  const at = unionAt(bits);
  if (bytes.length < at + 8) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const little = order === "little";
  const [number, code] = [view.getInt32(0, little), view.getInt32(8, little)];
  // SI_USER, SI_QUEUE, SI_TKILL: another process, or this one, sent it.
  const sender = code <= 0 ? { pid: view.getInt32(at, little), uid: view.getUint32(at + 4, little) } : undefined;
  const address = hasFaultAddress({ number, code }) ? word(bits)(0).get(view, at, little) : undefined;
  return { number, code, address, sender };
}

/** Whether siginfo_t has nothing beside what `signalIn` finds: no si_errno, no value of a queue, no address that other signals than faults have. */
export function isAllOf(bytes: Uint8Array, signal: ThreadSignal, form: WordForm): boolean {
  const told = sigInfo(signal, form);
  return bytes.every((byte, at) => byte === told[at]);
}

/** The note of a signal. */
export function sigInfoNote(signal: ThreadSignal, form: WordForm): Uint8Array {
  return encodeNote("CORE", CoreNote.SigInfo, sigInfo(signal, form), form.order);
}

function sigInfo({ number, code, address, sender }: ThreadSignal, { bits, order }: WordForm): Uint8Array {
  const bytes = new Uint8Array(SIGINFO_SIZE);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, number, order === "little");
  view.setInt32(8, code, order === "little");
  if (address !== undefined) bytes.set(encodeWords([address], bits, order), unionAt(bits));
  if (sender) {
    view.setInt32(unionAt(bits), sender.pid, order === "little");
    view.setUint32(unionAt(bits) + 4, sender.uid, order === "little");
  }
  return bytes;
}
