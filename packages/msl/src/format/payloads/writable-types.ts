/**
 * The values that blocks are written from. The objects that readers return are such values, too.
 * Written by `npm run reference` from the tables in this folder and the texts in scripts/field-texts.mjs; edit those.
 */
import type {
  CONNECTION_FAMILY,
  CONNECTION_PROTOCOL,
  CodeOf,
  HANDLE_TYPE,
  KEY_CONFIDENCE,
  KEY_PROTOCOL,
  KEY_STATE,
  KEY_TYPE,
  RELATIONSHIP,
  SOURCE_FORMAT,
  TCP_STATE,
  THREAD_STATE,
} from "../codes.js";
import type { RawRow } from "../layout/fields.js";

/** ImportProvenance to be written (docs/fields.md). */
export interface WritableImportProvenance {
  /** Format of the dump that was imported. u16: code, 0 to 65,535. `SOURCE_FORMAT` names the registered codes. */
  readonly sourceFormat: CodeOf<typeof SOURCE_FORMAT>;
  /** Registered name of `sourceFormat`; of an unknown code its number, such as `0x00ff`. Ignored. */
  readonly sourceFormatName?: string | undefined;
  /** Time of the import: nanoseconds since 1970-01-01 UTC, 0 unknown. u64: 0 to 2^64 - 1. */
  readonly importTimeNs: bigint;
  /** Size of the dump in bytes, 0 unknown. u64: 0 to 2^64 - 1. */
  readonly origFileSize: bigint;
  /** Program that imported the dump. Text of up to 2^32 - 2 bytes in UTF-8. */
  readonly toolName?: string | undefined;
  /** Remark of the producer; empty: none. Text of up to 2^32 - 2 bytes in UTF-8. */
  readonly note?: string | undefined;
  /** BLAKE3 of the dump, which MemDiver adds; all zeros: not computed. 32 bytes. */
  readonly sourceHash?: Uint8Array | null | undefined;
}

/** ProcessIdentity to be written (docs/fields.md). */
export interface WritableProcessIdentity {
  /** Process id of the parent, 0 unknown. u32: 0 to 2^32 - 1. */
  readonly ppid: number;
  /** Session of the process, 0 unknown. u32: 0 to 2^32 - 1. */
  readonly sessionId: number;
  /** Start of the process: nanoseconds since 1970-01-01 UTC, 0 unknown. u64: 0 to 2^64 - 1. */
  readonly startTimeNs: bigint;
  /** Path of the executable; empty: not available. Text of up to 65,534 bytes in UTF-8. */
  readonly exePath?: string | undefined;
  /** Command line; empty: not available. Text of up to 65,534 bytes in UTF-8. */
  readonly cmdLine?: string | undefined;
}

/** ModuleListEntry to be written (docs/fields.md). */
export interface WritableModuleListEntry {
  /** BlockUUID of the module's Module Entry block. UUID as text. */
  readonly moduleUuid: string;
  /** Virtual address at which the module is loaded. u64: 0 to 2^64 - 1. */
  readonly baseAddr: bigint;
  /** Size of the mapping in bytes. u64: 0 to 2^64 - 1. */
  readonly moduleSize: bigint;
  /** Path of the module's file. Text of up to 65,534 bytes in UTF-8. */
  readonly path?: string | undefined;
}

/** ModuleListIndex to be written (docs/fields.md). */
export interface WritableModuleListIndex {
  /** Number of `entries`. u32: 0 to 2^32 - 1. Follows from `entries`. */
  readonly entryCount?: number | undefined;
  /** The modules; MSL 0.1 stores the count alone. */
  readonly entries: readonly WritableModuleListEntry[];
}

/** SystemContext to be written (docs/fields.md). */
export interface WritableSystemContext {
  /** Start of the system: nanoseconds since 1970-01-01 UTC, 0 unknown. u64: 0 to 2^64 - 1. */
  readonly bootTimeNs: bigint;
  /** Number of processes that the session captured. u32: 0 to 2^32 - 1. */
  readonly targetCount: number;
  /** Tables of the capture, one bit each: 1 processes, 2 connections, 4 handles, 8 connectivity. u32: 0 to 2^32 - 1. */
  readonly tableBitmap: number;
  /** Operator of the acquisition. Text of up to 65,534 bytes in UTF-8. */
  readonly acqUser?: string | undefined;
  /** Name of the host. Text of up to 65,534 bytes in UTF-8. */
  readonly hostname?: string | undefined;
  /** Domain of the host; empty: none. Text of up to 65,534 bytes in UTF-8. */
  readonly domain?: string | undefined;
  /** Description of the operating system; memslicer adds key=value pairs. Text of up to 65,534 bytes in UTF-8. */
  readonly osDetail?: string | undefined;
  /** Case reference; empty: none. Text of up to 65,534 bytes in UTF-8. */
  readonly caseRef?: string | undefined;
  /** Time since the start of the system in nanoseconds, which old builds of MemDiver add. u64: 0 to 2^64 - 1. */
  readonly uptimeNs?: bigint | null | undefined;
  /** Version of the operating system, which old builds of MemDiver add. Text of up to 65,534 bytes in UTF-8. */
  readonly osVersion?: string | null | undefined;
}

