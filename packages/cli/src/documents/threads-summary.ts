/** The threads of a capture, as `msl info` tells of them: how many there are, and where the current one was. */
import { addressJson, type Capture, type Place, type Thread } from "@memslice/msl";

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

/** As `msl.info/1` has it. */
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

function placeJson({ address, module, moduleOffset, region }: Place) {
  return {
    address: addressJson(address),
    ...(module && moduleOffset !== undefined ? { module: module.path, moduleOffset: addressJson(moduleOffset) } : {}),
    ...(region ? { regionBase: addressJson(region.baseAddr) } : {}),
  };
}

/** The current thread and where it was. */
export function threadsText({ count, current: { thread, pc, sp } }: ThreadsSummary): string {
  const { id, name, stateName, crashed } = thread;
  const about = [name && `"${name}"`, stateName, crashed && "crashed"].filter(Boolean).join(", ");
  const places = [pc && `pc ${placeText(pc)}`, sp && `sp ${placeText(sp)}`].filter(Boolean).join(", ");
  return `${count}, current ${id} (${about})${places === "" ? "" : `: ${places}`}`;
}

function placeText({ address, module, moduleOffset, region }: Place): string {
  if (module && moduleOffset !== undefined) return `${addressJson(address)} (${module.path}+${addressJson(moduleOffset)})`;
  return `${addressJson(address)}${region ? ` (region ${addressJson(region.baseAddr)})` : " (in no region)"}`;
}
