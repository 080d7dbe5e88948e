/**
 * Blocks that the specification does not define: those that memslicer 0.2.4 and later add under codes that are not assigned (0x0055 to 0x005A), and
 * those under reserved codes that MemDiver writes. The codes inside them.
 */
import { type CodeTable, REGION_TYPE } from "../codes.js";
import {
  address,
  code,
  count,
  digest,
  entries,
  hexBlob,
  layout,
  lengthOf,
  optional,
  slot,
  text,
  u8,
  u32,
  u64,
  zeros,
} from "../layout/fields.js";

export const KERNEL_SYMBOL_TAG: CodeTable = {
  width: 2,
  names: {
    1: "kernel page size",
    2: "kernel build id",
    3: "KASLR text address",
    4: "PAGE_OFFSET",
    5: "la57",
    6: "page-table isolation",
    7: "BTF SHA-256",
    8: "BTF size",
    9: "vmcoreinfo SHA-256",
    10: "kernel config SHA-256",
    11: "CLOCK_REALTIME",
    12: "CLOCK_MONOTONIC",
    13: "CLOCK_BOOTTIME",
    14: "clocksource",
    15: "transparent huge pages",
    16: "KSM",
    17: "direct map 4 KiB",
    18: "direct map 2 MiB",
    19: "direct map 1 GiB",
    20: "zram devices",
    21: "zswap",
  },
};

/** Bytes that the value of a kernel symbol row has; rows with other tags may have any. */
export const KERNEL_SYMBOL_WIDTH: Readonly<Record<number, number>> = {
  1: 4,
  3: 8,
  4: 8,
  5: 1,
  6: 1,
  7: 32,
  8: 8,
  9: 32,
  10: 32,
  11: 8,
  12: 8,
  13: 8,
  16: 1,
  17: 8,
  18: 8,
  19: 8,
  21: 1,
};

const INTROSPECTION_TAG: CodeTable = {
  width: 2,
  names: {
    1: "tracer pid",
    2: "login uid",
    3: "audit session id",
    4: "SELinux context",
    5: "namespace fingerprint",
    6: "namespace scope",
    7: "PSS KiB",
    8: "swap KiB",
    9: "anonymous huge pages KiB",
    10: "RWX region count",
    11: "cgroup",
    12: "cwd",
    13: "root",
    14: "effective capabilities",
    15: "ambient capabilities",
    16: "no_new_privs",
    17: "seccomp mode",
    18: "core dumping",
    19: "thread count",
    20: "caught signals",
    21: "io rchar",
    22: "io wchar",
    23: "io read bytes",
    24: "io write bytes",
    25: "limit core",
    26: "limit memlock",
    27: "limit nofile",
    28: "personality",
    29: "ancestry",
    30: "exe/comm mismatch",
    31: "environment",
    32: "redacted environment keys",
  },
};

const PERSISTENCE_SOURCE: CodeTable = {
  width: 1,
  names: {
    1: "systemd system",
    2: "systemd user",
    3: "cron system",
    4: "cron user",
    5: "rc.local",
    6: "profile.d",
    7: "pam.d",
    8: "udev rules",
    9: "modprobe.d",
    10: "systemd generators",
    11: "modules-load",
  },
};

const KERNEL_MODULE_STATE: CodeTable = { width: 1, names: { 0: "unknown", 1: "live", 2: "loading", 3: "unloading" } };

const BUILD_ID_SOURCE: CodeTable = {
  width: 1,
  names: { 0: "none", 1: "bridge", 2: "map_files", 3: "on disk", 4: "captured region", 5: "retroactive" },
};

const KERNEL_SYMBOL = layout("KernelSymbol", [code("tag", KERNEL_SYMBOL_TAG), lengthOf("value", 2), hexBlob("value")]);

/** KernelSymbolBundle, under the code of the Connectivity Table, 0x0055. */
export const KERNEL_SYMBOL_BUNDLE = layout("KernelSymbolBundle", [
  count("rowCount"),
  zeros(4),
  entries("rows", KERNEL_SYMBOL, { count: "rowCount" }),
]);

const PERSISTENCE_ROW = layout("PersistenceEntry", [
  code("source", PERSISTENCE_SOURCE),
  zeros(1),
  lengthOf("path", 2),
  text("path", "packed"),
  u64("mtimeNs"),
  u64("size"),
  u32("mode"),
]);

