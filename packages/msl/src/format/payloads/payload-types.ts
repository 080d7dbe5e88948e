/**
 * Payloads that the specification defines, as readers return them.
 * Written by `npm run reference` from the tables in this folder and the texts in scripts/field-texts.mjs; edit those.
 */
import type { RawRow } from "../layout/fields.js";

/** ModuleEntry (docs/fields.md). */
export interface ModuleEntryPayload {
  readonly kind: "ModuleEntry";
  /** Virtual address at which the module is loaded. u64: 0 to 2^64 - 1. */
  readonly baseAddr: bigint;
  /** Size of the mapping in bytes. u64: 0 to 2^64 - 1. */
  readonly moduleSize: bigint;
  /** Path of the module's file. Text of up to 65,534 bytes in UTF-8. */
  readonly path: string;
  /** Version of the module; empty: not available. Text of up to 65,534 bytes in UTF-8. */
  readonly version: string;
  /** Hash of the module's file, by the hash algorithm of the capture; all zeros: not available. 32 bytes. */
  readonly diskHash: Uint8Array;
  /** The operating system's own record of the module, opaque. Up to 2^32 - 1 bytes. */
  readonly nativeBlob: Uint8Array;
}

/** ModuleListEntry (docs/fields.md). */
export interface ModuleListEntry {
  /** BlockUUID of the module's Module Entry block. UUID as text. */
  readonly moduleUuid: string;
  /** Virtual address at which the module is loaded. u64: 0 to 2^64 - 1. */
  readonly baseAddr: bigint;
  /** Size of the mapping in bytes. u64: 0 to 2^64 - 1. */
  readonly moduleSize: bigint;
  /** Path of the module's file. Text of up to 65,534 bytes in UTF-8. */
  readonly path: string;
}

/** ModuleListIndex (docs/fields.md). */
export interface ModuleListIndexPayload {
  readonly kind: "ModuleListIndex";
  /** Number of `entries`. u32: 0 to 2^32 - 1. */
  readonly entryCount: number;
  /** The modules; MSL 0.1 stores the count alone. */
  readonly entries: readonly ModuleListEntry[];
}

/** Register (docs/fields.md). */
export interface RegisterEntry {
  /** Size of `value` in bytes. u8: 0 to 255. */
  readonly width: number;
  /** Role of the register, a sum of bits (`RegisterFlag`): 1 Pc, 2 Sp, 4 Fp, 8 Flags. u16: 0 to 65,535. */
  readonly flags: number;
  /** Mnemonic in lower case. Text of up to 254 bytes in UTF-8. */
  readonly name: string;
  /** Value, little-endian, vector registers too. Up to 255 bytes. */
  readonly value: Uint8Array;
}

/** ThreadContext (docs/fields.md). */
export interface ThreadContextPayload {
  readonly kind: "ThreadContext";
  /** Thread id of the operating system. u64: 0 to 2^64 - 1. */
  readonly threadId: bigint;
  /** Start of the thread: nanoseconds since 1970-01-01 UTC, 0 unknown. u64: 0 to 2^64 - 1. */
  readonly startTimeNs: bigint;
  /** Thread flags, a sum of bits (`ThreadFlag`): 1 Current, the thread to resume from; 2 Crashed. u16: 0 to 65,535. */
  readonly flags: number;
  /** State of the thread at acquisition. u8: code, 0 to 255. `THREAD_STATE` names the registered codes. */
  readonly threadState: number;
  /** Registered name of `threadState`; of an unknown code its number, such as `0x00ff`. */
  readonly threadStateName: string;
  /** Number of `registers`. u32: 0 to 2^32 - 1. */
  readonly regCount: number;
  /** Name of the thread; empty: not available. Text of up to 65,534 bytes in UTF-8. */
  readonly name: string;
  /** Registers in the producer's order. */
  readonly registers: readonly RegisterEntry[];
}

/** KeyHint (docs/fields.md). */
export interface KeyHintPayload {
  readonly kind: "KeyHint";
  /** BlockUUID of the Memory Region that holds the key. UUID as text. */
  readonly regionUuid: string;
  /** Offset of the key in the page data of the region, in bytes: counts captured pages only. u64: 0 to 2^64 - 1. */
  readonly regionOffset: bigint;
  /** Size of the key in bytes, 0 unknown. u32: 0 to 2^32 - 1. */
  readonly keyLen: number;
  /** Kind of key. u16: code, 0 to 65,535. `KEY_TYPE` names the registered codes. */
  readonly keyType: number;
  /** Registered name of `keyType`; of an unknown code its number, such as `0x00ff`. */
  readonly keyTypeName: string;
  /** Protocol that uses the key. u16: code, 0 to 65,535. `KEY_PROTOCOL` names the registered codes. */
  readonly protocol: number;
  /** Registered name of `protocol`; of an unknown code its number, such as `0x00ff`. */
  readonly protocolName: string;
  /** How sure the producer is: speculative, heuristic (found by a search) or confirmed (its derivation was observed). u8: code, 0 to 255. `KEY_CONFIDENCE` names the registered codes. */
  readonly confidence: number;
  /** Registered name of `confidence`; of an unknown code its number, such as `0x00ff`. */
  readonly confidenceName: string;
  /** Whether the key was in use at acquisition. u8: code, 0 to 255. `KEY_STATE` names the registered codes. */
  readonly keyState: number;
  /** Registered name of `keyState`; of an unknown code its number, such as `0x00ff`. */
  readonly keyStateName: string;
  /** Remark of the producer; empty: none. Text of up to 2^32 - 2 bytes in UTF-8. */
  readonly note: string;
}