/** Process to be written (docs/fields.md). */
export interface WritableProcessEntry {
  /** Process id. u32: 0 to 2^32 - 1. */
  readonly pid: number;
  /** Process id of the parent. u32: 0 to 2^32 - 1. */
  readonly ppid: number;
  /** User id of POSIX, or a hash of the Windows SID. u32: 0 to 2^32 - 1. */
  readonly uid: number;
  /** Whether this is the captured process. */
  readonly isTarget: boolean;
  /** Start of the process: nanoseconds since 1970-01-01 UTC, 0 unknown. u64: 0 to 2^64 - 1. */
  readonly startTimeNs: bigint;
  /** Resident memory in bytes, 0 unknown. u64: 0 to 2^64 - 1. */
  readonly rss: bigint;
  /** Name of the executable. Text of up to 65,534 bytes in UTF-8. */
  readonly exeName?: string | undefined;
  /** Command line; empty: not available. Text of up to 65,534 bytes in UTF-8. */
  readonly cmdLine?: string | undefined;
  /** Name of the user; empty: not available. Text of up to 65,534 bytes in UTF-8. */
  readonly user?: string | undefined;
}

/** ProcessTable to be written (docs/fields.md). */
export interface WritableProcessTable {
  /** Number of `entries`. u32: 0 to 2^32 - 1. Follows from `entries`. */
  readonly entryCount?: number | undefined;
  /** Processes of the system. */
  readonly entries: readonly WritableProcessEntry[];
}

/** Connection to be written (docs/fields.md). */
export interface WritableConnectionEntry {
  /** Process id of the owner, 0 unknown. u32: 0 to 2^32 - 1. */
  readonly pid: number;
  /** Address family. u8: code, 0 to 255. `CONNECTION_FAMILY` names the registered codes. */
  readonly family: CodeOf<typeof CONNECTION_FAMILY>;
  /** Registered name of `family`; of an unknown code its number, such as `0x00ff`. Ignored. */
  readonly familyName?: string | undefined;
  /** Transport protocol. u8: code, 0 to 255. `CONNECTION_PROTOCOL` names the registered codes. */
  readonly protocol: CodeOf<typeof CONNECTION_PROTOCOL>;
  /** Registered name of `protocol`; of an unknown code its number, such as `0x00ff`. Ignored. */
  readonly protocolName?: string | undefined;
  /** State of a TCP connection. u8: code, 0 to 255. `TCP_STATE` names the registered codes. */
  readonly state: CodeOf<typeof TCP_STATE>;
  /** Registered name of `state`; of an unknown code its number, such as `0x00ff`. Ignored. */
  readonly stateName?: string | undefined;
  /** Local address in network order; IPv4 in the first four bytes. 16 bytes. */
  readonly localAddr: Uint8Array;
  /** Local port. u16: 0 to 65,535. */
  readonly localPort: number;
  /** Remote address in network order; IPv4 in the first four bytes. 16 bytes. */
  readonly remoteAddr: Uint8Array;
  /** Remote port, 0 without a peer. u16: 0 to 65,535. */
  readonly remotePort: number;
}

/** ConnectionTable to be written (docs/fields.md). */
export interface WritableConnectionTable {
  /** Number of `entries`. u32: 0 to 2^32 - 1. Follows from `entries`. */
  readonly entryCount?: number | undefined;
  /** Network connections of the system. */
  readonly entries: readonly WritableConnectionEntry[];
}

