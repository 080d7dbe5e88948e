/** What regions of Linux are: programs there describe private mappings of files in MemoryInfoListStream as private memory, as they do with heaps and stacks. */
import type { WritableModuleEntry } from "@memslice/msl";
import { counted } from "@memslice/msl/work";
import type { DumpNotes } from "../dump/dump-notes.js";
import { nextSlice } from "../dump/next-slice.js";
import { RegionType } from "../linux/region-type.js";
import type { DumpedMemory } from "./dump-memory.js";

/**
 * Gives each region the kind of the mapping of LinuxMaps that begins where it does, and mappings of the files of modules the kind of images. Without LinuxMaps, regions in which
 * a module begins are images, unless the dump has images of its own.
 */
export async function describeKinds(
  { regions, maps }: DumpedMemory,
  modules: readonly WritableModuleEntry[],
  notes: DumpNotes,
  signal: AbortSignal | undefined,
): Promise<void> {
  const slice = await nextSlice(signal);
  const kinds = new Map<bigint, number>();
  for (let row = 0; row < (maps?.count ?? 0); row++) {
    if (slice.isSpent()) await slice.renew();
    kinds.set(maps?.starts[row] ?? 0n, maps?.types[row] ?? 0);
  }
  const images = modules
    .map(({ baseAddr, moduleSize }) => ({ start: baseAddr, end: baseAddr + moduleSize }))
    .sort((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0));
  let [assumed, hasImages] = [[] as number[], false];
  for (let row = 0; row < regions.length; row++) {
    if (slice.isSpent(8)) await slice.renew();
    const { start, type } = regions.region(row);
    hasImages ||= type === RegionType.Image;
    const image = lastAt(images, start);
    const kind = kinds.get(start);
    const isFile = (kind ?? type) === RegionType.MappedFile;
    if (kind !== undefined) regions.describe(row, { type: isFile && image && start < image.end ? RegionType.Image : kind });
    else if (!maps && image?.start === start) assumed.push(row);
  }
  if (hasImages) assumed = [];
  for (const row of assumed) regions.describe(row, { type: RegionType.Image });
  if (assumed.length > 0) notes.assume(`${counted(assumed.length, "regions")} in which a module begins: taken for images`);
}

/** The last of the ascending ranges that begins at or before `address`. */
function lastAt(ranges: readonly { readonly start: bigint; readonly end: bigint }[], address: bigint) {
  let [low, high] = [0, ranges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((ranges[middle]?.start ?? 0n) <= address) low = middle + 1;
    else high = middle;
  }
  return ranges[low - 1];
}
