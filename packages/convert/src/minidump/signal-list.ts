/** The stream of memslice about signals: ExceptionStream has one signal without its sender, and a process as gcore of gdb stops it has one for each thread. */
import type { ThreadSignal } from "../own/thread-signals.js";
import { SIGNAL_MOST } from "../own/thread-signals.js";
import { Structure, u32, u64 } from "../structures/structure.js";

/** `stated`: 1 if there is an address, 2 if there is a sender. */
const SIGNAL = new Structure("memslice signal", 40, {
  threadId: u64(0),
  number: u32(8),
  code: u32(12),
  address: u64(16),
  pid: u32(24),
  uid: u32(28),
  stated: u32(32),
});
const HAS_ADDRESS = 1;
const HAS_SENDER = 2;

/** Bytes of a row. */
export const SIGNAL_SIZE = SIGNAL.size;

/** The signal of a thread. */
export interface SignalRow {
  readonly threadId: bigint;
  readonly signal: ThreadSignal;
}

export function encodeSignals(rows: readonly SignalRow[]): Uint8Array {
  const list = new Uint8Array(rows.length * SIGNAL.size);
  for (const [index, { threadId, signal }] of rows.entries()) {
    const { number, code, address, sender } = signal;
    const stated = (address === undefined ? 0 : HAS_ADDRESS) | (sender ? HAS_SENDER : 0);
    const facts = { number, code: code >>> 0, address: address ?? 0n, pid: (sender?.pid ?? 0) >>> 0, uid: sender?.uid ?? 0 };
    SIGNAL.encodeInto(list, index * SIGNAL.size, { threadId, ...facts, stated });
  }
  return list;
}

/** The row at `at`; undefined for a signal that Linux does not have, and for other bits of `stated`. */
export function decodeSignal(window: Uint8Array, at: number): SignalRow | undefined {
  const { threadId, number, code, address, pid, uid, stated } = SIGNAL.decode(window, at);
  if (number < 1 || number > SIGNAL_MOST || stated > (HAS_ADDRESS | HAS_SENDER)) return undefined;
  return {
    threadId,
    signal: {
      ...{ number, code: code | 0 },
      address: stated & HAS_ADDRESS ? address : undefined,
      sender: stated & HAS_SENDER ? { pid: pid | 0, uid } : undefined,
    },
  };
}
