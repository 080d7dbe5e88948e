/**
 * The structures of minidumps, each stated once. Sources: minidumpapiset.h and verrsrc.h of the Windows SDK (names, order and sizes of fields as their public
 * documentation gives them); for the streams and codes of Breakpad, its minidump_format.h. Offsets are in bytes; all integers are little-endian.
 */
import { bytes, Structure, u8, u16, u32, u64 } from "../structures/structure.js";

/** `MDMP`, as a little-endian u32. */
export const MINIDUMP_SIGNATURE = 0x504d444d;
/** The low word of `Version`; the high word is the implementation's own. */
export const MINIDUMP_VERSION = 0xa793;

export const HEADER = new Structure("MINIDUMP_HEADER", 32, {
  signature: u32(0),
  version: u32(4),
  numberOfStreams: u32(8),
  streamDirectoryRva: u32(12),
  checkSum: u32(16),
  timeDateStamp: u32(20),
  flags: u64(24),
});

export const DIRECTORY = new Structure("MINIDUMP_DIRECTORY", 12, { streamType: u32(0), dataSize: u32(4), rva: u32(8) });

/** StreamType of the directory. */
export const StreamType = {
  threadList: 3,
  moduleList: 4,
  memoryList: 5,
  exception: 6,
  systemInfo: 7,
  memory64List: 9,
  commentA: 10,
  commentW: 11,
  handleData: 12,
  unloadedModuleList: 14,
  miscInfo: 15,
  memoryInfoList: 16,
  threadInfoList: 17,
  threadNames: 24,
  linuxProcStatus: 0x47670004,
  linuxCmdLine: 0x47670006,
  linuxMaps: 0x47670009,
  // Streams that exports add for imports: types above LastReservedStream (0xffff) are free. Other readers pass over types that they do not know.
  memsliceThreadFacts: 0x4d534c01,
  memsliceUnmappedRuns: 0x4d534c02,
  memsliceSignals: 0x4d534c03,
} as const;

/** Names of stream types, for reports; others are shown by their number. */
export const STREAM_NAMES: Readonly<Record<number, string>> = {
  3: "ThreadListStream",
  4: "ModuleListStream",
  5: "MemoryListStream",
  6: "ExceptionStream",
  7: "SystemInfoStream",
  8: "ThreadExListStream",
  9: "Memory64ListStream",
  10: "CommentStreamA",
  11: "CommentStreamW",
  12: "HandleDataStream",
  13: "FunctionTableStream",
  14: "UnloadedModuleListStream",
  15: "MiscInfoStream",
  16: "MemoryInfoListStream",
  17: "ThreadInfoListStream",
  18: "HandleOperationListStream",
  19: "TokenStream",
  20: "JavaScriptDataStream",
  21: "SystemMemoryInfoStream",
  22: "ProcessVmCountersStream",
  23: "IptTraceStream",
  24: "ThreadNamesStream",
  1197932545: "BreakpadInfoStream",
  1197932546: "AssertionInfoStream",
  1197932547: "LinuxCpuInfo",
  1197932548: "LinuxProcStatus",
  1197932549: "LinuxLsbRelease",
  1197932550: "LinuxCmdLine",
  1197932551: "LinuxEnviron",
  1197932552: "LinuxAuxv",
  1197932553: "LinuxMaps",
  1197932554: "LinuxDsoDebug",
  1129316353: "CrashpadInfoStream",
  1265303554: "StabilityReportStream",
  1299841025: "MozMacosCrashInfoStream",
  1299841026: "MozMacosBootargsStream",
  1299841027: "MozLinuxLimits",
  1299841028: "MozSoftErrors",
  [StreamType.memsliceThreadFacts]: "threads of memslice",
  [StreamType.memsliceUnmappedRuns]: "page states of memslice",
  [StreamType.memsliceSignals]: "signals of memslice",
};

export const SYSTEM_INFO = new Structure("MINIDUMP_SYSTEM_INFO", 56, {
  processorArchitecture: u16(0),
  processorLevel: u16(2),
  processorRevision: u16(4),
  numberOfProcessors: u8(6),
  productType: u8(7),
  majorVersion: u32(8),
  minorVersion: u32(12),
  buildNumber: u32(16),
  platformId: u32(20),
  csdVersionRva: u32(24),
  suiteMask: u16(28),
  cpu: bytes(32, 24),
});

/** `dwSignature` of VS_FIXEDFILEINFO. */
export const FIXED_FILE_INFO_SIGNATURE = 0xfeef04bd;
/** `dwStrucVersion` of VS_FIXEDFILEINFO. */
export const FIXED_FILE_INFO_VERSION = 0x00010000;

/** MINIDUMP_MODULE with its VS_FIXEDFILEINFO; `cvRecord`: the location of the CodeView record. */
export const MODULE = new Structure("MINIDUMP_MODULE", 108, {
  baseOfImage: u64(0),
  sizeOfImage: u32(8),
  checkSum: u32(12),
  timeDateStamp: u32(16),
  moduleNameRva: u32(20),
  versionSignature: u32(24),
  versionStructure: u32(28),
  fileVersionHigh: u32(32),
  fileVersionLow: u32(36),
  productVersionHigh: u32(40),
  productVersionLow: u32(44),
  fileFlagsMask: u32(48),
  fileFlags: u32(52),
  fileOs: u32(56),
  fileType: u32(60),
  fileSubtype: u32(64),
  fileDate: u64(68),
  cvSize: u32(76),
  cvRva: u32(80),
  miscSize: u32(84),
  miscRva: u32(88),
  reserved: bytes(92, 16),
});

