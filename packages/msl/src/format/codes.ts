/** Registered codes and their names. An unknown code is never an error: it keeps its number. */

export interface CodeTable<Name extends string = string> {
  /** Bytes of the field that holds the code. */
  readonly width: 1 | 2 | 4;
  /** Names by code. */
  readonly names: Readonly<Record<number, Name>>;
}

/** A code to be written: its number, or its registered name in a table. */
export type CodeOf<Table extends CodeTable> = number | (Table extends CodeTable<infer Name> ? Name : never);

/** A table whose type has the names. */
function codeTable<const Name extends string>(table: CodeTable<Name>): CodeTable<Name> {
  return table;
}

/** The registered name of a code, such as `Linux`; of an unknown one its number at the width of the field, such as `0x00ff`. */
export function codeName(table: CodeTable, code: number): string {
  return table.names[code] ?? `0x${code.toString(16).padStart(table.width * 2, "0")}`;
}

const numbers = new WeakMap<CodeTable, ReadonlyMap<string, number>>();

/** The code that has a registered name, such as 1 for `Linux` in `OS_TYPE`; undefined for a name that the table does not have. */
export function codeNumber(table: CodeTable, name: string): number | undefined {
  let byName = numbers.get(table);
  if (!byName) {
    byName = new Map(Object.entries(table.names).map(([number, text]) => [text, Number(number)]));
    numbers.set(table, byName);
  }
  return byName.get(name);
}

/** OSType of the file header. */
export const OS_TYPE = codeTable({
  width: 2,
  names: {
    0: "Windows",
    1: "Linux",
    2: "macOS",
    3: "Android",
    4: "iOS",
    5: "FreeBSD",
    6: "NetBSD",
    7: "OpenBSD",
    8: "QNX",
    9: "Fuchsia",
    65535: "unknown",
  },
});

/** ArchType of the file header. */
export const ARCH_TYPE = codeTable({
  width: 2,
  names: {
    0: "x86",
    1: "x86_64",
    2: "ARM64",
    3: "ARM32",
    4: "MIPS32",
    5: "MIPS64",
    6: "RISC-V RV32",
    7: "RISC-V RV64",
    8: "PPC32",
    9: "PPC64",
    10: "s390x",
    11: "LoongArch64",
    65535: "unknown",
  },
});

/** ClockSource of the file header: which clock the timestamps come from. They are nanoseconds since 1970-01-01 UTC under every code. */
export const CLOCK_SOURCE = codeTable({
  width: 1,
  names: {
    0: "unknown",
    1: "CLOCK_REALTIME",
    2: "CLOCK_MONOTONIC_RAW",
    3: "QueryPerformanceCounter",
    4: "mach_absolute_time",
    255: "other",
  },
});

/** HashAlgo of the file header: how the chain and FileHash are computed. */
export const HASH_ALGO = codeTable({ width: 1, names: { 0: "BLAKE3", 1: "SHA-256", 2: "SHA-512/256", 255: "other" } });

/** RegionType of a Memory Region. */
export const REGION_TYPE = codeTable({
  width: 1,
  names: { 0: "unknown", 1: "heap", 2: "stack", 3: "image", 4: "mapped file", 5: "anonymous", 6: "shared memory", 255: "other" },
});

/** KeyType of a Key Hint: the kind of key. */
export const KEY_TYPE = codeTable({
  width: 2,
  names: {
    0: "unknown",
    1: "pre-master secret",
    2: "master secret",
    3: "session key",
    4: "handshake secret",
    5: "application traffic secret",
    6: "RSA private key",
    7: "ECDH private key",
    8: "IKE SA key",
    9: "ESP/AH key",
    10: "SSH session key",
    11: "WireGuard key",
    12: "ML-KEM private key",
    65535: "other",
  },
});

/** Protocol of a Key Hint: the protocol that uses the key. */
export const KEY_PROTOCOL = codeTable({
  width: 2,
  names: {
    0: "unknown",
    1: "TLS 1.2",
    2: "TLS 1.3",
    3: "DTLS 1.2",
    4: "DTLS 1.3",
    5: "QUIC",
    6: "IKEv2/IPsec",
    7: "SSH",
    8: "WireGuard",
    9: "PQ-TLS",
    65535: "other",
  },
});

/** Confidence of a Key Hint. */
export const KEY_CONFIDENCE = codeTable({ width: 1, names: { 0: "speculative", 1: "heuristic", 2: "confirmed" } });
/** KeyState of a Key Hint. */
export const KEY_STATE = codeTable({ width: 1, names: { 0: "unknown", 1: "active", 2: "expired" } });

/** ThreadState of a Thread Context. */
export const THREAD_STATE = codeTable({
  width: 1,
  names: { 0: "unknown", 1: "running", 2: "sleeping", 3: "stopped", 4: "waiting" },
});

/** SourceFormat of Import Provenance. */
export const SOURCE_FORMAT = codeTable({
  width: 2,
  names: {
    0: "unknown",
    1: "raw byte stream",
    2: "ELF core",
    3: "Windows Minidump",
    4: "macOS core",
    5: "ProcDump",
    65535: "other",
  },
});

/** Relationship of a Related Dump. Codes 3 to 5 have other meanings in MemDiver; its files do not tell which meaning is used. */
export const RELATIONSHIP = codeTable({
  width: 2,
  names: { 0: "unknown", 1: "parent", 2: "child", 3: "shared memory", 4: "IPC peer", 5: "thread group", 65535: "other" },
});

