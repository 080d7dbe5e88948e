/** Blocks whose codes the specification reserves without a payload, in MemDiver's layouts. */
import { REGION_TYPE } from "../codes.js";
import {
  address,
  code,
  count,
  digest,
  entries,
  layout,
  lengthOf,
  optional,
  text,
  u8,
  u32,
  u64,
  zeros,
} from "../layout/fields.js";

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
