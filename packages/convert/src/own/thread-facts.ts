/**
 * What a Thread Context says about a thread and dumps of other formats have no place for: the whole id, start time, state and flags, and in ELF cores the name. The record
 * stands in a note behind the notes of the thread, or in a stream of a minidump, in the order of ThreadListStream.
 */
import { THREAD_STATE, ThreadFlag } from "@memslice/msl";
import { Structure, type StructureOrder, u8, u16, u64 } from "../structures/structure.js";

/** `flags` and `state`: those of the Thread Context. A name of `nameLength` bytes of UTF-8 follows. */
const THREAD_FACTS = new Structure("memslice thread facts", 24, {
  id: u64(0),
  startTimeNs: u64(8),
  flags: u16(16),
  state: u8(18),
  nameLength: u16(20),
});

/** Bytes of a record without a name. */
export const THREAD_FACTS_SIZE = THREAD_FACTS.size;
/** Bytes of the longest name in a Thread Context. */
const NAME_MOST = 65_534;
/** Bytes of the longest record. */
export const THREAD_FACTS_MOST = THREAD_FACTS.size + NAME_MOST;

const KNOWN_FLAGS = ThreadFlag.Current | ThreadFlag.Crashed;

export interface ThreadFacts {
  readonly id: bigint;
  /** Nanoseconds since 1970-01-01 UTC; 0 unknown. */
  readonly startTimeNs: bigint;
  readonly current: boolean;
  readonly crashed: boolean;
  /** A code of `THREAD_STATE`. */
  readonly state: number;
  readonly name: string;
}

/** Whether a reader that does not know the record loses something of the thread; `hasNames`: whether the format has a place for names and times. */
export function isLost({ startTimeNs, crashed, state, name }: ThreadFacts, hasNames: boolean): boolean {
  return crashed || state !== 0 || (!hasNames && (name !== "" || startTimeNs !== 0n));
}

export function encodeThreadFacts(
  { id, startTimeNs, current, crashed, state, name }: ThreadFacts,
  order: StructureOrder,
): Uint8Array {
  const text = stored(name);
  const record = new Uint8Array(THREAD_FACTS.size + text.length);
  const flags = (current ? ThreadFlag.Current : 0) | (crashed ? ThreadFlag.Crashed : 0);
  THREAD_FACTS.encodeInto(record, 0, { id: BigInt.asUintN(64, id), startTimeNs, flags, state, nameLength: text.length }, order);
  record.set(text, THREAD_FACTS.size);
  return record;
}

/**
 * The record in `bytes`, whose size it has to have; undefined if it has another one, is about another thread than `id`, the lowest 32 bits of an id, or has flags, states or
 * a name that no Thread Context has.
 */
export function decodeThreadFacts(bytes: Uint8Array, id: number, order: StructureOrder): ThreadFacts | undefined {
  if (bytes.length < THREAD_FACTS.size) return undefined;
  const { nameLength, flags, ...facts } = THREAD_FACTS.decode(bytes, 0, order);
  if (bytes.length !== THREAD_FACTS.size + nameLength || bytes.length > THREAD_FACTS_MOST) return undefined;
  if (Number(BigInt.asUintN(32, facts.id)) !== id >>> 0 || (flags & ~KNOWN_FLAGS) !== 0) return undefined;
  if (THREAD_STATE.names[facts.state] === undefined) return undefined;
  const name = nameOf(bytes.subarray(THREAD_FACTS.size));
  if (name === undefined) return undefined;
  return { ...facts, name, current: (flags & ThreadFlag.Current) !== 0, crashed: (flags & ThreadFlag.Crashed) !== 0 };
}

/** The bytes of a name: up to a NUL, which ends names, and at most as many as a Thread Context holds, in whole characters. */
function stored(name: string): Uint8Array {
  const bytes = new Uint8Array(Math.min(NAME_MOST, 3 * name.length));
  return bytes.subarray(0, new TextEncoder().encodeInto(name.split("\0", 1)[0] ?? "", bytes).written);
}

const strict = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Undefined for bytes that are no UTF-8, or have a NUL, which ends a name. */
function nameOf(bytes: Uint8Array): string | undefined {
  try {
    const name = strict.decode(bytes);
    return name.includes("\0") ? undefined : name;
  } catch {
    return undefined;
  }
}