/** ImportProvenance (docs/fields.md). */
export interface ImportProvenancePayload {
  readonly kind: "ImportProvenance";
  /** Format of the dump that was imported. u16: code, 0 to 65,535. `SOURCE_FORMAT` names the registered codes. */
  readonly sourceFormat: number;
  /** Registered name of `sourceFormat`; of an unknown code its number, such as `0x00ff`. */
  readonly sourceFormatName: string;
  /** Time of the import: nanoseconds since 1970-01-01 UTC, 0 unknown. u64: 0 to 2^64 - 1. */
  readonly importTimeNs: bigint;
  /** Size of the dump in bytes, 0 unknown. u64: 0 to 2^64 - 1. */
  readonly origFileSize: bigint;
  /** Program that imported the dump. Text of up to 2^32 - 2 bytes in UTF-8. */
  readonly toolName: string;
  /** Remark of the producer; empty: none. Text of up to 2^32 - 2 bytes in UTF-8. */
  readonly note: string;
  /** BLAKE3 of the dump, which MemDiver adds; all zeros: not computed. 32 bytes. */
  readonly sourceHash: Uint8Array | null;
}

/** ProcessIdentity (docs/fields.md). */
export interface ProcessIdentityPayload {
  readonly kind: "ProcessIdentity";
  /** Process id of the parent, 0 unknown. u32: 0 to 2^32 - 1. */
  readonly ppid: number;
  /** Session of the process, 0 unknown. u32: 0 to 2^32 - 1. */
  readonly sessionId: number;
  /** Start of the process: nanoseconds since 1970-01-01 UTC, 0 unknown. u64: 0 to 2^64 - 1. */
  readonly startTimeNs: bigint;
  /** Path of the executable; empty: not available. Text of up to 65,534 bytes in UTF-8. */
  readonly exePath: string;
  /** Command line; empty: not available. Text of up to 65,534 bytes in UTF-8. */
  readonly cmdLine: string;
}

/** RelatedDump (docs/fields.md). */
export interface RelatedDumpPayload {
  readonly kind: "RelatedDump";
  /** DumpUUID of the other capture. UUID as text. */
  readonly relatedDumpUuid: string;
  /** Process id in the other capture, 0 unknown. u32: 0 to 2^32 - 1. */
  readonly relatedPid: number;
  /** How the process of the other capture is related to this one. u16: code, 0 to 65,535. `RELATIONSHIP` names the registered codes. */
  readonly relationship: number;
  /** Registered name of `relationship`; of an unknown code its number, such as `0x00ff`. */
  readonly relationshipName: string;
  /** BLAKE3 of the other file, which MemDiver adds; all zeros: not computed. 32 bytes. */
  readonly targetHash: Uint8Array | null;
}

/** SystemContext (docs/fields.md). */
export interface SystemContextPayload {
  readonly kind: "SystemContext";
  /** Start of the system: nanoseconds since 1970-01-01 UTC, 0 unknown. u64: 0 to 2^64 - 1. */
  readonly bootTimeNs: bigint;
  /** Number of processes that the session captured. u32: 0 to 2^32 - 1. */
  readonly targetCount: number;
  /** Tables of the capture, one bit each: 1 processes, 2 connections, 4 handles, 8 connectivity. u32: 0 to 2^32 - 1. */
  readonly tableBitmap: number;
  /** Operator of the acquisition. Text of up to 65,534 bytes in UTF-8. */
  readonly acqUser: string;
  /** Name of the host. Text of up to 65,534 bytes in UTF-8. */
  readonly hostname: string;
  /** Domain of the host; empty: none. Text of up to 65,534 bytes in UTF-8. */
  readonly domain: string;
  /** Description of the operating system; memslicer adds key=value pairs. Text of up to 65,534 bytes in UTF-8. */
  readonly osDetail: string;
  /** Case reference; empty: none. Text of up to 65,534 bytes in UTF-8. */
  readonly caseRef: string;
  /** Time since the start of the system in nanoseconds, which old builds of MemDiver add. u64: 0 to 2^64 - 1. */
  readonly uptimeNs: bigint | null;
  /** Version of the operating system, which old builds of MemDiver add. Text of up to 65,534 bytes in UTF-8. */
  readonly osVersion: string | null;
}

/** Process (docs/fields.md). */
export interface ProcessEntry {
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
  readonly exeName: string;
  /** Command line; empty: not available. Text of up to 65,534 bytes in UTF-8. */
  readonly cmdLine: string;
  /** Name of the user; empty: not available. Text of up to 65,534 bytes in UTF-8. */
  readonly user: string;
}

