/** What a capture says about its process and its machine, as the streams of minidumps: SystemInfo, MiscInfo, command line, handles, and a comment. */
import { BlockType, type Capture, codeNumber, HANDLE_TYPE, OS_TYPE } from "@memslice/msl";
import type { ExportNotes } from "../export/export-report.js";
import type { StatedIdentity } from "../export/fields-without-place.js";
import { FILE_MODES } from "./dump-handles.js";
import { platformFor } from "./dump-system.js";
import { isLinux } from "./exceptions.js";
import type { MinidumpPlan, PlannedStream } from "./file-plan.js";
import { HANDLE_DATA, HANDLE_DESCRIPTOR, MISC_INFO, MISC_INFO_1_SIZE, MiscFlag, StreamType, SYSTEM_INFO } from "./structures.js";
import { encodedString } from "./texts.js";

const NANOSECONDS = 1_000_000_000n;
const U32_MOST = 0xffffffffn;
/** The versions of a system as `importCapture` writes them into OSDetail. */
const VERSION = /^[A-Za-z]+ (\d{1,9})\.(\d{1,9})\.(\d{1,9})(?: \((.{1,64})\))?$/;

/** Platform for systems that Breakpad has no number of: `MD_OS_UNIX`. */
const UNIX = 0x8000;

/** Process Identity and System Context, as far as streams hold them. */
export interface ProcessTexts extends StatedIdentity {
  readonly cmdLine: string;
  readonly exePath: string;
  readonly osDetail: string;
  /** Note of Import Provenance; empty for a capture that is no import. */
  readonly provenance: string;
}

export async function processTexts(capture: Capture, signal: AbortSignal | undefined): Promise<ProcessTexts> {
  let [cmdLine, exePath, startTimeNs, osDetail, ppid, sessionId, provenance] = ["", "", 0n, "", 0, 0, ""];
  for (const type of [BlockType.ProcessIdentity, BlockType.SystemContext, BlockType.ImportProvenance]) {
    for (const block of capture.blocks.ofType(type)) {
      const { payload } = await block.decode(signal);
      if (payload?.kind === "ProcessIdentity") ({ cmdLine, exePath, startTimeNs, ppid, sessionId } = payload);
      if (payload?.kind === "SystemContext") ({ osDetail } = payload);
      if (payload?.kind === "ImportProvenance") provenance = payload.note;
      break;
    }
  }
  return { cmdLine, exePath, startTimeNs, osDetail, ppid, sessionId, provenance };
}

export function isWindows(capture: Capture): boolean {
  return capture.header.osType === codeNumber(OS_TYPE, "Windows");
}

/** SystemInfoStream. What captures do not say (processors, revision, product type) is 0. */
export function systemInfoStream(
  capture: Capture,
  processor: number,
  { osDetail }: ProcessTexts,
  notes: ExportNotes,
): PlannedStream {
  const platform = platformFor(capture.header.osType);
  if (platform === undefined)
    notes.add(
      "no place",
      "PlatformId",
      `Minidumps have no number for ${capture.header.osTypeName}: the platform is ${UNIX}, Unix`,
    );
  const [, major, minor, build, servicePack = ""] = VERSION.exec(osDetail) ?? [];
  if (major === undefined)
    notes.add("assumed", "SystemInfoStream", "The capture does not say the version of the system in numbers: it is 0.0.0");
  return {
    type: StreamType.systemInfo,
    place: (plan) =>
      SYSTEM_INFO.encode({
        processorArchitecture: processor,
        ...{ majorVersion: Number(major ?? 0), minorVersion: Number(minor ?? 0), buildNumber: Number(build ?? 0) },
        platformId: platform ?? UNIX,
        csdVersionRva: plan.place(encodedString(servicePack)),
      }),
  };
}

