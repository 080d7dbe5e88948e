/** Handles of a minidump as entries of a Handle Table. */
import type { HANDLE_TYPE, WritableHandleEntry } from "@memslice/msl";
import type { DumpNotes } from "../dump/dump-notes.js";
import { LostFields } from "./lost-fields.js";
import type { MinidumpFile } from "./minidump-file.js";
import { sizedList, tellMissingRows } from "./row-lists.js";
import { HANDLE_DESCRIPTOR, HANDLE_DESCRIPTOR_2, StreamType } from "./structures.js";
import type { MinidumpTexts } from "./texts.js";

/** Handles that are imported. */
const HANDLES_MOST = 262_144;
const FD_MOST = 0xffffffffn;

type HandleTypeName = (typeof HANDLE_TYPE.names)[keyof typeof HANDLE_TYPE.names];

/** The process of handles. */
interface HandleOwner {
  /** 0 unknown. */
  readonly pid: number;
  /** Whether Attributes are st_mode, as minidump-writer has them on Linux and Android. */
  readonly hasModes: boolean;
}

/** The handles of HandleDataStream; none if the dump does not have it. */
export async function readHandles(
  file: MinidumpFile,
  texts: MinidumpTexts,
  { pid, hasModes }: HandleOwner,
  notes: DumpNotes,
): Promise<WritableHandleEntry[]> {
  const list = await sizedList(file, StreamType.handleData, HANDLE_DESCRIPTOR.size, notes);
  if (!list) return [];
  const found: ReturnType<typeof HANDLE_DESCRIPTOR.decode>[] = [];
  const lost = new LostFields();
  const rows = await file.eachRow(list.rows, list, (window, at) => {
    if (found.length === HANDLES_MOST) return false;
    const row = HANDLE_DESCRIPTOR.decode(window, at);
    found.push(row);
    const { attributes, grantedAccess, handleCount, pointerCount } = row;
    const modeType = hasModes && typeOfMode(attributes) !== undefined ? S_IFMT : 0;
    lost.addAll({
      Attributes: attributes & ~modeType,
      GrantedAccess: grantedAccess,
      HandleCount: handleCount,
      PointerCount: pointerCount,
    });
    if (list.size >= HANDLE_DESCRIPTOR_2.size) lost.add("ObjectInfoRva", HANDLE_DESCRIPTOR_2.decode(window, at).objectInfoRva);
    return;
  });
  if (found.length === HANDLES_MOST) notes.lose(`handles behind the first ${HANDLES_MOST} are not imported`);
  else tellMissingRows("HandleDataStream", BigInt(list.count), rows, notes);
  const entries: WritableHandleEntry[] = [];
  let wide = 0;
  const otherTypes = new Set<string>();
  for (const { handle, typeNameRva, objectNameRva, attributes } of found) {
    const typeName = await texts.at(typeNameRva, "the type of a handle");
    const path = await texts.at(objectNameRva, "the name of a handle");
    if (handle > FD_MOST) wide++;
    const handleType = (hasModes ? typeOfMode(attributes) : undefined) ?? typeOf(typeName, path);
    if (handleType === "other") otherTypes.add(typeName);
    if (handle <= FD_MOST) entries.push({ pid, fd: Number(handle), handleType, path });
  }
  lost.tell(notes, "HandleDataStream", "handles");
  if (wide > 0) notes.lose(`${wide} handles have numbers above 2^32 - 1, which captures cannot hold`);
  if (otherTypes.size > 0) notes.lose(`types of handles that captures call other: ${[...otherTypes].slice(0, 32).join(", ")}`);
  return entries;
}

/** The bits of st_mode that say what a file is (inode(7)): regular file, directory, socket, FIFO, character and block device. */
const S_IFMT = 0o170000;
export const FILE_MODES: readonly (readonly [mode: number, type: HandleTypeName])[] = [
  [0o100000, "file"],
  [0o040000, "directory"],
  [0o140000, "socket"],
  [0o010000, "pipe"],
  [0o020000, "device"],
  [0o060000, "device"],
];

function typeOfMode(mode: number): HandleTypeName | undefined {
  return FILE_MODES.find(([type]) => type === (mode & S_IFMT))?.[1];
}

/** HandleType for the name of an object type of Windows. Files are also devices and named pipes there. */
function typeOf(typeName: string, path: string): HandleTypeName {
  if (typeName === "") return "unknown";
  if (typeName === "Key") return "registry";
  if (typeName !== "File") return "other";
  if (/^\\Device\\NamedPipe(\\|$)/i.test(path)) return "pipe";
  if (/^\\Device\\(?!HarddiskVolume|Mup|LanmanRedirector|CdRom|Floppy)/i.test(path)) return "device";
  return "file";
}
