/** What a capture says about a thread beside its registers, as exports write it for imports (own/thread-facts.ts). */
import { THREAD_STATE, type Thread } from "@memslice/msl";
import type { ThreadFacts } from "../own/thread-facts.js";
import type { ExportNotes } from "./export-report.js";

export function threadFactsOf({ id, startTimeNs, current, crashed, state, name }: Thread): ThreadFacts {
  return { id, startTimeNs, current, crashed, state: isRegistered(state) ? state : 0, name };
}

/** Tells a state that no producer may write: imports would refuse it. */
export function tellThreadFacts({ id, state }: Thread, notes: ExportNotes): void {
  if (!isRegistered(state))
    notes.add(
      "no place",
      "ThreadState",
      `Thread ${id} has the state ${state}, which is not registered: it is unknown in the output`,
    );
}

function isRegistered(state: number): boolean {
  return THREAD_STATE.names[state] !== undefined;
}
