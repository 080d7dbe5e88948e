/**
 * The images of a Mach-O core: those that notes list, or, without such notes, those whose headers begin a segment. lldb writes them with `process save-core`; the
 * cores of the kernel of macOS do not have them.
 */
import type { WritableModuleEntry } from "@memslice/msl";
import { counted, TimeSlice } from "@memslice/msl/work";
import type { DumpMemory } from "../dump/dump-memory.js";
import type { DumpRegions } from "../dump/dump-regions.js";
import { moduleEntry } from "../dump/module-entry.js";
import type { ImporterInput } from "../import/importer.js";
import { RegionType } from "../linux/region-type.js";
import type { StructureOrder } from "../structures/structure.js";
import { IMAGES_MOST, type ListedImage, listedImages } from "./listed-images.js";
import { machImageAt } from "./mach-image.js";
import type { MachNote } from "./mach-notes.js";

/** Modules in the order of their addresses. Regions in which one begins become images. */
export async function coreImages(
  found: readonly MachNote[],
  order: StructureOrder,
  memory: DumpMemory,
  regions: DumpRegions,
  input: ImporterInput,
): Promise<WritableModuleEntry[]> {
  const listed = await listedImages(found, order, input);
  const modules: WritableModuleEntry[] = [];
  const slice = new TimeSlice(input.options.signal);
  let unnamed = 0;
  for (const { base, path, uuid } of listed ?? basesIn(regions)) {
    if (slice.isSpent(64)) await slice.renew();
    const image = await machImageAt(base, order, (address, length) => memory.read(address, length));
    if (!image && !listed) continue;
    const row = memory.rowAt(base);
    const size = image && image.size > 0n ? image.size : row < 0 ? 0n : regions.region(row).size;
    const name = path ?? image?.name ?? "";
    if (name === "") unnamed++;
    modules.push(moduleEntry({ base, size, path: name, buildId: image?.uuid ?? uuid }));
    if (row >= 0) regions.describe(row, { type: RegionType.Image });
  }
  if (!listed && modules.length > 0)
    input.notes.assume(`${counted(modules.length, "modules")}, found by the headers at the start of segments`);
  if (unnamed > 0) input.notes.lose(`the paths of ${counted(unnamed, "modules")}, which the core does not say`);
  return modules.sort((a, b) => (a.baseAddr < b.baseAddr ? -1 : a.baseAddr > b.baseAddr ? 1 : 0));
}

function* basesIn(regions: DumpRegions): Generator<ListedImage> {
  for (let row = 0; row < Math.min(regions.length, IMAGES_MOST); row++)
    yield { base: regions.startOf(row), path: undefined, uuid: undefined };
}
