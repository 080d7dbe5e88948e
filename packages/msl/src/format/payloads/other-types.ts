/**
 * Headers, and payloads that memslicer and MemDiver define, as readers return them.
 * Written by `npm run reference` from the tables in this folder and the texts in scripts/field-texts.mjs; edit those.
 */

/** The fields of FileHeader (docs/fields.md). */
export interface FileHeaderFields {
  /** `MEMSLICE` in ASCII. 8 bytes. */
  readonly magic: Uint8Array;
  /** Order of the bytes of integers: 1 little-endian; 2 big-endian, in drafts of 1.0 only. u8: 0 to 255. */
  readonly endianness: number;
  /** Size of the file header in bytes: 64, or 128 in an encrypted capture. u8: 0 to 255. */
  readonly headerSize: number;
  /** Version as stored: minor, then major; MSL 0.1 has the other order. 2 bytes. */
  readonly versionBytes: Uint8Array;
  /** Header flags, a sum of bits (`HeaderFlag`): 1 Imported, 2 Investigation, 4 Encrypted, 8 Redacted. u32: 0 to 2^32 - 1. */
  readonly flags: number;
  /** CapBitmap: the kinds of blocks that the capture announces, one bit each; bit 0 is MemoryRegions. u64: 0 to 2^64 - 1. */
  readonly capBitmap: bigint;
  /** Identity of the capture. UUID as text. */
  readonly dumpUuid: string;
  /** Start of the acquisition: nanoseconds since 1970-01-01 UTC, 0 unknown. u64: 0 to 2^64 - 1. */
  readonly timestampNs: bigint;
  /** Operating system. u16: code, 0 to 65,535. `OS_TYPE` names the registered codes. */
  readonly osType: number;
  /** Registered name of `osType`; of an unknown code its number, such as `0x00ff`. */
  readonly osTypeName: string;
  /** Processor architecture. u16: code, 0 to 65,535. `ARCH_TYPE` names the registered codes. */
  readonly archType: number;
  /** Registered name of `archType`; of an unknown code its number, such as `0x00ff`. */
  readonly archTypeName: string;
  /** Process id of the captured process, 0 unknown. u32: 0 to 2^32 - 1. */
  readonly pid: number;
  /** Clock that the timestamps come from. u8: code, 0 to 255. `CLOCK_SOURCE` names the registered codes. */
  readonly clockSource: number;
  /** Registered name of `clockSource`; of an unknown code its number, such as `0x00ff`. */
  readonly clockSourceName: string;
  /** Number of blocks, End-of-Capture included; 0 unknown. u32: 0 to 2^32 - 1. */
  readonly blockCount: number;
  /** Hash algorithm of PrevHash and FileHash. u8: code, 0 to 255. `HASH_ALGO` names the registered codes. */
  readonly hashAlgo: number;
  /** Registered name of `hashAlgo`; of an unknown code its number, such as `0x00ff`. */
  readonly hashAlgoName: string;
}

/** The fields of EncryptionExtension (docs/fields.md). */
export interface EncryptionExtensionFields {
  /** Cipher. u8: code, 0 to 255. */
  readonly encAlgo: number;
  /** Registered name of `encAlgo`; of an unknown code its number, such as `0x00ff`. */
  readonly encAlgoName: string;
  /** Key derivation function that makes the key from a passphrase. u8: code, 0 to 255. */
  readonly kdfType: number;
  /** Registered name of `kdfType`; of an unknown code its number, such as `0x00ff`. */
  readonly kdfTypeName: string;
  /** Key encapsulation mechanism that delivers the key. u8: code, 0 to 255. */
  readonly keyEncap: number;
  /** Registered name of `keyEncap`; of an unknown code its number, such as `0x00ff`. */
  readonly keyEncapName: string;
  /** Passes of Argon2id; 0 without a key derivation function. u32: 0 to 2^32 - 1. */
  readonly kdfTime: number;
  /** Memory of Argon2id in KiB; 0 without a key derivation function. u32: 0 to 2^32 - 1. */
  readonly kdfMemoryKiB: number;
  /** Parallel lanes of Argon2id; 0 without a key derivation function. u8: 0 to 255. */
  readonly kdfLanes: number;
  /** Size of the KEM ciphertext in bytes; 0 without a key encapsulation mechanism. u16: 0 to 65,535. */
  readonly kemCtLen: number;
  /** Nonce of the cipher; AES-256-GCM uses the first 12 bytes, and the rest is zero. 24 bytes. */
  readonly nonce: Uint8Array;
  /** Salt of Argon2id; zeros without a key derivation function. 16 bytes. */
  readonly kdfSalt: Uint8Array;
}