/** Family of a connection. memslicer also writes 1 for Unix sockets. */
export const CONNECTION_FAMILY = codeTable({ width: 1, names: { 1: "Unix", 2: "IPv4", 10: "IPv6" } });
/** Protocol of a connection, by its number in IP. */
export const CONNECTION_PROTOCOL = codeTable({ width: 1, names: { 0: "none", 6: "TCP", 17: "UDP" } });

/** State of a connection. Linux numbering, the de facto one; memslicer's remote Darwin source stores BSD numbers. */
export const TCP_STATE = codeTable({
  width: 1,
  names: {
    0: "not applicable",
    1: "ESTABLISHED",
    2: "SYN_SENT",
    3: "SYN_RECV",
    4: "FIN_WAIT1",
    5: "FIN_WAIT2",
    6: "TIME_WAIT",
    7: "CLOSE",
    8: "CLOSE_WAIT",
    9: "LAST_ACK",
    10: "LISTEN",
    11: "CLOSING",
  },
});

/** HandleType of an entry of the Handle Table. */
export const HANDLE_TYPE = codeTable({
  width: 2,
  names: { 0: "unknown", 1: "file", 2: "directory", 3: "socket", 4: "pipe", 5: "device", 6: "registry", 255: "other" },
});

/** Names of block types (specification, block type registry), with the types that memslicer and MemDiver added. */
export const BLOCK_TYPE = codeTable({
  width: 2,
  names: {
    0: "Invalid",
    1: "MemoryRegion",
    2: "ModuleEntry",
    16: "ModuleListIndex",
    17: "ThreadContext",
    18: "FileDescriptor",
    19: "NetworkConnection",
    20: "EnvironmentBlock",
    21: "SecurityToken",
    32: "KeyHint",
    48: "ImportProvenance",
    64: "ProcessIdentity",
    65: "RelatedDump",
    80: "SystemContext",
    81: "ProcessTable",
    82: "ConnectionTable",
    83: "HandleTable",
    84: "ConnectivityTable",
    85: "ConnectivityTable",
    86: "PersistenceManifest",
    87: "KernelModuleList",
    88: "TargetIntrospection",
    89: "PhysicalMemoryMap",
    90: "ModuleBuildIdManifest",
    4095: "EndOfCapture",
    4096: "BlockIndexTable",
    4097: "VasMap",
    4098: "RegionClassification",
    4099: "PointerGraph",
    8193: "StructureCandidate",
    8194: "AnalystAnnotation",
    8195: "DiffResult",
    8196: "ScanSignature",
  },
});

/** Block types by name. */
export const BlockType = {
  Invalid: 0x0000,
  MemoryRegion: 0x0001,
  ModuleEntry: 0x0002,
  ModuleListIndex: 0x0010,
  ThreadContext: 0x0011,
  KeyHint: 0x0020,
  ImportProvenance: 0x0030,
  ProcessIdentity: 0x0040,
  RelatedDump: 0x0041,
  SystemContext: 0x0050,
  ProcessTable: 0x0051,
  ConnectionTable: 0x0052,
  HandleTable: 0x0053,
  MemslicerConnectivityTable: 0x0054,
  ConnectivityTable: 0x0055,
  PersistenceManifest: 0x0056,
  KernelModuleList: 0x0057,
  TargetIntrospection: 0x0058,
  PhysicalMemoryMap: 0x0059,
  ModuleBuildIdManifest: 0x005a,
  EndOfCapture: 0x0fff,
  VasMap: 0x1001,
  PointerGraph: 0x1003,
} as const;

/** Types that memslicer 0.2.4 and later write and nobody else does. */
export function isMemslicerType(type: number): boolean {
  return (
    type === BlockType.MemslicerConnectivityTable ||
    (type >= BlockType.PersistenceManifest && type <= BlockType.ModuleBuildIdManifest)
  );
}

/** Types for indexes that analysis tools add behind End-of-Capture (specification, block types 0x1000 to 0x1FFF). */
export function isAppendixType(type: number): boolean {
  return type >= 0x1000 && type <= 0x1fff;
}

/** Header flags (specification, file header flags). */
export const HeaderFlag = { Imported: 0x1, Investigation: 0x2, Encrypted: 0x4, Redacted: 0x8 } as const;
export const HEADER_FLAGS_KNOWN = 0xf;

/** Block flags (specification, block flags). */
export const BlockFlag = { Compressed: 0x01, HasKeyHints: 0x08, HasChildren: 0x10, Continuation: 0x20 } as const;
export const BLOCK_FLAGS_KNOWN = 0x3f;

/** Thread flags: the thread to resume from, and the one that crashed. */
export const ThreadFlag = { Current: 0x01, Crashed: 0x02 } as const;
/** Register flags, the role of a register: program counter, stack pointer, frame pointer, flags register. Of several with one role the first one has it. */
export const RegisterFlag = { Pc: 0x01, Sp: 0x02, Fp: 0x04, Flags: 0x08 } as const;

/** How a payload is stored; `reserved` is the unassigned algorithm 3. */
export type Compression = "none" | "zstd" | "lz4" | "reserved";
const COMPRESSIONS: readonly Compression[] = ["none", "zstd", "lz4", "reserved"];

/** CompAlgo, bits 1-2 of the block flags, whatever Compressed says. */
export function compAlgo(flags: number): Compression {
  return COMPRESSIONS[(flags >> 1) & 3] ?? "reserved";
}

/** How the payload is stored: `none` whenever Compressed is clear. */
export function compressionOf(flags: number): Compression {
  return (flags & BlockFlag.Compressed) === 0 ? "none" : compAlgo(flags);
}
