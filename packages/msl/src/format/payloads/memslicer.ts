/** Blocks that memslicer 0.2.4 and later add under codes that the specification has not assigned. */
import {
  BUILD_ID_SOURCE,
  INTROSPECTION_TAG,
  KERNEL_MODULE_STATE,
  KERNEL_SYMBOL_TAG,
  PERSISTENCE_SOURCE,
} from "../codes-memslicer.js";
import {
  address,
  code,
  count,
  digest,
  entries,
  hexBlob,
  layout,
  lengthOf,
  slot,
  text,
  u8,
  u32,
  u64,
  zeros,
} from "../layout/fields.js";

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
