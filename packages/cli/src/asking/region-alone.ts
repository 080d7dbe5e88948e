/** One region of a capture in place of all its memory: its own bytes, also at addresses where reads prefer another region. */
import { type Capture, MslError } from "@memslice/msl";
import type { OptionSpec, OptionValue } from "../options.js";
import type { Questioned } from "./questioned.js";

/** The option of the commands that can ask one region. */
export const BLOCK_OPTION: Readonly<Record<"block", OptionSpec>> = {
  block: {
    type: "string",
    value: "N",
    help: "only the region in block N, as msl maps --json numbers them: all of its own bytes, also where it overlaps another region",
  },
};

/** The value of `--block`. Throws `usage`. */
export function blockOf(value: OptionValue): number | undefined {
  if (value === undefined) return undefined;
  if (/^[0-9]{1,10}$/.test(String(value))) return Number(value);
  throw new MslError("usage", `--block takes the index of a block, not ${JSON.stringify(value)}`);
}

/** The capture with the memory of one region alone. Throws `usage` if the block is none of a region that can be read. */
export async function withRegionAlone(capture: Capture, block: number, signal: AbortSignal): Promise<Questioned> {
  const region = (await capture.regions(signal)).find(({ blocks }) => blocks.some(({ index }) => index === block));
  if (!region) {
    throw new MslError("usage", `Block ${block} is no Memory Region that can be read: msl maps --json has the blocks of regions`);
  }
  const { regionMemory } = await import("@memslice/analysis");
  return {
    header: capture.header,
    end: capture.end,
    announcedButMissing: capture.announcedButMissing,
    modules: (given) => capture.modules(given),
    moduleAt: (address, given) => capture.moduleAt(address, given),
    regions: async () => [region],
    unreadableRegions: (given) => capture.unreadableRegions(given),
    memory: regionMemory(capture, region),
  };
}
