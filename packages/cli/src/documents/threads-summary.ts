/** The threads of a capture in `msl info`: their number, and the places of the current thread's pc and sp. */
import type { Capture, Place, Thread } from "@memslice/msl";
import { addressText, placeJson } from "./place-text.js";

export interface ThreadsSummary {
  readonly count: number;
  readonly current: { readonly thread: Thread; readonly pc: Place | undefined; readonly sp: Place | undefined };
}

/** Null for a capture without threads. */
export async function threadsSummary(capture: Capture, signal: AbortSignal): Promise<ThreadsSummary | null> {
  const threads = await capture.threads(signal);
  const current = threads.find((thread) => thread.current);
  if (!current) return null;
  const place = async (address: bigint | undefined) => (address === undefined ? undefined : capture.locate(address, signal));
  return { count: threads.length, current: { thread: current, pc: await place(current.pc), sp: await place(current.sp) } };
}

/** The property `threads` of `msl.info/1`. */
export function threadsJson({ count, current: { thread, pc, sp } }: ThreadsSummary) {
  const { id, name, stateName, crashed, registerCount } = thread;
  return {
    count,
    current: {
      id: String(id),
      name,
      stateName,
      crashed,
      registers: registerCount,
      pc: pc ? placeJson(pc) : null,
      sp: sp ? placeJson(sp) : null,
    },
  };
}

/** The number of threads, the current thread, and where it was. */
export function threadsText({ count, current: { thread, pc, sp } }: ThreadsSummary): string {
  const { id, name, stateName, crashed } = thread;
  const about = [name && `"${name}"`, stateName, crashed && "crashed"].filter(Boolean).join(", ");
  const places = [pc && `pc ${fullPlace(pc)}`, sp && `sp ${fullPlace(sp)}`].filter(Boolean).join(", ");
  return `${count}, current ${id} (${about})${places === "" ? "" : `: ${places}`}`;
}

function fullPlace({ address, module, moduleOffset, region }: Place): string {
  if (module && moduleOffset !== undefined) return `${addressText(address)} (${module.path}+${addressText(moduleOffset)})`;
  return `${addressText(address)}${region ? ` (region ${addressText(region.baseAddr)})` : " (in no region)"}`;
}
