/**
 * The mappings of a process with what the kernel counts for each (man 5 proc, "/proc/pid/smaps"): a line as in /proc/PID/maps, and lines behind it
 * such as
 *
 *     Rss:                  12 kB
 *     VmFlags: rd mr mw me
 */
import { type MappedRange, parseProcMaps } from "@memslice/convert/linux";

export interface Mapping extends MappedRange {
  /** Bytes that are in memory, those of huge pages included. The kernel does not count its page of zeros, which all processes share. */
  readonly residentBytes: number;
  readonly swappedBytes: number;
  /** Bytes of a page in this mapping: more than those of other mappings for hugetlbfs. */
  readonly pageBytes: number;
  /** The two-letter codes of VmFlags, such as `dd` (left out of core dumps) or `io` (memory of a device). */
  readonly flags: ReadonlySet<string>;
}

const KIB = 1024;
const HEAD = /^[0-9a-f]+-[0-9a-f]+ /;

/**
 * The mappings of the text of /proc/PID/smaps or /proc/PID/maps, in ascending order; from maps, all counts are 0 and no flag is set. The kernel writes the
 * text in parts, between which the process can change its mappings: a mapping that begins below the end of the one before it is shortened.
 */
export function parseMappings(text: string): Mapping[] {
  const mappings: Mapping[] = [];
  let end = 0n;
  for (const [head, ...facts] of entriesOf(text)) {
    const [range] = head === undefined ? [] : parseProcMaps(head);
    if (!range || range.end <= end) continue;
    mappings.push({ ...range, start: range.start < end ? end : range.start, ...countsOf(facts) });
    end = range.end;
  }
  return mappings;
}

/** The lines of each mapping. */
function* entriesOf(text: string): Generator<string[]> {
  let entry: string[] = [];
  for (const line of text.split("\n")) {
    if (HEAD.test(line)) {
      if (entry.length > 0) yield entry;
      entry = [line];
    } else if (line !== "") entry.push(line);
  }
  if (entry.length > 0) yield entry;
}

function countsOf(facts: readonly string[]): Omit<Mapping, keyof MappedRange> {
  const kib = new Map<string, number>();
  let flags: ReadonlySet<string> = new Set();
  for (const fact of facts) {
    const [, name, value] = /^(\w+):\s*(.*)$/.exec(fact) ?? [];
    if (name === undefined || value === undefined) continue;
    if (name === "VmFlags") flags = new Set(value.trim().split(" "));
    else kib.set(name, Number.parseInt(value, 10));
  }
  const bytes = (...names: string[]) => names.reduce((sum, name) => sum + (kib.get(name) ?? 0) * KIB, 0);
  return {
    residentBytes: bytes("Rss", "Shared_Hugetlb", "Private_Hugetlb"),
    swappedBytes: bytes("Swap"),
    pageBytes: bytes("KernelPageSize"),
    flags,
  };
}

/** A page where the kernel does not say how large one is. */
const USUAL_PAGE_BYTES = 4096;

/** Size of a page of the system. Mappings of hugetlbfs have larger pages, and entries in the page map for the small ones in them. */
export function systemPageBytes(mappings: readonly Mapping[]): number {
  const sizes = mappings.map(({ pageBytes }) => pageBytes).filter((bytes) => bytes > 0);
  return sizes.length > 0 ? sizes.reduce((least, bytes) => Math.min(least, bytes)) : USUAL_PAGE_BYTES;
}