export const UNLOADED_MODULE = new Structure("MINIDUMP_UNLOADED_MODULE", 24, {
  baseOfImage: u64(0),
  sizeOfImage: u32(8),
  checkSum: u32(12),
  timeDateStamp: u32(16),
  moduleNameRva: u32(20),
});

export const MEMORY_DESCRIPTOR = new Structure("MINIDUMP_MEMORY_DESCRIPTOR", 16, {
  startOfMemoryRange: u64(0),
  dataSize: u32(8),
  rva: u32(12),
});

export const MEMORY64_LIST = new Structure("MINIDUMP_MEMORY64_LIST", 16, { numberOfMemoryRanges: u64(0), baseRva: u64(8) });

export const MEMORY_DESCRIPTOR64 = new Structure("MINIDUMP_MEMORY_DESCRIPTOR64", 16, {
  startOfMemoryRange: u64(0),
  dataSize: u64(8),
});

export const MEMORY_INFO_LIST = new Structure("MINIDUMP_MEMORY_INFO_LIST", 16, {
  sizeOfHeader: u32(0),
  sizeOfEntry: u32(4),
  numberOfEntries: u64(8),
});

export const MEMORY_INFO = new Structure("MINIDUMP_MEMORY_INFO", 48, {
  baseAddress: u64(0),
  allocationBase: u64(8),
  allocationProtect: u32(16),
  regionSize: u64(24),
  state: u32(32),
  protect: u32(36),
  type: u32(40),
});

/** MINIDUMP_MISC_INFO and its successors: 24, 44, 232, 832 and 1364 bytes; a shorter one ends earlier. */
export const MISC_INFO = new Structure("MINIDUMP_MISC_INFO_5", 1364, {
  sizeOfInfo: u32(0),
  flags1: u32(4),
  processId: u32(8),
  processCreateTime: u32(12),
  processUserTime: u32(16),
  processKernelTime: u32(20),
  processorMaxMhz: u32(24),
  processorCurrentMhz: u32(28),
  processorMhzLimit: u32(32),
  processorMaxIdleState: u32(36),
  processorCurrentIdleState: u32(40),
  processIntegrityLevel: u32(44),
  processExecuteFlags: u32(48),
  protectedProcess: u32(52),
  timeZoneId: u32(56),
  timeZone: bytes(60, 172),
  buildString: bytes(232, 520),
  dbgBldStr: bytes(752, 80),
  xStateData: bytes(832, 528),
  processCookie: u32(1360),
});
/** Bytes of MINIDUMP_MISC_INFO, the first version. */
export const MISC_INFO_1_SIZE = 24;
export const MiscFlag = { processId: 1, processTimes: 2, buildString: 0x100 } as const;

export const THREAD = new Structure("MINIDUMP_THREAD", 48, {
  threadId: u32(0),
  suspendCount: u32(4),
  priorityClass: u32(8),
  priority: u32(12),
  teb: u64(16),
  stackStart: u64(24),
  stackSize: u32(32),
  stackRva: u32(36),
  contextSize: u32(40),
  contextRva: u32(44),
});

/** The head of MINIDUMP_THREAD_INFO_LIST and of MINIDUMP_UNLOADED_MODULE_LIST. */
export const SIZED_LIST = new Structure("MINIDUMP_THREAD_INFO_LIST", 12, {
  sizeOfHeader: u32(0),
  sizeOfEntry: u32(4),
  numberOfEntries: u32(8),
});

export const THREAD_INFO = new Structure("MINIDUMP_THREAD_INFO", 64, {
  threadId: u32(0),
  dumpFlags: u32(4),
  dumpError: u32(8),
  exitStatus: u32(12),
  createTime: u64(16),
  exitTime: u64(24),
  kernelTime: u64(32),
  userTime: u64(40),
  startAddress: u64(48),
  affinity: u64(56),
});

/** MINIDUMP_THREAD_NAME, packed to 4 bytes. */
export const THREAD_NAME = new Structure("MINIDUMP_THREAD_NAME", 12, { threadId: u32(0), nameRva: u64(4) });

/** MINIDUMP_EXCEPTION_STREAM with its MINIDUMP_EXCEPTION. */
export const EXCEPTION = new Structure("MINIDUMP_EXCEPTION_STREAM", 168, {
  threadId: u32(0),
  exceptionCode: u32(8),
  exceptionFlags: u32(12),
  exceptionRecord: u64(16),
  exceptionAddress: u64(24),
  numberParameters: u32(32),
  exceptionInformation: bytes(40, 120),
  contextSize: u32(160),
  contextRva: u32(164),
});

export const HANDLE_DATA = new Structure("MINIDUMP_HANDLE_DATA_STREAM", 16, {
  sizeOfHeader: u32(0),
  sizeOfDescriptor: u32(4),
  numberOfDescriptors: u32(8),
});

/** MINIDUMP_HANDLE_DESCRIPTOR: 32 bytes, 40 in its second version. */
export const HANDLE_DESCRIPTOR = new Structure("MINIDUMP_HANDLE_DESCRIPTOR", 32, {
  handle: u64(0),
  typeNameRva: u32(8),
  objectNameRva: u32(12),
  attributes: u32(16),
  grantedAccess: u32(20),
  handleCount: u32(24),
  pointerCount: u32(28),
});
/** What MINIDUMP_HANDLE_DESCRIPTOR_2 has behind it: ObjectInfoRva. */
export const HANDLE_DESCRIPTOR_2 = new Structure("MINIDUMP_HANDLE_DESCRIPTOR_2", 40, { objectInfoRva: u32(32) });
