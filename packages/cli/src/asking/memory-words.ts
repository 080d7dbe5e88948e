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
 *
 * The names of modules come from the captured process, which may be hostile: no name changes what numbers and types of regions mean, and a word that a name gives a second
 * meaning is refused. A module that is named like a number or a type is named by its path.
 */

import { type Capture, type MemoryRange, MslError, REGION_TYPE } from "@memslice/msl";
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
  const span = numericSpan(word);
  if (span) return [checked(word, span)];
  const regions = regionsAsRanges(word, memory);
  if (regions.length > 0) return regions;
  const named = numberIn(word) === undefined ? modulesAsRanges(word, memory) : [];
  const spans = [...spansNamed(word, memory)].map(({ range }) => range);
  const readings = (named.length > 0 ? 1 : 0) + spans.length;
  if (readings > 1) throw ambiguous(word, readings);
  if (named.length > 0) return named;
  if (readings === 1) return spans.map((range) => checked(word, range));
  if (memory.regions.length > 0 && isRegionType(word))
    throw new MslError("usage", `The capture has no region of the type ${JSON.stringify(word)}`);
  throw new MslError(
    "usage",
    `${JSON.stringify(word)} is no range: expected A-B, A+LENGTH, the name of a module or of a type of region, as in msl help search`,
  );
}

/** The error for a word with several meanings, of which one is the name of a module. */
function ambiguous(word: string, ways: number): MslError {
  return new MslError(
    "usage",
    `${JSON.stringify(word)} can be read in ${ways} ways, one of them the name of a module: give numbers, or the path of the module`,
  );
}

/** Throws `usage` for a range of no bytes, and one that passes the end of the address space. */
function checked(word: string, range: MemoryRange): MemoryRange {
  if (range.start < range.end && range.end <= ADDRESS_SPACE_END) return range;
  throw new MslError("usage", `The range ${JSON.stringify(word)} is empty or passes the end of the 64-bit address space`);
}

/**
 * The range that a word is where an address can stand as well: A-B, NUMBER+LENGTH and NAME+OFFSET+LENGTH. NAME+OFFSET is an address. Undefined for
 * other words. Throws `usage`.
 */
export function spanOf(word: string, memory: NamedMemory): MemoryRange | undefined {
  const isSpan = numericSpan(word) !== undefined || [...spansNamed(word, memory)].some(({ isOffset }) => !isOffset);
  return isSpan ? rangesOf(word, memory)[0] : undefined;
}