/** Handle to be written (docs/fields.md). */
export interface WritableHandleEntry {
  /** Process id of the owner. u32: 0 to 2^32 - 1. */
  readonly pid: number;
  /** Number of the descriptor or handle. u32: 0 to 2^32 - 1. */
  readonly fd: number;
  /** Kind of object. u16: code, 0 to 65,535. `HANDLE_TYPE` names the registered codes. */
  readonly handleType: CodeOf<typeof HANDLE_TYPE>;
  /** Registered name of `handleType`; of an unknown code its number, such as `0x00ff`. Ignored. */
  readonly handleTypeName?: string | undefined;
  /** Path or name of the object; empty: not available. Text of up to 65,534 bytes in UTF-8. */
  readonly path?: string | undefined;
}

/** HandleTable to be written (docs/fields.md). */
export interface WritableHandleTable {
  /** Number of `entries`. u32: 0 to 2^32 - 1. Follows from `entries`. */
  readonly entryCount?: number | undefined;
  /** Open files and handles of the system. */
  readonly entries: readonly WritableHandleEntry[];
}

/** Ipv4Route to be written (docs/fields.md). */
export interface WritableIpv4RouteRow {
  /** Ipv4Route. */
  readonly rowType: 1;
  /** Name of the interface. Text of up to 65,535 bytes in UTF-8. */
  readonly iface: string;
  /** Destination in network order. 4 bytes. */
  readonly dest: Uint8Array;
  /** Gateway in network order. 4 bytes. */
  readonly gateway: Uint8Array;
  /** Network mask in network order. 4 bytes. */
  readonly mask: Uint8Array;
  /** Flags of the route, as the operating system has them. u16: 0 to 65,535. */
  readonly flags: number;
  /** Metric of the route. u32: 0 to 2^32 - 1. */
  readonly metric: number;
  /** Largest packet in bytes, 0 not set. u32: 0 to 2^32 - 1. */
  readonly mtu: number;
}

/** Ipv6Route to be written (docs/fields.md). */
export interface WritableIpv6RouteRow {
  /** Ipv6Route. */
  readonly rowType: 2;
  /** Name of the interface. Text of up to 65,535 bytes in UTF-8. */
  readonly iface: string;
  /** Destination in network order. 16 bytes. */
  readonly dest: Uint8Array;
  /** Length of the destination's prefix in bits. u8: 0 to 255. */
  readonly destPrefix: number;
  /** Next hop in network order. 16 bytes. */
  readonly nextHop: Uint8Array;
  /** Metric of the route. u32: 0 to 2^32 - 1. */
  readonly metric: number;
  /** Flags of the route, as the operating system has them. u32: 0 to 2^32 - 1. */
  readonly flags: number;
}

/** ArpEntry to be written (docs/fields.md). */
export interface WritableArpEntryRow {
  /** ArpEntry. */
  readonly rowType: 3;
  /** Address family. u8: 0 to 255. */
  readonly family: number;
  /** IPv4 address in network order. 4 bytes. */
  readonly ip: Uint8Array;
  /** Type of the hardware address, as ARP numbers them. u16: 0 to 65,535. */
  readonly hwType: number;
  /** Flags of the entry, as the operating system has them. u16: 0 to 65,535. */
  readonly flags: number;
  /** Hardware address. 6 bytes. */
  readonly hwAddr: Uint8Array;
  /** Name of the interface. Text of up to 65,535 bytes in UTF-8. */
  readonly iface: string;
}

/** PacketSocket to be written (docs/fields.md). */
export interface WritablePacketSocketRow {
  /** PacketSocket. */
  readonly rowType: 4;
  /** Process id of the owner, 0 unknown. u32: 0 to 2^32 - 1. */
  readonly pid: number;
  /** Inode of the socket. u64: 0 to 2^64 - 1. */
  readonly inode: bigint;
  /** Protocol number of Ethernet. u16: 0 to 65,535. */
  readonly proto: number;
  /** Index of the interface, 0 any. u32: 0 to 2^32 - 1. */
  readonly ifaceIndex: number;
  /** User id of the owner. u32: 0 to 2^32 - 1. */
  readonly user: number;
  /** Memory of the receive queue in bytes. u64: 0 to 2^64 - 1. */
  readonly mem: bigint;
}

