/** Modules of a minidump: loaded ones as captures hold them, and unloaded ones, which captures have no block for, as a sentence. */
import type { WritableModuleEntry } from "@memslice/msl";
import type { DumpNotes } from "../dump/dump-notes.js";
import { moduleEntry } from "../dump/module-entry.js";
import { buildIdentity, CODEVIEW_MOST } from "./codeview.js";
import { LostFields } from "./lost-fields.js";
import type { FilePart, MinidumpFile } from "./minidump-file.js";
import { countedList, sizedList, tellMissingRows } from "./row-lists.js";
import { FIXED_FILE_INFO_SIGNATURE, MODULE, StreamType, UNLOADED_MODULE } from "./structures.js";
import type { MinidumpTexts } from "./texts.js";

/** Modules that are imported: no process has so many. */
const MODULES_MOST = 65_536;
/** Unloaded modules that are told: Windows keeps 64. */
const UNLOADED_MOST = 64;
/** Those in one sentence, and characters of a name: longer sentences are cut (dump-notes.ts). */
const IN_SENTENCE = 4;
const UNLOADED_NAME_MOST = 80;

/** Bytes of a CodeView record that are read, and of its signature. */
const RECORD_MOST = 512;
const SIGNATURE_BYTES = 4;

type ModuleRow = ReturnType<typeof MODULE.decode>;

/** The modules of ModuleListStream in its order; undefined if the dump has no list. */
export async function readModules(
  file: MinidumpFile,
  texts: MinidumpTexts,
  notes: DumpNotes,
): Promise<WritableModuleEntry[] | undefined> {
  const list = await countedList(file, StreamType.moduleList, MODULE.size, notes);
  if (!list) return undefined;
  const found: ModuleRow[] = [];
  const rows = await file.eachRow(list.rows, { count: list.count, size: MODULE.size }, (window, at) => {
    if (found.length === MODULES_MOST) return false;
    found.push(MODULE.decode(window, at));
    return;
  });
  if (found.length === MODULES_MOST && rows < list.count) notes.lose(`modules behind the first ${MODULES_MOST} are not imported`);
  else tellMissingRows("ModuleListStream", BigInt(list.count), rows, notes);
  const modules: WritableModuleEntry[] = [];
  const lost = new LostFields();
  for (const row of found) {
    const path = await texts.at(row.moduleNameRva, "the name of a module");
    const { buildId, rest } = await recordOf(file, file.part(row.cvRva, row.cvSize));
    lost.addAll(fieldsWithoutPlace(row));
    lost.add("CvRecord", rest);
    modules.push(moduleEntry({ base: row.baseOfImage, size: BigInt(row.sizeOfImage), path, version: versionOf(row), buildId }));
  }
  lost.tell(notes, "ModuleListStream", "modules");
  return modules;
}

/** What MINIDUMP_MODULE has beside address, size, name, file version and build. */
function fieldsWithoutPlace(row: ModuleRow) {
  const { productVersionHigh, productVersionLow, fileFlagsMask, fileFlags, fileOs, fileType, fileSubtype, fileDate } = row;
  const fixed = {
    ...{ FileFlagsMask: fileFlagsMask, FileFlags: fileFlags, FileOS: fileOs, FileType: fileType },
    FileSubtype: fileSubtype,
  };
  const product = (BigInt(productVersionHigh) << 32n) | BigInt(productVersionLow);
  const file = versionOf(row) === "" ? (BigInt(row.fileVersionHigh) << 32n) | BigInt(row.fileVersionLow) : 0n;
  return {
    ...{ CheckSum: row.checkSum, TimeDateStamp: row.timeDateStamp, FileVersion: file, ProductVersion: product },
    ...{ ...fixed, FileDate: fileDate, "bytes of MiscRecord": row.miscSize, Reserved: row.reserved },
  };
}

/** `a.b.c.d`; empty where the dump has no version. Modules without version information have zeros, also with a signature. */
function versionOf({ versionSignature, fileVersionHigh: high, fileVersionLow: low }: ModuleRow): string {
  if (versionSignature !== FIXED_FILE_INFO_SIGNATURE || (high === 0 && low === 0)) return "";
  return [high >>> 16, high & 0xffff, low >>> 16, low & 0xffff].join(".");
}

/** The build in a CodeView record, and what else it says: the path of the PDB, or the record itself if its kind is not known. */
async function recordOf(file: MinidumpFile, record: FilePart | undefined) {
  const bytes = record ? await file.read(record, RECORD_MOST) : new Uint8Array(0);
  const identity = buildIdentity(bytes.subarray(0, CODEVIEW_MOST));
  if (!identity) return { buildId: undefined, rest: bytes };
  const path = identity.kind === "pdb" ? bytes.subarray(SIGNATURE_BYTES + identity.bytes.length) : new Uint8Array(0);
  return { buildId: identity.bytes, rest: new TextDecoder().decode(path).split("\0", 1)[0] ?? "" };
}

/** Tells which modules had been unloaded: they have no addresses any more. */
export async function tellUnloadedModules(file: MinidumpFile, texts: MinidumpTexts, notes: DumpNotes): Promise<void> {
  const list = await sizedList(file, StreamType.unloadedModuleList, UNLOADED_MODULE.size, notes);
  if (!list || list.count === 0) return;
  const named: ReturnType<typeof UNLOADED_MODULE.decode>[] = [];
  const rows = await file.eachRow(list.rows, list, (window, at) => {
    if (named.length === UNLOADED_MOST) return false;
    named.push(UNLOADED_MODULE.decode(window, at));
    return;
  });
  if (named.length < UNLOADED_MOST) tellMissingRows("UnloadedModuleListStream", BigInt(list.count), rows, notes);
  for (let first = 0; first < named.length; first += IN_SENTENCE) {
    const words: string[] = [];
    for (const row of named.slice(first, first + IN_SENTENCE)) words.push(await unloadedText(row, texts));
    const which = named.length > IN_SENTENCE ? `, ${first + 1} to ${first + words.length}` : "";
    notes.lose(`${list.count} unloaded modules, which captures have no block for${which}: ${words.join(", ")}`);
  }
  const more = list.count - named.length;
  if (more > 0) notes.lose(`${more} more unloaded modules, which are not listed`);
}

async function unloadedText(row: ReturnType<typeof UNLOADED_MODULE.decode>, texts: MinidumpTexts): Promise<string> {
  const { moduleNameRva, baseOfImage, sizeOfImage, checkSum, timeDateStamp } = row;
  const name = await texts.at(moduleNameRva, "the name of an unloaded module");
  const shown = JSON.stringify(name.length > UNLOADED_NAME_MOST ? `…${name.slice(1 - UNLOADED_NAME_MOST)}` : name);
  const facts = [`${sizeOfImage} bytes`, `CheckSum ${hex(checkSum)}`, `TimeDateStamp ${hex(timeDateStamp)}`];
  return `${shown} at 0x${baseOfImage.toString(16)} (${facts.join(", ")})`;
}

const hex = (value: number) => `0x${value.toString(16)}`;
