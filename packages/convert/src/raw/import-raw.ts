/**
 * Raw images: bytes of memory without any table. Without maps the whole file is one region. With the text of /proc/PID/maps, the mappings lie in the
 * image back to back, in the order of the text; what the image is too short for is failed.
 */
import { type CodeOf, MslError, type OS_TYPE, type WritableModuleEntry } from "@memslice/msl";
import { counted } from "@memslice/msl/work";
import { CutBytes } from "../dump/cut-bytes.js";
import { DumpMemory } from "../dump/dump-memory.js";
import { fitsAddressSpace } from "../dump/dump-plan.js";
import { DumpRegions } from "../dump/dump-regions.js";
import { moduleEntry } from "../dump/module-entry.js";
import type { Importer, ImporterInput } from "../import/importer.js";
import { modulesIn } from "../linux/mapped-modules.js";
import { type MappedRange, parseProcMaps } from "../linux/proc-maps.js";
import { protectionOf, RegionType, regionTypeOf } from "../linux/region-type.js";

const UNKNOWN = 0xffff;
const DEFAULT_PAGE_SIZE = 4096;

/** Reads the headers of mapped files, and nothing else: all other facts come from the caller. Throws `not-importable` for an empty file, `bad-value` for an image that passes 2^64, and for maps that are not in the format of /proc/PID/maps. */
export const importRaw: Importer = async ({ source, options, notes }) => {
  const { arch = UNKNOWN, pid = 0, pageSize = DEFAULT_PAGE_SIZE, maps } = options;
  if (source.size === 0) throw new MslError("not-importable", "The file is empty, expected the bytes of memory");
  const os: CodeOf<typeof OS_TYPE> = options.os ?? (maps === undefined ? UNKNOWN : "Linux");
  if (options.pageSize === undefined) notes.assume(`page size ${pageSize}`);
  if (arch === UNKNOWN) notes.assume("architecture unknown");
  const regions = new DumpRegions(options.regionLimit);
  if (maps === undefined) addWhole(regions, { source, options, notes }, pageSize);
  const ranges = maps === undefined ? [] : addMappings(regions, maps, pageSize, { source, options, notes });
  const modules = maps === undefined ? undefined : await modulesOf(ranges, regions, { source, options, notes });
  return {
    ...{ sourceFormat: "raw byte stream", osType: os, archType: arch, pid, pageSize, timestampNs: 0n },
    ...{ identity: undefined, modules, threads: [], regions },
  };
};

/** The image as one region, whose protection and kind nobody knows. */
function addWhole(regions: DumpRegions, { source, options, notes }: ImporterInput, pageSize: number): void {
  const { base } = options;
  const size = BigInt(source.size);
  if (!fitsAddressSpace(base, size, pageSize)) {
    throw new MslError("bad-value", `An image of ${size} bytes at 0x${base.toString(16)} passes 2^64; pass a smaller base`);
  }
  notes.assume(`the bytes begin at address 0x${base.toString(16)} and follow each other; protection and kind of memory unknown`);
  regions.add({ start: base, size, protection: 0, type: 0, absent: "failed" });
  regions.addExtent({ address: base, offset: 0, length: source.size });
}

/** The mappings back to back, which are returned. */
function addMappings(regions: DumpRegions, maps: string, pageSize: number, { source, notes }: ImporterInput): MappedRange[] {
  notes.assume("the mappings of the given maps lie in the image back to back, in the order of the maps");
  let offset = 0;
  const bytes = new CutBytes();
  const ranges = parseProcMaps(maps);
  for (const range of ranges) {
    const size = range.end - range.start;
    const there = Math.min(Number(size), source.size - offset);
    regions.add({ start: range.start, size, protection: protectionOf(range), type: regionTypeOf(range), absent: "failed" });
    const length = Number(bytes.take(BigInt(there), size, pageSize));
    if (length > 0) regions.addExtent({ address: range.start, offset, length });
    offset += there;
  }
  bytes.tell(notes, "image", "mappings");
  if (offset < source.size)
    notes.damage(`${source.size - offset} bytes of the image lie behind the last mapping and were left out`);
  return ranges;
}

/** The modules among the mappings; their regions become images. */
async function modulesOf(
  ranges: readonly MappedRange[],
  regions: DumpRegions,
  { source, options, notes }: ImporterInput,
): Promise<WritableModuleEntry[]> {
  const memory = await DumpMemory.of(source, regions, options.signal);
  const files = ranges.filter(({ path }) => path.startsWith("/"));
  const modules: WritableModuleEntry[] = [];
  let [unseen, row] = [0, 0];
  for await (const { base, end, path, buildId, seen } of modulesIn(files, (address, length) => memory.read(address, length))) {
    if (!seen) unseen++;
    modules.push(moduleEntry({ base, size: end - base, path, buildId }));
    // Modules and mappings ascend.
    for (; row < ranges.length && (ranges[row]?.end ?? end) <= end; row++)
      if (ranges[row]?.path === path && (ranges[row]?.start ?? 0n) >= base) regions.describe(row, { type: RegionType.Image });
  }
  if (unseen > 0)
    notes.assume(`${counted(unseen, "modules")} without headers in the image, assumed by executable mappings of files`);
  return modules;
}
