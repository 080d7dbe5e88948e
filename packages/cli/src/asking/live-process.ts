/** A live process in place of a capture: its memory as it is now, and the places of an outline, which has its modules and regions. */
import { MslError, openCapture } from "@memslice/msl";
import type { OptionSpec, OptionValue } from "../options.js";
import type { Questioned } from "./questioned.js";

/** The option of the commands that can ask a live process. */
export const PID_OPTION: Readonly<Record<"pid", OptionSpec>> = {
  pid: { type: "string", value: "PID", help: "in place of a file: ask a live Linux process, which goes on running" },
};

/** The value of `--pid`. Throws `usage`. */
export function pidOf(value: OptionValue): number | undefined {
  if (value === undefined) return undefined;
  const pid = Number(value);
  if (/^[0-9]{1,10}$/.test(String(value)) && pid > 0) return pid;
  throw new MslError("usage", `--pid takes the id of a process, not ${JSON.stringify(value)}`);
}

/**
 * Calls `use` with the process, and its name for messages. Throws `usage` on other systems than Linux, `not-permitted` if the process may not be read, `source`
 * if it has ended, and what `use` throws.
 */
export async function withLiveProcess<T>(
  pid: number,
  signal: AbortSignal,
  use: (name: string, questioned: Questioned) => Promise<T>,
): Promise<T> {
  const { openProcess, outlineProcess } = await import("@memslice/acquire");
  const memory = await openProcess(pid, { dontDump: true });
  try {
    const outline = await openCapture(await outlineProcess(pid, signal));
    return await use(`process ${pid}`, {
      header: outline.header,
      modules: (given) => outline.modules(given),
      moduleAt: (address, given) => outline.moduleAt(address, given),
      regions: (given) => outline.regions(given),
      memory: {
        ranges: (from, to, given) => memory.ranges(from, to, given),
        states: (from, to, given) => memory.states(from, to, given),
        extent: (from, to, given) => memory.extent(from, to, given),
        readInto: (target, address, given) => memory.readInto(target, address, given),
        owners: (from, to, given) => outline.memory.owners(from, to, given),
      },
    });
  } finally {
    memory.close();
  }
}
