/**
 * Addresses and ranges of addresses as users write them.
 *
 *     address   7f00e90e2000, 0x7f00e90e2000   hexadecimal, as in /proc/PID/maps
 *               dec:4096                       decimal
 *               libc.so.6, /lib/libc.so.6      the base of a module, in upper or lower case
 *               heap                           the base of a region, if one region alone has this type
 *               ADDRESS+LENGTH
 *     length    4096, 0x1000, 64KiB            decimal, hexadecimal, or with a unit
 *     range     ADDRESS-ADDRESS, ADDRESS+LENGTH
 *               libc.so.6, heap, mapped-file   all modules of this name, all regions of this type
 */

import { type Capture, type MemoryRange, MslError } from "@memslice/msl";
import { ADDRESS_SPACE_END } from "@memslice/msl/work";
import { type OptionValue, wordsOf } from "../options.js";

/** What names in addresses stand for. */
export interface NamedMemory {
  readonly modules: readonly { readonly path: string; readonly baseAddr: bigint; readonly moduleSize: bigint }[];
  readonly regions: readonly {
    readonly baseAddr: bigint;
    readonly endAddr: bigint;
    readonly head: { readonly regionTypeName: string };
  }[];
}

const UNITS: Readonly<Record<string, bigint>> = { "": 1n, KiB: 1n << 10n, MiB: 1n << 20n, GiB: 1n << 30n, TiB: 1n << 40n };

export async function namedMemoryOf(capture: Pick<Capture, "modules" | "regions">, signal: AbortSignal): Promise<NamedMemory> {
  return { modules: await capture.modules(signal), regions: await capture.regions(signal) };
}

/** The ranges that the values of `--range` name, joined; the whole address space without the option. Throws `usage`. */
export async function rangesAsked(
  value: OptionValue,
  capture: Pick<Capture, "modules" | "regions">,
  signal: AbortSignal,
): Promise<readonly MemoryRange[]> {
  const words = wordsOf(value);
  if (words.length === 0) return [{ start: 0n, end: ADDRESS_SPACE_END }];
  const memory = await namedMemoryOf(capture, signal);
  return joinedRanges(words.flatMap((word) => rangesOf(word, memory)));
}

/** Throws `usage` for a word that is no address of this memory, and for a name that several places have. */
export function addressOf(word: string, memory: NamedMemory): bigint {
  const address = addressIn(word, memory);
  if (address !== undefined && address < ADDRESS_SPACE_END) return address;
  throw new MslError(
    "usage",
    `${JSON.stringify(word)} is no address: expected hexadecimal digits, dec:N, the name of a module or of a type of region, or one of them and +LENGTH`,
  );
}

/** The ranges that a word names, ascending as the memory has them. Throws `usage` for a word that names none. */
export function rangesOf(word: string, memory: NamedMemory): readonly MemoryRange[] {
  const named = rangesNamed(word, memory);
  if (named.length > 0) return named;
  const ranges = [...spans(word, memory)];
  const [range] = ranges;
  if (!range || ranges.length > 1) {
    const found = ranges.length > 1 ? `can be read in ${ranges.length} ways` : "is no range";
    throw new MslError(
      "usage",
      `${JSON.stringify(word)} ${found}: expected A-B, A+LENGTH, the name of a module or of a type of region, as in msl help search`,
    );
  }
  if (range.start < range.end && range.end <= ADDRESS_SPACE_END) return ranges;
  throw new MslError("usage", `The range ${JSON.stringify(word)} is empty or passes the end of the 64-bit address space`);
}

/** All of a module or of a region, if one alone has this name. Throws `usage` if several have it. */
export function rangeNamed(word: string, memory: NamedMemory): MemoryRange | undefined {
  const [range, ...others] = rangesNamed(word, memory);
  if (others.length === 0) return range;
  throw new MslError(
    "usage",
    `${others.length + 1} places have the name ${JSON.stringify(word)}: give the address of one, as msl search --range ${word} shows them`,
  );
}

/** Ascending ranges without overlaps; ranges that touch are joined. */
export function joinedRanges(ranges: readonly MemoryRange[]): MemoryRange[] {
  const joined: { start: bigint; end: bigint }[] = [];
  for (const { start, end } of ranges.toSorted((a, b) => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0))) {
    const last = joined.at(-1);
    if (last && start <= last.end) last.end = end > last.end ? end : last.end;
    else joined.push({ start, end });
  }
  return joined;
}