/** InterfaceStatistics to be written (docs/fields.md). */
export interface WritableInterfaceStatisticsRow {
  /** InterfaceStatistics. */
  readonly rowType: 5;
  /** Name of the interface. Text of up to 65,535 bytes in UTF-8. */
  readonly iface: string;
  /** Bytes received. u64: 0 to 2^64 - 1. */
  readonly rxBytes: bigint;
  /** Packets received. u64: 0 to 2^64 - 1. */
  readonly rxPackets: bigint;
  /** Errors while receiving. u64: 0 to 2^64 - 1. */
  readonly rxErrs: bigint;
  /** Received packets that were dropped. u64: 0 to 2^64 - 1. */
  readonly rxDrop: bigint;
  /** Bytes sent. u64: 0 to 2^64 - 1. */
  readonly txBytes: bigint;
  /** Packets sent. u64: 0 to 2^64 - 1. */
  readonly txPackets: bigint;
  /** Errors while sending. u64: 0 to 2^64 - 1. */
  readonly txErrs: bigint;
  /** Packets to send that were dropped. u64: 0 to 2^64 - 1. */
  readonly txDrop: bigint;
}

/** SocketFamilyAggregate to be written (docs/fields.md). */
export interface WritableSocketFamilyAggregateRow {
  /** SocketFamilyAggregate. */
  readonly rowType: 6;
  /** Section of the counters, as memslicer numbers them: 2 TCP, 17 UDP, 3 RAW, 4 FRAG, 255 all sockets. u8: 0 to 255. */
  readonly family: number;
  /** Sockets in use. u32: 0 to 2^32 - 1. */
  readonly inUse: number;
  /** Sockets that are allocated. u32: 0 to 2^32 - 1. */
  readonly alloc: number;
  /** Memory of the sockets, in the unit of the operating system. u64: 0 to 2^64 - 1. */
  readonly mem: bigint;
}

/** MibCounter to be written (docs/fields.md). */
export interface WritableMibCounterRow {
  /** MibCounter. */
  readonly rowType: 7;
  /** Group of the counter, such as Tcp. Text of up to 65,535 bytes in UTF-8. */
  readonly mib: string;
  /** Name of the counter. Text of up to 65,535 bytes in UTF-8. */
  readonly counter: string;
  /** Value; a negative one in two's complement. u64: 0 to 2^64 - 1. */
  readonly value: bigint;
}

/** A row of ConnectivityTable. */
export type WritableConnectivityTableRow =
  | WritableIpv4RouteRow
  | WritableIpv6RouteRow
  | WritableArpEntryRow
  | WritablePacketSocketRow
  | WritableInterfaceStatisticsRow
  | WritableSocketFamilyAggregateRow
  | WritableMibCounterRow
  | RawRow;

/** ConnectivityTable to be written (docs/fields.md). */
export interface WritableConnectivityTable {
  /** Number of `rows`. u32: 0 to 2^32 - 1. Follows from `rows`. */
  readonly rowCount?: number | undefined;
  /** Rows of all types in the producer's order. */
  readonly rows: readonly WritableConnectivityTableRow[];
}

/** Register to be written (docs/fields.md). */
export interface WritableRegisterEntry {
  /** Size of `value` in bytes. u8: 0 to 255. */
  readonly width?: number | undefined;
  /** Role of the register, a sum of bits (`RegisterFlag`): 1 Pc, 2 Sp, 4 Fp, 8 Flags. u16: 0 to 65,535. */
  readonly flags: number;
  /** Mnemonic in lower case. Text of up to 254 bytes in UTF-8. */
  readonly name?: string | undefined;
  /** Value, little-endian, vector registers too. Up to 255 bytes. */
  readonly value: Uint8Array;
}

/** ThreadContext to be written (docs/fields.md). */
export interface WritableThreadContext {
  /** Thread id of the operating system. u64: 0 to 2^64 - 1. */
  readonly threadId: bigint;
  /** Start of the thread: nanoseconds since 1970-01-01 UTC, 0 unknown. u64: 0 to 2^64 - 1. */
  readonly startTimeNs: bigint;
  /** Thread flags, a sum of bits (`ThreadFlag`): 1 Current, the thread to resume from; 2 Crashed. u16: 0 to 65,535. */
  readonly flags: number;
  /** State of the thread at acquisition. u8: code, 0 to 255. `THREAD_STATE` names the registered codes. */
  readonly threadState: CodeOf<typeof THREAD_STATE>;
  /** Registered name of `threadState`; of an unknown code its number, such as `0x00ff`. Ignored. */
  readonly threadStateName?: string | undefined;
  /** Number of `registers`. u32: 0 to 2^32 - 1. Follows from `registers`. */
  readonly regCount?: number | undefined;
  /** Name of the thread; empty: not available. Text of up to 65,534 bytes in UTF-8. */
  readonly name?: string | undefined;
  /** Registers in the producer's order. */
  readonly registers: readonly WritableRegisterEntry[];
}