/** MiscInfoStream in its first version: process id and start time. */
export function miscInfoStream(capture: Capture, { startTimeNs }: ProcessTexts): PlannedStream {
  const seconds = startTimeNs / NANOSECONDS;
  const isTimed = seconds > 0n && seconds <= U32_MOST;
  const { pid } = capture.header;
  return {
    type: StreamType.miscInfo,
    place: () =>
      MISC_INFO.encode({
        sizeOfInfo: MISC_INFO_1_SIZE,
        flags1: (pid === 0 ? 0 : MiscFlag.processId) | (isTimed ? MiscFlag.processTimes : 0),
        processId: pid,
        ...(isTimed ? { processCreateTime: Number(seconds) } : {}),
      }).subarray(0, MISC_INFO_1_SIZE),
  };
}

/** A comment that says where the file is from: notes of an export do not travel with it. */
export function commentStream(capture: Capture, hasMadeUpThread: boolean): PlannedStream {
  const madeUp = hasMadeUpThread ? "; the thread in this file is made up" : "";
  const text = `Exported by memslice from the Memory Slice capture ${capture.header.dumpUuid}; addresses without bytes were not captured${madeUp}`;
  return { type: StreamType.commentA, place: () => new TextEncoder().encode(`${text}\0`) };
}

/** LinuxCmdLine of Breakpad: the arguments, each with a NUL behind it. A capture may have blanks between them. */
export function cmdLineStream({ cmdLine }: ProcessTexts): PlannedStream {
  return { type: StreamType.linuxCmdLine, place: () => new TextEncoder().encode(`${cmdLine}\0`) };
}

/** Names of object types of Windows for HandleType. */
const TYPE_NAMES: Readonly<Record<string, string>> = {
  file: "File",
  directory: "File",
  socket: "File",
  pipe: "File",
  device: "File",
  registry: "Key",
};

interface Handle {
  readonly fd: number;
  readonly handleType: number;
  readonly path: string;
}

/** The handles of the process; undefined if the capture has none. */
export async function handlesStream(
  capture: Capture,
  notes: ExportNotes,
  signal: AbortSignal | undefined,
): Promise<PlannedStream | undefined> {
  const handles: Handle[] = [];
  let others = 0;
  for (const block of capture.blocks.ofType(BlockType.HandleTable)) {
    const { payload } = await block.decode(signal);
    if (payload?.kind !== "HandleTable") continue;
    for (const entry of payload.entries) {
      if (entry.pid === capture.header.pid) handles.push(entry);
      else others++;
    }
  }
  if (others > 0) notes.add("no place", "HandleDataStream", `${others} handles of other processes are not in the minidump`);
  if (handles.length === 0) return undefined;
  return { type: StreamType.handleData, place: (plan) => handleList(handles, isLinux(capture.header.osType), plan) };
}

/** `hasModes`: Attributes are st_mode on the system, of which a capture says the type alone. */
function handleList(handles: readonly Handle[], hasModes: boolean, plan: MinidumpPlan): Uint8Array {
  const list = new Uint8Array(HANDLE_DATA.size + handles.length * HANDLE_DESCRIPTOR.size);
  const [sizeOfHeader, sizeOfDescriptor] = [HANDLE_DATA.size, HANDLE_DESCRIPTOR.size];
  HANDLE_DATA.encodeInto(list, 0, { sizeOfHeader, sizeOfDescriptor, numberOfDescriptors: handles.length });
  const types = new Map<string, number>();
  const typeRva = (name: string) => {
    const known = types.get(name) ?? plan.place(encodedString(name));
    types.set(name, known);
    return known;
  };
  for (const [index, { fd, handleType, path }] of handles.entries()) {
    const type = HANDLE_TYPE.names[handleType as keyof typeof HANDLE_TYPE.names] ?? "";
    const typeName = TYPE_NAMES[type];
    const mode = hasModes ? (FILE_MODES.find(([, name]) => name === type)?.[0] ?? 0) : 0;
    HANDLE_DESCRIPTOR.encodeInto(list, sizeOfHeader + index * sizeOfDescriptor, {
      handle: BigInt(fd),
      attributes: mode,
      typeNameRva: typeName === undefined ? 0 : typeRva(typeName),
      objectNameRva: path === "" ? 0 : plan.place(encodedString(path)),
    });
  }
  return list;
}