/** The fields of MemoryRegion (docs/fields.md). */
export interface MemoryRegionFields {
  /** Virtual address of the first byte. u64: 0 to 2^64 - 1. */
  readonly baseAddr: bigint;
  /** Size of the address range in bytes, a multiple of the page size. u64: 0 to 2^64 - 1. */
  readonly regionSize: bigint;
  /** Access rights, a sum of bits: 1 R, 2 W, 4 X, 8 Guard, 16 CopyOnWrite. u8: 0 to 255. */
  readonly protection: number;
  /** Kind of memory. u8: code, 0 to 255. `REGION_TYPE` names the registered codes. */
  readonly regionType: number;
  /** Registered name of `regionType`; of an unknown code its number, such as `0x00ff`. */
  readonly regionTypeName: string;
  /** Binary logarithm of the page size: 10 to 40. u8: 0 to 255. */
  readonly pageSizeLog2: number;
  /** Time when the region was read: nanoseconds since 1970-01-01 UTC, 0 unknown. u64: 0 to 2^64 - 1. */
  readonly timestampNs: bigint;
}

/** PersistenceEntry (docs/fields.md). */
export interface PersistenceEntry {
  /** Mechanism that starts the program. u8: code, 0 to 255. */
  readonly source: number;
  /** Registered name of `source`; of an unknown code its number, such as `0x00ff`. */
  readonly sourceName: string;
  /** Path of the file. Text of up to 65,535 bytes in UTF-8. */
  readonly path: string;
  /** Last change of the file: nanoseconds since 1970-01-01 UTC, 0 unknown. u64: 0 to 2^64 - 1. */
  readonly mtimeNs: bigint;
  /** Size of the file in bytes. u64: 0 to 2^64 - 1. */
  readonly size: bigint;
  /** Type and permissions of the file (`st_mode`). u32: 0 to 2^32 - 1. */
  readonly mode: number;
}

/** PersistenceManifest (docs/fields.md). */
export interface PersistenceManifestPayload {
  readonly kind: "PersistenceManifest";
  /** Number of `rows`. u32: 0 to 2^32 - 1. */
  readonly rowCount: number;
  /** Files that start programs. */
  readonly rows: readonly PersistenceEntry[];
}

/** KernelModule (docs/fields.md). */
export interface KernelModuleEntry {
  /** Name of the module. Text of up to 65,535 bytes in UTF-8. */
  readonly name: string;
  /** Size in bytes. u64: 0 to 2^64 - 1. */
  readonly size: bigint;
  /** Number of users of the module. u32: 0 to 2^32 - 1. */
  readonly refcount: number;
  /** State of the module. u8: code, 0 to 255. */
  readonly state: number;
  /** Registered name of `state`; of an unknown code its number, such as `0x00ff`. */
  readonly stateName: string;
  /** Low 8 bits of the taint mask. u8: 0 to 255. */
  readonly taint: number;
  /** Virtual address, 0 hidden. u64: 0 to 2^64 - 1. */
  readonly base: bigint;
  /** Where the module is listed, a sum of bits: 1 only in /proc/modules, 2 only in /sys/module. u8: 0 to 255. */
  readonly flags: number;
}

/** KernelModuleList (docs/fields.md). */
export interface KernelModuleListPayload {
  readonly kind: "KernelModuleList";
  /** Number of `rows`. u32: 0 to 2^32 - 1. */
  readonly rowCount: number;
  /** Kernel modules. */
  readonly rows: readonly KernelModuleEntry[];
}

/** IntrospectionRow (docs/fields.md). */
export interface IntrospectionRow {
  /** Kind of fact. u16: code, 0 to 65,535. */
  readonly tag: number;
  /** Registered name of `tag`; of an unknown code its number, such as `0x00ff`. */
  readonly tagName: string;
  /** Value, integers little-endian and texts in UTF-8. Up to 65,535 bytes. */
  readonly value: Uint8Array;
}

/** TargetIntrospection (docs/fields.md). */
export interface TargetIntrospectionPayload {
  readonly kind: "TargetIntrospection";
  /** Process id of the captured process. u32: 0 to 2^32 - 1. */
  readonly targetPid: number;
  /** Facts about the process. */
  readonly rows: readonly IntrospectionRow[];
}

/** PhysicalRange (docs/fields.md). */
export interface PhysicalRangeEntry {
  /** Physical address of the first byte. u64: 0 to 2^64 - 1. */
  readonly start: bigint;
  /** Physical address of the last byte, inclusive. u64: 0 to 2^64 - 1. */
  readonly end: bigint;
  /** Use of the range, as in /proc/iomem. Text of up to 65,535 bytes in UTF-8. */
  readonly label: string;
}

/** PhysicalMemoryMap (docs/fields.md). */
export interface PhysicalMemoryMapPayload {
  readonly kind: "PhysicalMemoryMap";
  /** Number of `rows`. u32: 0 to 2^32 - 1. */
  readonly rowCount: number;
  /** Ranges of physical memory. */
  readonly rows: readonly PhysicalRangeEntry[];
}

/** ModuleBuildId (docs/fields.md). */
export interface ModuleBuildIdEntry {
  /** Virtual address at which the module is loaded. u64: 0 to 2^64 - 1. */
  readonly baseAddr: bigint;
  /** Where the build id was found. u8: code, 0 to 255. */
  readonly buildIdSource: number;
  /** Registered name of `buildIdSource`; of an unknown code its number, such as `0x00ff`. */
  readonly buildIdSourceName: string;
  /** Properties of the mapping, a sum of bits: 1 deleted, 2 memfd, 4 anonymous RWX, 8 unlinked. u8: 0 to 255. */
  readonly flags: number;
  /** Build id of the module: 0, 16 or 20 bytes. Up to 20 bytes. */
  readonly buildId: Uint8Array;
  /** Hash of the first captured bytes of the module; all zeros: not available. 32 bytes. */
  readonly diskHash: Uint8Array;
}

