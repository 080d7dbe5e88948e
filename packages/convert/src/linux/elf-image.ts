/** ELF images in memory: whether one begins at an address, and its build id. For images of dumps and of live processes alike. */
import { NOTE_HEADER, paddedNote } from "../elf/core-notes.js";
import { ELF, identityOf, PT_LOAD, PT_NOTE } from "../elf/elf-structures.js";

/** Reads bytes of memory: as many as are there, none for addresses that cannot be read. */
export type ReadMemory = (address: bigint, length: number) => Promise<Uint8Array>;

/** What an image in memory says about its file. */
export interface ElfImage {
  /** Whether it is a program or a library, and not a relocatable file or a core that is mapped as data. */
  readonly isLoadable: boolean;
  /** The note NT_GNU_BUILD_ID; undefined if there is none, or its memory cannot be read. */
  readonly buildId: Uint8Array | undefined;
}

const ET_EXEC = 2;
const ET_DYN = 3;
/** More program headers, and more bytes of notes, are not read: linkers write about a dozen, and less than 200 bytes. */
const HEADERS_MOST = 256;
const NOTES_MOST = 16 * 1024;
const NT_GNU_BUILD_ID = 3;
/** Bytes of a build id; linkers write 8 to 20, by hand it may be any number. */
const BUILD_ID_MOST = 64;

/** The image whose first byte is at `base`; undefined if no ELF header is there. All bytes are checked before they are used. Throws what `read` throws. */
export async function elfImageAt(base: bigint, read: ReadMemory): Promise<ElfImage | undefined> {
  const head = await read(base, ELF[64].header.size);
  const identity = identityOf(head);
  if (!identity) return undefined;
  const { bits, order } = identity;
  const { header, program } = ELF[bits];
  if (head.length < header.size) return undefined;
  const { type, phoff, phnum, phentsize } = header.decode(head, 0, order);
  const isLoadable = type === ET_EXEC || type === ET_DYN;
  if (phnum > HEADERS_MOST || phentsize !== program.size) return { isLoadable, buildId: undefined };
  const table = await read(base + phoff, phnum * program.size);
  const count = Math.floor(table.length / program.size);
  const programs = Array.from({ length: count }, (_, index) => program.decode(table, index * program.size, order));
  const first = programs.find(({ type: kind }) => kind === PT_LOAD);
  // Address in memory less address in the file: the image begins where its first segment has offset 0.
  const bias = first ? base - (first.vaddr - first.offset) : 0n;
  for (const { type: kind, vaddr, filesz } of programs) {
    if (kind !== PT_NOTE || !first) continue;
    const notes = await read(BigInt.asUintN(bits, bias + vaddr), Number(filesz < NOTES_MOST ? filesz : NOTES_MOST));
    const buildId = buildIdIn(notes, order);
    if (buildId) return { isLoadable, buildId };
  }
  return { isLoadable, buildId: undefined };
}

function buildIdIn(notes: Uint8Array, order: "little" | "big"): Uint8Array | undefined {
  for (let at = 0; at + NOTE_HEADER.size <= notes.length; ) {
    const { namesz, descsz, type } = NOTE_HEADER.decode(notes, at, order);
    const name = at + NOTE_HEADER.size;
    const descriptor = name + paddedNote(namesz);
    if (descriptor + descsz > notes.length) return undefined;
    const isGnu =
      namesz === 4 && notes[name] === 0x47 && notes[name + 1] === 0x4e && notes[name + 2] === 0x55 && notes[name + 3] === 0;
    if (isGnu && type === NT_GNU_BUILD_ID && descsz > 0 && descsz <= BUILD_ID_MOST)
      return notes.slice(descriptor, descriptor + descsz);
    at = descriptor + paddedNote(descsz);
  }
  return undefined;
}