function* spans(word: string, memory: NamedMemory): Generator<MemoryRange> {
  const plus = word.lastIndexOf("+");
  const length = plus < 0 ? undefined : lengthOf(word.slice(plus + 1));
  const start = length === undefined ? undefined : addressIn(word.slice(0, plus), memory);
  if (start !== undefined && length !== undefined) yield { start, end: start + length };
  // Names of modules may have dashes.
  for (let dash = word.indexOf("-"); dash >= 0; dash = word.indexOf("-", dash + 1)) {
    const from = addressIn(word.slice(0, dash), memory);
    const to = from === undefined ? undefined : addressIn(word.slice(dash + 1), memory);
    if (from !== undefined && to !== undefined) yield { start: from, end: to };
  }
}

function addressIn(word: string, memory: NamedMemory): bigint | undefined {
  const [, decimal] = /^dec:([0-9]{1,20})$/.exec(word) ?? [];
  if (decimal !== undefined) return BigInt(decimal);
  const [, digits] = /^(?:0x)?([0-9a-f]{1,17})$/i.exec(word) ?? [];
  if (digits !== undefined) return BigInt(`0x${digits}`);
  const named = startNamed(word, memory);
  if (named !== undefined) return named;
  const plus = word.lastIndexOf("+");
  if (plus <= 0) return undefined;
  const length = lengthOf(word.slice(plus + 1));
  const base = length === undefined ? undefined : addressIn(word.slice(0, plus), memory);
  return base === undefined || length === undefined ? undefined : base + length;
}

/** Bytes as a user writes them: decimal, hexadecimal, or with a unit; undefined for another word. */
export function lengthOf(word: string): bigint | undefined {
  if (/^0x[0-9a-f]{1,17}$/i.test(word)) return BigInt(word);
  const [, digits, unit = ""] = /^([0-9]{1,20})(|KiB|MiB|GiB|TiB)$/.exec(word) ?? [];
  return digits === undefined ? undefined : BigInt(digits) * (UNITS[unit] ?? 1n);
}

/** Throws `usage` if modules of several paths have the name, or several regions the type. */
function startNamed(word: string, memory: NamedMemory): bigint | undefined {
  const modules = modulesNamed(word, memory);
  const paths = new Set(modules.map(({ path }) => path));
  if (paths.size > 1) {
    throw new MslError(
      "usage",
      `${paths.size} modules have the name ${JSON.stringify(word)}: give a path, one of ${list(paths)}`,
    );
  }
  if (modules.length > 0) return lowest(modules);
  const regions = regionsNamed(word, memory);
  if (regions.length > 1) {
    throw new MslError(
      "usage",
      `${regions.length} regions have the type ${word}: give the address of one, or ${word} alone as a range`,
    );
  }
  return regions[0]?.baseAddr;
}

function rangesNamed(word: string, memory: NamedMemory): readonly MemoryRange[] {
  const modules = modulesNamed(word, memory).filter(({ moduleSize }) => moduleSize > 0n);
  if (modules.length > 0) {
    return modules.map(({ baseAddr, moduleSize }) => {
      const end = baseAddr + moduleSize;
      return { start: baseAddr, end: end > ADDRESS_SPACE_END ? ADDRESS_SPACE_END : end };
    });
  }
  return regionsNamed(word, memory).map(({ baseAddr, endAddr }) => ({ start: baseAddr, end: endAddr }));
}

/** Modules with this path; if there is none, modules whose path ends with this name of a file. In upper or lower case. */
function modulesNamed(word: string, { modules }: NamedMemory): NamedMemory["modules"] {
  const wanted = word.toLowerCase();
  const sought = modules.filter(({ path }) => path !== "").map((module) => ({ module, path: module.path.toLowerCase() }));
  const exact = sought.filter(({ path }) => path === wanted);
  const found = exact.length > 0 ? exact : sought.filter(({ path }) => fileName(path) === wanted);
  return found.map(({ module }) => module);
}

function regionsNamed(word: string, { regions }: NamedMemory): NamedMemory["regions"] {
  const wanted = word.toLowerCase();
  return regions.filter(({ head }) => head.regionTypeName.replaceAll(" ", "-") === wanted);
}

/** The last part of a path of Unix or Windows. In a path of Unix, backslashes are characters of names. */
export function fileName(path: string): string {
  if (path.startsWith("/")) return path.slice(path.lastIndexOf("/") + 1);
  return path.slice(Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\")) + 1);
}

function lowest(modules: NamedMemory["modules"]): bigint | undefined {
  return modules.reduce<bigint | undefined>(
    (least, { baseAddr }) => (least === undefined || baseAddr < least ? baseAddr : least),
    undefined,
  );
}

function list(words: Iterable<string>): string {
  return [...words].slice(0, 5).join(", ");
}
