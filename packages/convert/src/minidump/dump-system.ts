/** What a minidump says about its process and its machine: SystemInfo, MiscInfo, comments, and the streams of text that Breakpad adds on Linux. */
import { ARCH_TYPE, codeNumber, OS_TYPE } from "@memslice/msl";
import type { DumpNotes } from "../dump/dump-notes.js";
import { Processor } from "./contexts.js";
import { LostFields } from "./lost-fields.js";
import type { MinidumpFile } from "./minidump-file.js";
import { MISC_INFO, MiscFlag, StreamType, SYSTEM_INFO } from "./structures.js";
import { type MinidumpTexts, wideText } from "./texts.js";

const UNKNOWN = 0xffff;
const NANOSECONDS = 1_000_000_000n;
/** Bytes of a stream of text that are read. */
const TEXT_MOST = 64 * 1024;

const arch = (name: string) => codeNumber(ARCH_TYPE, name) ?? UNKNOWN;
const os = (name: string) => codeNumber(OS_TYPE, name) ?? UNKNOWN;

/** ProcessorArchitecture and ArchType. Sources: winnt.h (0 to 12), Breakpad (others). */
const ARCHITECTURES: readonly (readonly [processor: number, archType: number])[] = [
  [Processor.x86, arch("x86")],
  [Processor.amd64, arch("x86_64")],
  [Processor.arm64, arch("ARM64")],
  [Processor.arm64Breakpad, arch("ARM64")],
  [Processor.arm, arch("ARM32")],
  [1, arch("MIPS32")],
  [0x8004, arch("MIPS64")],
  [3, arch("PPC32")],
  [0x8002, arch("PPC64")],
  [0x8005, arch("RISC-V RV32")],
  [0x8006, arch("RISC-V RV64")],
];

/** PlatformId and OSType. Sources: winnt.h (1 and 2), Breakpad (others). */
const PLATFORMS: readonly (readonly [platform: number, osType: number])[] = [
  [2, os("Windows")],
  [1, os("Windows")],
  [0x8101, os("macOS")],
  [0x8102, os("iOS")],
  [0x8201, os("Linux")],
  [0x8203, os("Android")],
  [0x8206, os("Fuchsia")],
];

/** ProcessorArchitecture for what it does not know. */
const PROCESSOR_UNKNOWN = 0xffff;

/** The ProcessorArchitecture of an ArchType; `PROCESSOR_UNKNOWN` for one that minidumps do not have. ARM64 has a number of its own in Breakpad. */
export function processorFor(archType: number, isWindows: boolean): number {
  const found = ARCHITECTURES.find(([, known]) => known === archType)?.[0] ?? PROCESSOR_UNKNOWN;
  return found === Processor.arm64 && !isWindows ? Processor.arm64Breakpad : found;
}

/** The PlatformId of an OSType; undefined for one that minidumps do not have. */
export function platformFor(osType: number): number | undefined {
  return PLATFORMS.find(([, known]) => known === osType)?.[0];
}

export interface DumpedSystem {
  readonly archType: number;
  readonly osType: number;
  readonly processor: number;
  /** `Windows 10.0.19045 (Service Pack 1)`; empty without SystemInfo. */
  readonly version: string;
}

export async function readSystem(file: MinidumpFile, texts: MinidumpTexts, notes: DumpNotes): Promise<DumpedSystem> {
  const data = await file.head(StreamType.systemInfo, SYSTEM_INFO.size);
  if (!data || data.length < SYSTEM_INFO.size) {
    notes.assume("the dump has no SystemInfoStream: architecture and operating system are not known");
    return { archType: UNKNOWN, osType: UNKNOWN, processor: PROCESSOR_UNKNOWN, version: "" };
  }
  const info = SYSTEM_INFO.decode(data);
  const { processorArchitecture: processor, platformId, majorVersion, minorVersion, buildNumber } = info;
  const archType = ARCHITECTURES.find(([known]) => known === processor)?.[1] ?? UNKNOWN;
  const osType = PLATFORMS.find(([known]) => known === platformId)?.[1] ?? UNKNOWN;
  if (archType === UNKNOWN) notes.lose(`processor architecture ${processor}, which captures have no code for`);
  if (osType === UNKNOWN) notes.lose(`platform ${platformId}, which captures have no code for`);
  const lost = new LostFields();
  lost.addAll({
    ...{ ProcessorLevel: info.processorLevel, ProcessorRevision: info.processorRevision, ProductType: info.productType },
    ...{ NumberOfProcessors: info.numberOfProcessors, SuiteMask: info.suiteMask, Cpu: info.cpu },
  });
  lost.tell(notes, "SystemInfoStream");
  const servicePack = await texts.at(info.csdVersionRva, "the service pack");
  const name = osType === UNKNOWN ? "" : `${OS_TYPE.names[osType as keyof typeof OS_TYPE.names]} `;
  // Programs that do not know the version write zeros.
  const numbers = majorVersion + minorVersion + buildNumber === 0 ? "" : `${majorVersion}.${minorVersion}.${buildNumber}`;
  const version = numbers === "" ? "" : `${name}${numbers}${servicePack === "" ? "" : ` (${servicePack})`}`;
  return { archType, osType, processor, version };
}

