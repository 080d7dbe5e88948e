/**
 * Signals of threads. A capture has no field for them: an import tells them in Note of Import Provenance, from which an export takes them back. Sources: siginfo_t
 * (asm-generic/siginfo.h), struct elf_siginfo, signal(7).
 */
import type { StructureOrder } from "../structures/structure.js";
import { CoreNote, encodeNote, encodeWords } from "./core-notes.js";
import type { ElfBits } from "./elf-structures.js";

/** The signal that stopped a thread. */
export interface ThreadSignal {
  /** si_signo, 1 to 64. */
  readonly number: number;
  /** si_code. */
  readonly code: number;
  /** si_addr, of signals that have one. */
  readonly address: bigint | undefined;
  /** si_pid and si_uid, of signals that a process sent. */
  readonly sender: { readonly pid: number; readonly uid: number } | undefined;
}

/** Bytes of siginfo_t. */
const SIGINFO_SIZE = 128;
const SIGNAL_MOST = 64;

/** Words of the sentences of Note about signals. */
export const WITHOUT_FIELD = "for which a capture has no field";

const FACTS =
  /(\d{1,3}), code (-?\d{1,10})(?:, address 0x([0-9a-f]{1,16}))?(?:, from process (-?\d{1,10}) of user (\d{1,10}))?(?![\da-fx])/;
/** One thread with a signal, or the list of several (core-losses.ts). */
const ONE = new RegExp(`\\bthe signal of thread (\\d{1,20}), ${WITHOUT_FIELD}: ${FACTS.source}`);
const SEVERAL = new RegExp(`\\bthe signals of \\d{1,9} threads, ${WITHOUT_FIELD}: `);
const LISTED = new RegExp(`(?:^|; )thread (\\d{1,20}): ${FACTS.source}`, "g");

/** The signals that a Note tells, by thread id. Of threads that it counts and does not name, none. */
export function signalsIn(note: string): ReadonlyMap<bigint, ThreadSignal> {
  const one = ONE.exec(note);
  const list = SEVERAL.exec(note);
  const found = [...(one ? [one] : []), ...(list ? note.slice(list.index + list[0].length).matchAll(LISTED) : [])];
  const signals = new Map<bigint, ThreadSignal>();
  for (const [, thread = "", number, code, address, pid, uid] of found) {
    const signal = {
      ...{ number: Number(number), code: Number(code) },
      address: address === undefined ? undefined : BigInt(`0x${address}`),
      sender: pid === undefined ? undefined : { pid: Number(pid), uid: Number(uid) },
    };
    if (signal.number < 1 || signal.number > SIGNAL_MOST || signal.code !== (signal.code | 0)) continue;
    if (!signals.has(BigInt(thread))) signals.set(BigInt(thread), signal);
  }
  return signals;
}

/** NT_SIGINFO: si_signo, si_errno, si_code, and where the union begins si_addr, or si_pid and si_uid. */
export function sigInfoNote(
  { number, code, address, sender }: ThreadSignal,
  { bits, order }: { readonly bits: ElfBits; readonly order: StructureOrder },
): Uint8Array {
  const bytes = new Uint8Array(SIGINFO_SIZE);
  const view = new DataView(bytes.buffer);
  view.setInt32(0, number, order === "little");
  view.setInt32(8, code, order === "little");
  if (address !== undefined) bytes.set(encodeWords([address], bits, order), faultAddressAt(bits));
  if (sender) {
    view.setInt32(faultAddressAt(bits), sender.pid, order === "little");
    view.setUint32(faultAddressAt(bits) + 4, sender.uid, order === "little");
  }
  return encodeNote("CORE", CoreNote.SigInfo, bytes, order);
}

/** Where si_addr stands: the union is aligned to a word. */
export function faultAddressAt(bits: ElfBits): number {
  return bits === 64 ? 16 : 12;
}
