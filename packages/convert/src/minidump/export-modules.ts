/** Modules of a capture as ModuleListStream. */
import type { Module } from "@memslice/msl";
import { buildIdOf } from "../dump/module-entry.js";
import type { ExportNotes } from "../export/export-report.js";
import { codeViewRecord } from "./codeview.js";
import type { MinidumpPlan, PlannedStream } from "./file-plan.js";
import { FIXED_FILE_INFO_SIGNATURE, FIXED_FILE_INFO_VERSION, MODULE, StreamType } from "./structures.js";
import { encodedString } from "./texts.js";

const U32_MOST = 0xffffffff;
/** Bytes of GUID and age: what a build of Windows is named by. */
const GUID_AND_AGE = 20;

/** `isWindows`: builds are named by GUID and age there, elsewhere by the build id of ELF. */
export function modulesStream(modules: readonly Module[], isWindows: boolean, notes: ExportNotes): PlannedStream {
  return {
    type: StreamType.moduleList,
    place: (plan) => {
      const list = new Uint8Array(4 + modules.length * MODULE.size);
      new DataView(list.buffer).setUint32(0, modules.length, true);
      for (const [index, module] of modules.entries())
        MODULE.encodeInto(list, 4 + index * MODULE.size, moduleRow(module, plan, isWindows, notes));
      return list;
    },
  };
}

function moduleRow({ baseAddr, moduleSize, path, entry }: Module, plan: MinidumpPlan, isWindows: boolean, notes: ExportNotes) {
  if (moduleSize > BigInt(U32_MOST))
    notes.add("no place", "SizeOfImage", `${path} has ${moduleSize} bytes: the minidump says 2^32 - 1, the most that it holds`);
  const buildId = entry && buildIdOf(entry.nativeBlob);
  const identity = buildId && {
    kind: isWindows && buildId.length === GUID_AND_AGE ? ("pdb" as const) : ("build-id" as const),
    bytes: buildId,
  };
  const record = identity && codeViewRecord(identity, "");
  if (entry && entry.nativeBlob.length > 0 && !buildId)
    notes.add("no place", "NativeBlob", `The bytes of ${path} that its producer added are not in the minidump`);
  return {
    baseOfImage: baseAddr,
    sizeOfImage: moduleSize > BigInt(U32_MOST) ? U32_MOST : Number(moduleSize),
    moduleNameRva: plan.place(encodedString(path)),
    ...versionFields(entry?.version ?? "", path, notes),
    ...(record ? { cvSize: record.length, cvRva: plan.place(record) } : {}),
  };
}

/** VS_FIXEDFILEINFO holds four numbers of 16 bits. */
function versionFields(version: string, path: string, notes: ExportNotes) {
  if (version === "") return {};
  const parts = /^\d{1,5}\.\d{1,5}\.\d{1,5}\.\d{1,5}$/.test(version) ? version.split(".").map(Number) : [];
  const [major = 0, minor = 0, build = 0, revision = 0] = parts;
  if (parts.length === 0 || parts.some((part) => part > 0xffff)) {
    notes.add("no place", "VS_FIXEDFILEINFO", `The version ${version} of ${path} is not of the form a.b.c.d`);
    return {};
  }
  return {
    versionSignature: FIXED_FILE_INFO_SIGNATURE,
    versionStructure: FIXED_FILE_INFO_VERSION,
    fileVersionHigh: major * 0x10000 + minor,
    fileVersionLow: build * 0x10000 + revision,
  };
}