/** ProcessTable (docs/fields.md). */
export interface ProcessTablePayload {
  readonly kind: "ProcessTable";
  /** Number of `entries`. u32: 0 to 2^32 - 1. */
  readonly entryCount: number;
  /** Processes of the system. */
  readonly entries: readonly ProcessEntry[];
}

/** Connection (docs/fields.md). */
export interface ConnectionEntry {
  /** Process id of the owner, 0 unknown. u32: 0 to 2^32 - 1. */
  readonly pid: number;
  /** Address family. u8: code, 0 to 255. `CONNECTION_FAMILY` names the registered codes. */
  readonly family: number;
  /** Registered name of `family`; of an unknown code its number, such as `0x00ff`. */
  readonly familyName: string;
  /** Transport protocol. u8: code, 0 to 255. `CONNECTION_PROTOCOL` names the registered codes. */
  readonly protocol: number;
  /** Registered name of `protocol`; of an unknown code its number, such as `0x00ff`. */
  readonly protocolName: string;
  /** State of a TCP connection. u8: code, 0 to 255. `TCP_STATE` names the registered codes. */
  readonly state: number;
  /** Registered name of `state`; of an unknown code its number, such as `0x00ff`. */
  readonly stateName: string;
  /** Local address in network order; IPv4 in the first four bytes. 16 bytes. */
  readonly localAddr: Uint8Array;
  /** Local port. u16: 0 to 65,535. */
  readonly localPort: number;
  /** Remote address in network order; IPv4 in the first four bytes. 16 bytes. */
  readonly remoteAddr: Uint8Array;
  /** Remote port, 0 without a peer. u16: 0 to 65,535. */
  readonly remotePort: number;
}

/** ConnectionTable (docs/fields.md). */
export interface ConnectionTablePayload {
  readonly kind: "ConnectionTable";
  /** Number of `entries`. u32: 0 to 2^32 - 1. */
  readonly entryCount: number;
  /** Network connections of the system. */
  readonly entries: readonly ConnectionEntry[];
}

/** Handle (docs/fields.md). */
export interface HandleEntry {
  /** Process id of the owner. u32: 0 to 2^32 - 1. */
  readonly pid: number;
  /** Number of the descriptor or handle. u32: 0 to 2^32 - 1. */
  readonly fd: number;
  /** Kind of object. u16: code, 0 to 65,535. `HANDLE_TYPE` names the registered codes. */
  readonly handleType: number;
  /** Registered name of `handleType`; of an unknown code its number, such as `0x00ff`. */
  readonly handleTypeName: string;
  /** Path or name of the object; empty: not available. Text of up to 65,534 bytes in UTF-8. */
  readonly path: string;
}

/** HandleTable (docs/fields.md). */
export interface HandleTablePayload {
  readonly kind: "HandleTable";
  /** Number of `entries`. u32: 0 to 2^32 - 1. */
  readonly entryCount: number;
  /** Open files and handles of the system. */
  readonly entries: readonly HandleEntry[];
}

/** Ipv4Route (docs/fields.md). */
export interface Ipv4RouteRow {
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

/** Ipv6Route (docs/fields.md). */
export interface Ipv6RouteRow {
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

/** ArpEntry (docs/fields.md). */
export interface ArpEntryRow {
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

/** PacketSocket (docs/fields.md). */
export interface PacketSocketRow {
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

/** InterfaceStatistics (docs/fields.md). */
export interface InterfaceStatisticsRow {
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

/** SocketFamilyAggregate (docs/fields.md). */
export interface SocketFamilyAggregateRow {
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

/** MibCounter (docs/fields.md). */
export interface MibCounterRow {
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
export type ConnectivityTableRow =
  | Ipv4RouteRow
  | Ipv6RouteRow
  | ArpEntryRow
  | PacketSocketRow
  | InterfaceStatisticsRow
  | SocketFamilyAggregateRow
  | MibCounterRow
  | RawRow;

/** ConnectivityTable (docs/fields.md). */
export interface ConnectivityTablePayload {
  readonly kind: "ConnectivityTable";
  /** Number of `rows`. u32: 0 to 2^32 - 1. */
  readonly rowCount: number;
  /** Rows of all types in the producer's order. */
  readonly rows: readonly ConnectivityTableRow[];
}

/** EndOfCapture (docs/fields.md). */
export interface EndOfCapturePayload {
  readonly kind: "EndOfCapture";
  /** Hash of all bytes before the block, by the hash algorithm of the capture. 32 bytes. */
  readonly fileHash: Uint8Array;
  /** End of the acquisition: nanoseconds since 1970-01-01 UTC, 0 unknown. u64: 0 to 2^64 - 1. */
  readonly acqEndNs: bigint;
}

/** A payload that the specification defines. */
export type SpecifiedPayload =
  | ModuleEntryPayload
  | ModuleListIndexPayload
  | ThreadContextPayload
  | KeyHintPayload
  | ImportProvenancePayload
  | ProcessIdentityPayload
  | RelatedDumpPayload
  | SystemContextPayload
  | ProcessTablePayload
  | ConnectionTablePayload
  | HandleTablePayload
  | ConnectivityTablePayload
  | EndOfCapturePayload;