/** ModuleBuildIdManifest (docs/fields.md). */
export interface ModuleBuildIdManifestPayload {
  readonly kind: "ModuleBuildIdManifest";
  /** Number of `rows`. u32: 0 to 2^32 - 1. */
  readonly rowCount: number;
  /** Build ids of modules. */
  readonly rows: readonly ModuleBuildIdEntry[];
}

/** VasEntry (docs/fields.md). */
export interface VasEntry {
  /** Virtual address of the first byte. u64: 0 to 2^64 - 1. */
  readonly baseAddr: bigint;
  /** Size of the address range in bytes. u64: 0 to 2^64 - 1. */
  readonly regionSize: bigint;
  /** Access rights, a sum of bits: 1 R, 2 W, 4 X, 8 Guard, 16 CopyOnWrite. u8: 0 to 255. */
  readonly protection: number;
  /** Kind of memory. u8: code, 0 to 255. `REGION_TYPE` names the registered codes. */
  readonly regionType: number;
  /** Registered name of `regionType`; of an unknown code its number, such as `0x00ff`. */
  readonly regionTypeName: string;
  /** Path of the mapped file; empty: none. Text of up to 65,534 bytes in UTF-8. */
  readonly mappedPath: string;
}

/** VasMap (docs/fields.md). */
export interface VasMapPayload {
  readonly kind: "VasMap";
  /** Number of `entries`. u32: 0 to 2^32 - 1. */
  readonly entryCount: number;
  /** Distance between entries in bytes; 0: each entry is as long as its fields. u32: 0 to 2^32 - 1. */
  readonly entrySize: number;
  /** Address ranges as the operating system listed them. */
  readonly entries: readonly VasEntry[];
}

/** PointerGraphNode (docs/fields.md). */
export interface PointerGraphNodeEntry {
  /** What `value` is. u8: code, 0 to 255. */
  readonly kind: number;
  /** Registered name of `kind`; of an unknown code its number, such as `0x00ff`. */
  readonly kindName: string;
  /** Address, offset or symbol. u64: 0 to 2^64 - 1. */
  readonly value: bigint;
  /** Label; empty: none. Text of up to 65,534 bytes in UTF-8. */
  readonly label: string;
}

/** PointerGraphEdge (docs/fields.md). */
export interface PointerGraphEdgeEntry {
  /** Index of the first node in `nodes`. u32: 0 to 2^32 - 1. */
  readonly src: number;
  /** Index of the second node in `nodes`. u32: 0 to 2^32 - 1. */
  readonly dst: number;
  /** Kind of reference. u8: code, 0 to 255. */
  readonly kind: number;
  /** Registered name of `kind`; of an unknown code its number, such as `0x00ff`. */
  readonly kindName: string;
  /** Remark; empty: none. Text of up to 65,534 bytes in UTF-8. */
  readonly metadata: string;
}

/** PointerGraph (docs/fields.md). */
export interface PointerGraphPayload {
  readonly kind: "PointerGraph";
  /** Number of `nodes`. u32: 0 to 2^32 - 1. */
  readonly nodeCount: number;
  /** Number of `edges`. u32: 0 to 2^32 - 1. */
  readonly edgeCount: number;
  /** Flags, a sum of bits: 1 `integrityHash` is there. u32: 0 to 2^32 - 1. */
  readonly flags: number;
  /** Nodes of the graph. */
  readonly nodes: readonly PointerGraphNodeEntry[];
  /** Edges of the graph. */
  readonly edges: readonly PointerGraphEdgeEntry[];
  /** BLAKE3 of all payload bytes before it. 32 bytes. */
  readonly integrityHash: Uint8Array | null;
}

/** KernelSymbol (docs/fields.md). */
export interface KernelSymbolEntry {
  /** Kind of fact. u16: code, 0 to 65,535. */
  readonly tag: number;
  /** Registered name of `tag`; of an unknown code its number, such as `0x00ff`. */
  readonly tagName: string;
  /** Value, integers little-endian and texts in UTF-8. Up to 65,535 bytes. */
  readonly value: Uint8Array;
}

/** KernelSymbolBundle (docs/fields.md). */
export interface KernelSymbolBundlePayload {
  readonly kind: "KernelSymbolBundle";
  /** Number of `rows`. u32: 0 to 2^32 - 1. */
  readonly rowCount: number;
  /** Facts about the kernel, tags ascending. */
  readonly rows: readonly KernelSymbolEntry[];
}

/** A payload that memslicer or MemDiver defines. */
export type ProducerPayload =
  | PersistenceManifestPayload
  | KernelModuleListPayload
  | TargetIntrospectionPayload
  | PhysicalMemoryMapPayload
  | ModuleBuildIdManifestPayload
  | VasMapPayload
  | PointerGraphPayload
  | KernelSymbolBundlePayload;
