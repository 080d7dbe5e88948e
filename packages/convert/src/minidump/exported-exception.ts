/** ExceptionStream of an export: the exception or the signal that Note of Import Provenance tells, of the thread that crashed. Captures have no field for either. */
import type { Thread } from "@memslice/msl";
import type { ExportNotes } from "../export/export-report.js";
import { SignalsOfNote, type ThreadSignal } from "../own/thread-signals.js";
import { type DumpException, exceptionIn, exceptionOfSignal } from "./exceptions.js";

/** A thread of the file. */
export interface ExportedThread {
  readonly id: number;
  readonly thread: Thread;
}

/** The exceptions and signals of threads. */
export interface Crash {
  /** Undefined if nothing says that a thread crashed. */
  readonly exception: DumpException | undefined;
  /** Whether the exception is the signal of its thread, without anything more. */
  readonly isSignal: boolean;
  readonly signals: ReadonlyMap<number, ThreadSignal>;
}

/** `note`: of Import Provenance. `hasSignals`: whether exceptions are signals on the system of the capture. */
export function crashOf(
  threads: readonly ExportedThread[],
  { note, hasSignals }: { readonly note: string; readonly hasSignals: boolean },
  notes: ExportNotes,
): Crash {
  const told = new SignalsOfNote(note);
  const signals = new Map<number, ThreadSignal>();
  for (const { id } of threads) {
    const signal = told.of(BigInt(id));
    if (signal) signals.set(id, signal);
  }
  const crashed = threads.find(({ thread }) => thread.crashed);
  const stated = exceptionIn(note);
  if (stated && (crashed ? crashed.id === stated.threadId : threads.some(({ id }) => id === stated.threadId))) {
    const name = `Exception 0x${stated.code.toString(16)} of thread ${stated.threadId}`;
    notes.add("derived", "ExceptionStream", `${name} is the one that Import Provenance tells`);
    return { exception: stated, isSignal: false, signals };
  }
  if (!crashed) return { exception: undefined, isSignal: false, signals };
  const { id, thread } = crashed;
  const signal = hasSignals ? signals.get(id) : undefined;
  if (!signal) {
    notes.add(
      "assumed",
      "ExceptionStream",
      `Thread ${id} crashed; the capture does not say with which exception: its code is 0, its address the program counter`,
    );
    const unknown = { threadId: id, code: 0, flags: 0, record: 0n, address: thread.pc ?? 0n, parameters: [] };
    return { exception: unknown, isSignal: false, signals };
  }
  const where = signal.address === undefined ? "; the signal has no address, and the exception has the program counter" : "";
  notes.add(
    "derived",
    "ExceptionStream",
    `The exception of thread ${id} is signal ${signal.number}, which Import Provenance tells${where}`,
  );
  return { exception: exceptionOfSignal(id, signal, thread.pc ?? 0n), isSignal: true, signals };
}

/** The signals that ExceptionStream does not have: of other threads, and with their senders. */
export function signalsBeside({ exception, isSignal, signals }: Crash): [id: number, signal: ThreadSignal][] {
  return [...signals].filter(([id, { sender }]) => !isSignal || id !== exception?.threadId || sender !== undefined);
}