/** ModuleEntry to be written (docs/fields.md). */
export interface WritableModuleEntry {
  /** Virtual address at which the module is loaded. u64: 0 to 2^64 - 1. */
  readonly baseAddr: bigint;
  /** Size of the mapping in bytes. u64: 0 to 2^64 - 1. */
  readonly moduleSize: bigint;
  /** Path of the module's file. Text of up to 65,534 bytes in UTF-8. */
  readonly path?: string | undefined;
  /** Version of the module; empty: not available. Text of up to 65,534 bytes in UTF-8. */
  readonly version?: string | undefined;
  /** Hash of the module's file, by the hash algorithm of the capture; all zeros: not available. 32 bytes. */
  readonly diskHash?: Uint8Array | undefined;
  /** The operating system's own record of the module, opaque. Up to 2^32 - 1 bytes. */
  readonly nativeBlob?: Uint8Array | null | undefined;
}

/** KeyHint to be written (docs/fields.md). */
export interface WritableKeyHint {
  /** BlockUUID of the Memory Region that holds the key. UUID as text. */
  readonly regionUuid: string;
  /** Offset of the key in the page data of the region, in bytes: counts captured pages only. u64: 0 to 2^64 - 1. */
  readonly regionOffset: bigint;
  /** Size of the key in bytes, 0 unknown. u32: 0 to 2^32 - 1. */
  readonly keyLen: number;
  /** Kind of key. u16: code, 0 to 65,535. `KEY_TYPE` names the registered codes. */
  readonly keyType: CodeOf<typeof KEY_TYPE>;
  /** Registered name of `keyType`; of an unknown code its number, such as `0x00ff`. Ignored. */
  readonly keyTypeName?: string | undefined;
  /** Protocol that uses the key. u16: code, 0 to 65,535. `KEY_PROTOCOL` names the registered codes. */
  readonly protocol: CodeOf<typeof KEY_PROTOCOL>;
  /** Registered name of `protocol`; of an unknown code its number, such as `0x00ff`. Ignored. */
  readonly protocolName?: string | undefined;
  /** How sure the producer is: speculative, heuristic (found by a search) or confirmed (its derivation was observed). u8: code, 0 to 255. `KEY_CONFIDENCE` names the registered codes. */
  readonly confidence: CodeOf<typeof KEY_CONFIDENCE>;
  /** Registered name of `confidence`; of an unknown code its number, such as `0x00ff`. Ignored. */
  readonly confidenceName?: string | undefined;
  /** Whether the key was in use at acquisition. u8: code, 0 to 255. `KEY_STATE` names the registered codes. */
  readonly keyState: CodeOf<typeof KEY_STATE>;
  /** Registered name of `keyState`; of an unknown code its number, such as `0x00ff`. Ignored. */
  readonly keyStateName?: string | undefined;
  /** Remark of the producer; empty: none. Text of up to 2^32 - 2 bytes in UTF-8. */
  readonly note?: string | undefined;
}

/** RelatedDump to be written (docs/fields.md). */
export interface WritableRelatedDump {
  /** DumpUUID of the other capture. UUID as text. */
  readonly relatedDumpUuid: string;
  /** Process id in the other capture, 0 unknown. u32: 0 to 2^32 - 1. */
  readonly relatedPid: number;
  /** How the process of the other capture is related to this one. u16: code, 0 to 65,535. `RELATIONSHIP` names the registered codes. */
  readonly relationship: CodeOf<typeof RELATIONSHIP>;
  /** Registered name of `relationship`; of an unknown code its number, such as `0x00ff`. Ignored. */
  readonly relationshipName?: string | undefined;
  /** BLAKE3 of the other file, which MemDiver adds; all zeros: not computed. 32 bytes. */
  readonly targetHash?: Uint8Array | null | undefined;
}

/** The value that a block is written from, by its kind. */
export interface WritableTables {
  readonly ImportProvenance: WritableImportProvenance;
  readonly ProcessIdentity: WritableProcessIdentity;
  readonly ModuleListIndex: WritableModuleListIndex;
  readonly SystemContext: WritableSystemContext;
  readonly ProcessTable: WritableProcessTable;
  readonly ConnectionTable: WritableConnectionTable;
  readonly HandleTable: WritableHandleTable;
  readonly ConnectivityTable: WritableConnectivityTable;
  readonly ThreadContext: WritableThreadContext;
  readonly ModuleEntry: WritableModuleEntry;
  readonly KeyHint: WritableKeyHint;
  readonly RelatedDump: WritableRelatedDump;
}