export interface DumpedProcess {
  /** 0 unknown. */
  readonly pid: number;
  /** 0 unknown. */
  readonly ppid: number;
  /** Nanoseconds since 1970-01-01 UTC, 0 unknown. */
  readonly startTimeNs: bigint;
  readonly cmdLine: string;
}

/** The process, as MiscInfoStream and the copies of files of /proc say. */
export async function readProcess(file: MinidumpFile, notes: DumpNotes): Promise<DumpedProcess> {
  const data = await file.head(StreamType.miscInfo, MISC_INFO.size);
  const misc = data ? MISC_INFO.decodePart(data.subarray(0, sizeStated(data))) : {};
  const flags = misc.flags1 ?? 0;
  const lost = new LostFields();
  const { sizeOfInfo: _size, flags1: _flags, processId, processCreateTime, buildString, dbgBldStr, ...others } = misc;
  lost.addAll({
    ...Object.fromEntries(Object.entries(others).map(([name, value]) => [capitalized(name), value])),
    ...(flags & MiscFlag.processId ? {} : { ProcessId: processId }),
    ...(flags & MiscFlag.processTimes ? {} : { ProcessCreateTime: processCreateTime }),
    ...{ BuildString: buildString && wideText(buildString), DbgBldStr: dbgBldStr && wideText(dbgBldStr) },
  });
  lost.tell(notes, "MiscInfoStream");
  const status = await textOf(file, StreamType.linuxProcStatus);
  if (status !== "") notes.lose("LinuxProcStatus but Pid and PPid");
  const arguments_ = await textOf(file, StreamType.linuxCmdLine);
  const pid = flags & MiscFlag.processId ? (misc.processId ?? 0) : statusNumber(status, "Pid");
  const seconds = flags & MiscFlag.processTimes ? (misc.processCreateTime ?? 0) : 0;
  return {
    ...{ pid, ppid: statusNumber(status, "PPid") },
    ...{ startTimeNs: BigInt(seconds) * NANOSECONDS, cmdLine: arguments_.replace(/\0+$/, "").replaceAll("\0", " ") },
  };
}

const capitalized = (name: string) => `${name.slice(0, 1).toUpperCase()}${name.slice(1)}`;

/** SizeOfInfo, by which versions of the structure differ; never more than there is. */
function sizeStated(data: Uint8Array): number {
  if (data.length < 4) return 0;
  return Math.min(data.length, new DataView(data.buffer, data.byteOffset, 4).getUint32(0, true));
}

/** A number of /proc/PID/status; 0 where it is not there. */
function statusNumber(status: string, name: string): number {
  const value = Number(new RegExp(`^${name}:\\s*(\\d{1,10})\\s*$`, "m").exec(status)?.[1] ?? 0);
  return value <= 0xffffffff ? value : 0;
}

/** A stream of text in UTF-8; empty if the dump does not have it. */
export async function textOf(file: MinidumpFile, type: number, most = TEXT_MOST): Promise<string> {
  const data = await file.head(type, most);
  return data ? new TextDecoder("utf-8", { ignoreBOM: true }).decode(data) : "";
}

/** The comments of the dump: ProcDump writes its command line there. */
export async function readComments(file: MinidumpFile): Promise<string> {
  const narrow = (await textOf(file, StreamType.commentA)).split("\0")[0] ?? "";
  const wide = await file.head(StreamType.commentW, TEXT_MOST);
  return [narrow, wide ? wideText(wide) : ""].filter((text) => text !== "").join("\n");
}
