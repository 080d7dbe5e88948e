/**
 * The images of a Mach-O core: those that the note "all image infos" lists, or, without it, those whose headers begin a segment. lldb writes the note with
 * `process save-core`; the cores of the kernel of macOS do not have it.
 */
import type { WritableModuleEntry } from "@memslice/msl";
import { TimeSlice, U64_MOST } from "@memslice/msl/work";
import type { DumpMemory } from "../dump/dump-memory.js";
import type { DumpRegions } from "../dump/dump-regions.js";
import { moduleEntry } from "../dump/module-entry.js";
import { storedText } from "../dump/stored-text.js";
import type { ImporterInput } from "../import/importer.js";
import { RegionType } from "../linux/region-type.js";
import type { StructureOrder } from "../structures/structure.js";
import { machImageAt } from "./mach-image.js";
import { type MachNote, noteOf } from "./mach-notes.js";
import { IMAGE_INFO, IMAGE_INFOS } from "./mach-structures.js";

/** Images of the list, and segments that are looked at, at most. A process has some hundreds. */
const IMAGES_MOST = 65_536;
const PATH_MOST = 4096;

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
    input.notes.assume(`${modules.length} modules, found by the headers at the start of segments`);
  if (unnamed > 0) input.notes.lose(`the paths of ${unnamed} modules, which the core does not say`);
  return modules.sort((a, b) => (a.baseAddr < b.baseAddr ? -1 : a.baseAddr > b.baseAddr ? 1 : 0));
}

interface ListedImage {
  readonly base: bigint;
  /** Undefined if nothing says it. */
  readonly path: string | undefined;
  readonly uuid: Uint8Array | undefined;
}

function* basesIn(regions: DumpRegions): Generator<ListedImage> {
  for (let row = 0; row < Math.min(regions.length, IMAGES_MOST); row++)
    yield { base: regions.startOf(row), path: undefined, uuid: undefined };
}

/** The list of the note; undefined if there is none. Offsets in it are those of the core. */
async function listedImages(
  found: readonly MachNote[],
  order: StructureOrder,
  { source, options, notes }: ImporterInput,
): Promise<ListedImage[] | undefined> {
  const head = await noteOf(found, "all image infos", source, IMAGE_INFOS.size, options.signal);
  if (!head || head.length < IMAGE_INFOS.size) return undefined;
  const { imgcount, entriesOffset, entrySize } = IMAGE_INFOS.decode(head, 0, order);
  const room =
    entriesOffset < BigInt(source.size) && entrySize >= IMAGE_INFO.size
      ? Math.floor((source.size - Number(entriesOffset)) / entrySize)
      : 0;
  const count = Math.min(imgcount, room, IMAGES_MOST);
  if (count < imgcount) notes.damage(`${imgcount - count} of ${imgcount} images of the list lie behind the end of the core`);
  const images: ListedImage[] = [];
  const slice = new TimeSlice(options.signal);
  for (let index = 0; index < count; index++) {
    if (slice.isSpent(64)) await slice.renew();
    const at = Number(entriesOffset) + index * entrySize;
    const { filepathOffset, loadAddress, uuid } = IMAGE_INFO.decode(
      await source.read(at, IMAGE_INFO.size, options.signal),
      0,
      order,
    );
    // An address of 2^64 - 1 is an image that is not loaded.
    if (loadAddress === U64_MOST) continue;
    const offset = filepathOffset < BigInt(source.size) ? Number(filepathOffset) : source.size;
    const text = await source.read(offset, Math.min(PATH_MOST, source.size - offset), options.signal);
    images.push({
      ...{ base: loadAddress, path: offset === 0 ? undefined : storedText(text, "the path of a module", notes) },
      uuid: uuid.some((byte) => byte !== 0) ? uuid : undefined,
    });
  }
  return images;
}
