/** ELF images in captured memory: what the headers of a loaded program or library say about where its parts lie. */

import type { Capture } from "@memslice/msl";
import { ADDRESS_SPACE_END } from "@memslice/msl/work";
import type { StructureOrder } from "../structures/structure.js";
import type { FileMapping } from "./core-notes.js";
import { ELF, type ElfBits, identityOf, PT_LOAD } from "./elf-structures.js";

/** PT_PHDR, PT_INTERP: where the program headers are, and the path of the dynamic linker. */
const PT_INTERP = 3;
const ET_EXEC = 2;
const ET_DYN = 3;

/** More program headers, and more bytes of a path, are not read: linkers write about a dozen, and paths have 4,096 bytes at most. */
const HEADERS_MOST = 256;
const PATH_MOST = 4096;
const PAGE = 4096n;

/** A part of the image in memory: PT_LOAD, in whole pages. */
interface LoadedPart {
  readonly start: bigint;
  readonly end: bigint;
  /** Bytes from the start of the file. */
  readonly offset: bigint;
}

export interface LoadedImage {
  readonly bits: ElfBits;
  readonly order: StructureOrder;
  readonly machine: number;
  readonly base: bigint;
  /** Address in memory less address in the file. */
  readonly bias: bigint;
  readonly entry: bigint;
  /** Address, size and number of program headers. */
  readonly headers: { readonly address: bigint; readonly size: number; readonly count: number };
  /** Of ascending addresses, those with bytes in the file. */
  readonly parts: readonly LoadedPart[];
  /** The path of the dynamic linker, which programs have and libraries do not, with few exceptions. */
  readonly interpreter: string | undefined;
}

/**
 * The image whose first byte is at `base`. Undefined if its headers are not there, were not captured whole, or are none: all bytes are checked before they are
 * used. Throws what reading memory throws.
 */
export async function imageAt(
  memory: Pick<Capture["memory"], "read">,
  base: bigint,
  signal: AbortSignal | undefined,
): Promise<LoadedImage | undefined> {
  const head = await captured(memory, base, ELF[64].header.size, signal);
  const identity = head && identityOf(head);
  if (!head || !identity) return undefined;
  const { bits, order } = identity;
  const layouts = ELF[bits];
  const header = layouts.header.decode(head, 0, order);
  const { phnum, phentsize, phoff } = header;
  if ((header.type !== ET_EXEC && header.type !== ET_DYN) || phentsize !== layouts.program.size) return undefined;
  if (phnum === 0 || phnum > HEADERS_MOST || phoff > PAGE * 16n) return undefined;
  const table = await captured(memory, base + phoff, phnum * phentsize, signal);
  if (!table) return undefined;
  const programs = Array.from({ length: phnum }, (_, index) => layouts.program.decode(table, index * phentsize, order));
  const loads = programs.filter(({ type, filesz }) => type === PT_LOAD && filesz > 0n);
  const first = loads[0];
  if (!first || first.offset >= PAGE) return undefined;
  const wrap = (address: bigint) => BigInt.asUintN(bits, address);
  const bias = wrap(base - down(first.vaddr));
  const interp = programs.find(({ type }) => type === PT_INTERP);
  return {
    ...{ bits, order, machine: header.machine, base, bias },
    entry: wrap(bias + header.entry),
    headers: { address: base + phoff, size: phentsize, count: phnum },
    parts: loads.map(({ vaddr, offset, filesz }) => ({
      start: wrap(bias + down(vaddr)),
      end: wrap(bias + up(vaddr + filesz)),
      offset: down(offset),
    })),
    interpreter: interp && (await pathAt(memory, wrap(bias + interp.vaddr), interp.filesz, signal)),
  };
}

const down = (address: bigint) => address - (address % PAGE);
const up = (address: bigint) => down(address + PAGE - 1n);

/** Parts of the image as mappings of its file: those that lie in `[base, end)` and follow each other. */
export function mappingsOf({ parts }: LoadedImage, path: string, end: bigint): FileMapping[] {
  const mappings: FileMapping[] = [];
  let at = 0n;
  for (const part of parts) {
    const stop = part.end < end ? part.end : end;
    if (part.start < at || part.start >= stop) continue;
    mappings.push({ start: part.start, end: stop, offset: part.offset, path });
    at = stop;
  }
  return mappings;
}

async function pathAt(
  memory: Pick<Capture["memory"], "read">,
  address: bigint,
  size: bigint,
  signal: AbortSignal | undefined,
): Promise<string | undefined> {
  if (size === 0n || size > PATH_MOST) return undefined;
  const bytes = await captured(memory, address, Number(size), signal);
  return bytes && new TextDecoder().decode(bytes).split("\0", 1)[0];
}

async function captured(
  memory: Pick<Capture["memory"], "read">,
  address: bigint,
  length: number,
  signal: AbortSignal | undefined,
): Promise<Uint8Array | undefined> {
  if (address + BigInt(length) > ADDRESS_SPACE_END) return undefined;
  const read = await memory.read(address, length, signal);
  return read.complete ? read.bytes() : undefined;
}