/** All of a module or of a region, if one alone has this name; undefined for a word that says a range or an address. Throws `usage` if several have it. */
export function rangeNamed(word: string, memory: NamedMemory): MemoryRange | undefined {
  if (numberIn(word) !== undefined || numericSpan(word) !== undefined) return undefined;
  const regions = regionsAsRanges(word, memory);
  const [range, ...others] = regions.length > 0 ? regions : modulesAsRanges(word, memory);
  if (range && regions.length === 0 && [...spansNamed(word, memory)].length > 0) throw ambiguous(word, 2);
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

/** A-B and A+LENGTH of numbers. */
function numericSpan(word: string): MemoryRange | undefined {
  const [, from = "", sign, to = ""] = /^([^+-]+)([+-])([^+-]+)$/.exec(word) ?? [];
  const start = numberIn(from);
  const second = sign === "+" ? lengthOf(to) : numberIn(to);
  if (start === undefined || second === undefined) return undefined;
  return { start, end: sign === "+" ? start + second : second };
}

/** The ranges that A-B and A+LENGTH with names can mean. `isOffset`: NAME+LENGTH, which is also an address in the module or region. */
function* spansNamed(word: string, memory: NamedMemory): Generator<{ readonly range: MemoryRange; readonly isOffset: boolean }> {
  const plus = word.lastIndexOf("+");
  const length = plus < 0 ? undefined : lengthOf(word.slice(plus + 1));
  const before = word.slice(0, Math.max(plus, 0));
  const start = length === undefined ? undefined : addressIn(before, memory);
  if (start !== undefined && length !== undefined)
    yield {
      range: { start, end: start + length },
      isOffset: numberIn(before) === undefined && startNamed(before, memory) !== undefined,
    };
  // Names of modules may have dashes.
  for (let dash = word.indexOf("-"); dash >= 0; dash = word.indexOf("-", dash + 1)) {
    const from = addressIn(word.slice(0, dash), memory);
    const to = from === undefined ? undefined : addressIn(word.slice(dash + 1), memory);
    if (from !== undefined && to !== undefined) yield { range: { start: from, end: to }, isOffset: false };
  }
}

/** Throws `usage` for a word that is both a name, and a name and an offset. */
function addressIn(word: string, memory: NamedMemory): bigint | undefined {
  const number = numberIn(word);
  if (number !== undefined) return number;
  const named = startNamed(word, memory);
  const plus = word.lastIndexOf("+");
  const length = plus <= 0 ? undefined : lengthOf(word.slice(plus + 1));
  const base = length === undefined ? undefined : addressIn(word.slice(0, plus), memory);
  const offset = base === undefined || length === undefined ? undefined : base + length;
  if (named === undefined || offset === undefined || named === offset) return named ?? offset;
  throw ambiguous(word, 2);
}

/** An address in hexadecimal, or in decimal behind `dec:`. */
function numberIn(word: string): bigint | undefined {
  const [, decimal] = /^dec:([0-9]{1,20})$/.exec(word) ?? [];
  if (decimal !== undefined) return BigInt(decimal);
  const [, digits] = /^(?:0x)?([0-9a-f]{1,17})$/i.exec(word) ?? [];
  return digits === undefined ? undefined : BigInt(`0x${digits}`);
}

/** Bytes as a user writes them: decimal, hexadecimal, or with a unit; undefined for another word. */
export function lengthOf(word: string): bigint | undefined {
  if (/^0x[0-9a-f]{1,17}$/i.test(word)) return BigInt(word);
  const [, digits, unit = ""] = /^([0-9]{1,20})(|KiB|MiB|GiB|TiB)$/.exec(word) ?? [];
  return digits === undefined ? undefined : BigInt(digits) * (UNITS[unit] ?? 1n);
}

/** Throws `usage` if modules of several paths have the name, or several regions the type. */
function startNamed(word: string, memory: NamedMemory): bigint | undefined {
  const regions = regionsNamed(word, memory);
  if (regions.length > 1) {
    throw new MslError(
      "usage",
      `${regions.length} regions have the type ${word}: give the address of one, or ${word} alone as a range`,
    );
  }
  if (regions[0]) return regions[0].baseAddr;
  const modules = modulesNamed(word, memory);
  const paths = new Set(modules.map(({ path }) => path));
  if (paths.size <= 1) return lowest(modules);
  throw new MslError("usage", `${paths.size} modules have the name ${JSON.stringify(word)}: give a path, one of ${list(paths)}`);
}

function regionsAsRanges(word: string, memory: NamedMemory): readonly MemoryRange[] {
  return regionsNamed(word, memory).map(({ baseAddr, endAddr }) => ({ start: baseAddr, end: endAddr }));
}

function modulesAsRanges(word: string, memory: NamedMemory): readonly MemoryRange[] {
  return modulesNamed(word, memory)
    .filter(({ moduleSize }) => moduleSize > 0n)
    .map(({ baseAddr, moduleSize }) => {
      const end = baseAddr + moduleSize;
      return { start: baseAddr, end: end > ADDRESS_SPACE_END ? ADDRESS_SPACE_END : end };
    });
}

/** Modules with this path, or whose path ends with this name of a file, in upper or lower case. None for a type of region, also where no region has it. */
function modulesNamed(word: string, { modules }: NamedMemory): NamedMemory["modules"] {
  if (isRegionType(word)) return [];
  const wanted = word.toLowerCase();
  return modules.filter((module) => {
    const path = module.path.toLowerCase();
    return path !== "" && (path === wanted || fileName(path) === wanted);
  });
}

/** Whether regions can have this type, in the words of `regionsNamed`. */
function isRegionType(word: string): boolean {
  const wanted = word.toLowerCase().replaceAll("-", " ");
  return Object.values(REGION_TYPE.names).some((name) => name === wanted);
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
