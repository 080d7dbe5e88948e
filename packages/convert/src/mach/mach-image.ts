/** Mach-O images in memory: what the header at an address says about the image. */
import type { ReadMemory } from "../linux/elf-image.js";
import type { StructureOrder } from "../structures/structure.js";
import {
  Command,
  FileType,
  fieldText,
  LOAD_COMMAND,
  MACH_HEADER,
  MH_MAGIC,
  MH_MAGIC_64,
  REQUIRED,
  SEGMENT,
  SEGMENT_64,
} from "./mach-structures.js";

export interface MachImage {
  readonly filetype: number;
  /** Bytes from its first address to the end of its last segment but __LINKEDIT, which libraries share. */
  readonly size: bigint;
  readonly uuid: Uint8Array | undefined;
  /** The name that a library or the dynamic linker gives itself. */
  readonly name: string | undefined;
}

/** Bytes of load commands that are read. */
const COMMANDS_MOST = 64 * 1024;
const IMAGES: ReadonlySet<number> = new Set([FileType.Execute, FileType.Dylib, FileType.Dylinker]);

/** The image whose first byte is at `base`, in the byte order of its core; undefined if none is there. */
export async function machImageAt(base: bigint, order: StructureOrder, read: ReadMemory): Promise<MachImage | undefined> {
  const head = await read(base, MACH_HEADER[64].size);
  if (head.length < MACH_HEADER[32].size) return undefined;
  const { magic, filetype, ncmds, sizeofcmds } = MACH_HEADER[32].decode(head, 0, order);
  if ((magic !== MH_MAGIC && magic !== MH_MAGIC_64) || !IMAGES.has(filetype)) return undefined;
  const start = magic === MH_MAGIC_64 ? MACH_HEADER[64].size : MACH_HEADER[32].size;
  const commands = await read(base + BigInt(start), Math.min(sizeofcmds, COMMANDS_MOST));
  let [uuid, name]: [Uint8Array | undefined, string | undefined] = [undefined, undefined];
  let text: bigint | undefined;
  let end = 0n;
  for (const { cmd, bytes } of commandsIn(commands, ncmds, order)) {
    const segment = cmd === Command.Segment64 && bytes.length >= SEGMENT_64.size ? SEGMENT_64.decode(bytes, 0, order) : undefined;
    const short = cmd === Command.Segment && bytes.length >= SEGMENT.size ? SEGMENT.decode(bytes, 0, order) : undefined;
    const found = segment ?? short;
    if (found) {
      const [vmaddr, vmsize] = [BigInt(found.vmaddr), BigInt(found.vmsize)];
      const segname = fieldText(found.segname);
      if (segname === "__TEXT") text = vmaddr;
      if (segname !== "__LINKEDIT" && segname !== "__PAGEZERO" && vmaddr + vmsize > end) end = vmaddr + vmsize;
    } else if (cmd === Command.Uuid && bytes.length >= 24) uuid = bytes.slice(8, 24);
    else if ((cmd === Command.IdDylib || cmd === Command.IdDylinker) && bytes.length >= 12) name = nameIn(bytes, order);
  }
  return { filetype, uuid, name, size: text !== undefined && end > text ? end - text : 0n };
}

/** A load command, and where it begins in the bytes that it was found in. */
export interface LoadCommand {
  readonly cmd: number;
  /** A view of all of its bytes. */
  readonly bytes: Uint8Array;
  readonly at: number;
}

/** The load commands of the bytes, as far as they are whole. */
export function* commandsIn(bytes: Uint8Array, count: number, order: StructureOrder): Generator<LoadCommand> {
  let at = 0;
  for (let index = 0; index < count && at + LOAD_COMMAND.size <= bytes.length; index++) {
    const { cmd, cmdsize } = LOAD_COMMAND.decode(bytes, at, order);
    if (cmdsize < LOAD_COMMAND.size || at + cmdsize > bytes.length) return;
    yield { cmd: cmd & ~REQUIRED, at, bytes: bytes.subarray(at, at + cmdsize) };
    at += cmdsize;
  }
}

/** lc_str: the offset of a text in its command. */
function nameIn(bytes: Uint8Array, order: StructureOrder): string {
  const offset = new DataView(bytes.buffer, bytes.byteOffset, bytes.length).getUint32(8, order === "little");
  return fieldText(bytes.subarray(Math.min(offset, bytes.length)));
}
