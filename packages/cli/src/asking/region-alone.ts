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

/** The capture with the memory of one region alone; its words and places to point at are those of the whole capture. Throws `usage` if the block is none of a region that can be read. */
export async function withRegionAlone(capture: Capture, block: number, signal: AbortSignal): Promise<Questioned> {
  const region = (await capture.regions(signal)).find(({ blocks }) => blocks.some(({ index }) => index === block));
  if (!region) {
    throw new MslError("usage", `Block ${block} is no Memory Region that can be read: msl maps --json has the blocks of regions`);
  }
  const { regionMemory } = await import("@memslice/analysis");
  return {
    header: capture.header,
    modules: (given) => capture.modules(given),
    moduleAt: (address, given) => capture.moduleAt(address, given),
    regions: (given) => capture.regions(given),
    memory: regionMemory(capture, region),
    alone: { region, capture },
  };
}

/**
 * The names for a place whose bytes are shown or copied: with `--block`, the type of its region means this region, and no other one of the type. Other words
 * mean what they mean in the whole capture.
 */
export function namesOfContent(questioned: Questioned): Pick<Questioned, "modules" | "regions"> {
  const { alone } = questioned;
  if (!alone) return questioned;
  const { region } = alone;
  return {
    modules: (given) => questioned.modules(given),
    regions: async (given) =>
      (await questioned.regions(given)).filter(
        (other) => other === region || other.head.regionTypeName !== region.head.regionTypeName,
      ),
  };
}