/** PersistenceManifest 0x0056: files that start programs. */
export const PERSISTENCE_MANIFEST = layout("PersistenceManifest", [
  count("rowCount"),
  zeros(4),
  entries("rows", PERSISTENCE_ROW, { count: "rowCount" }),
]);

const KERNEL_MODULE = layout("KernelModule", [
  lengthOf("name", 2),
  text("name", "packed"),
  u64("size"),
  u32("refcount"),
  code("state", KERNEL_MODULE_STATE),
  u8("taint"),
  address("base"),
  u8("flags"),
  zeros(1),
]);

/** KernelModuleList 0x0057. `flags`: bit 0 only in /proc/modules, bit 1 only in /sys/module. */
export const KERNEL_MODULE_LIST = layout("KernelModuleList", [
  count("rowCount"),
  zeros(4),
  entries("rows", KERNEL_MODULE, { count: "rowCount" }),
]);

const INTROSPECTION_ROW = layout("IntrospectionRow", [code("tag", INTROSPECTION_TAG), lengthOf("value", 2), hexBlob("value")]);

/** TargetIntrospection 0x0058: rows without a count, up to the payload's end or its padding. */
export const TARGET_INTROSPECTION = layout("TargetIntrospection", [
  u32("targetPid"),
  zeros(4),
  entries("rows", INTROSPECTION_ROW, {}),
]);

const PHYSICAL_RANGE = layout("PhysicalRange", [
  address("start"),
  address("end"),
  lengthOf("label", 2),
  zeros(2),
  text("label", "packed"),
]);

/** PhysicalMemoryMap 0x0059. `end` is inclusive, as in /proc/iomem. */
export const PHYSICAL_MEMORY_MAP = layout("PhysicalMemoryMap", [
  count("rowCount"),
  zeros(4),
  entries("rows", PHYSICAL_RANGE, { count: "rowCount" }),
]);

const MODULE_BUILD_ID = layout("ModuleBuildId", [
  address("baseAddr"),
  lengthOf("buildId", 1),
  code("buildIdSource", BUILD_ID_SOURCE),
  u8("flags"),
  zeros(1),
  slot("buildId", 20),
  digest("diskHash"),
]);

/** ModuleBuildIdManifest 0x005A, written by memslicer's enrichment tool only. */
export const MODULE_BUILD_ID_MANIFEST = layout("ModuleBuildIdManifest", [
  count("rowCount"),
  zeros(4),
  entries("rows", MODULE_BUILD_ID, { count: "rowCount" }),
]);

const VAS_ENTRY = layout("VasEntry", [
  address("baseAddr"),
  u64("regionSize"),
  u8("protection"),
  code("regionType", REGION_TYPE),
  lengthOf("mappedPath", 2),
  zeros(4),
  text("mappedPath"),
]);

/** VAS Map 0x1001: the address space as the system listed it. */
export const VAS_MAP = layout("VasMap", [
  count("entryCount"),
  u32("entrySize"),
  entries("entries", VAS_ENTRY, { count: "entryCount", stride: "entrySize" }),
]);

const NODE_KIND = { width: 1, names: { 1: "address", 2: "offset", 3: "symbol" } } as const;
const EDGE_KIND = { width: 1, names: { 1: "pointer", 2: "call", 3: "import" } } as const;
const HAS_INTEGRITY_HASH = 1;

const GRAPH_NODE = layout("PointerGraphNode", [
  code("kind", NODE_KIND),
  zeros(1),
  lengthOf("label", 2),
  u64("value"),
  text("label"),
]);

const GRAPH_EDGE = layout("PointerGraphEdge", [
  u32("src"),
  u32("dst"),
  code("kind", EDGE_KIND),
  zeros(1),
  lengthOf("metadata", 2),
  text("metadata"),
]);

/** Pointer Graph 0x1003, appended behind End-of-Capture. `integrityHash`: BLAKE3 of all payload bytes before it. */
export const POINTER_GRAPH = layout("PointerGraph", [
  count("nodeCount"),
  count("edgeCount"),
  u32("flags"),
  zeros(4),
  entries("nodes", GRAPH_NODE, { count: "nodeCount" }),
  entries("edges", GRAPH_EDGE, { count: "edgeCount" }),
  optional(
    [digest("integrityHash")],
    { integrityHash: null },
    { when: (_, { flags }) => (Number(flags) & HAS_INTEGRITY_HASH) !== 0 },
  ),
]);
