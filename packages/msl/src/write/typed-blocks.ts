/**
 * Writes the kinds of blocks whose payload a table lays out, with the checks that each kind needs besides (table-block.ts has what they share). Every function
 * checks and writes the block in the turn of its call: at once, without a promise, if no call is pending and the sink takes no time.
 */
import { startsWith } from "../bytes.js";
import { MslError } from "../errors.js";
import { tableBitmapOf } from "../format/capabilities.js";
import { BlockType } from "../format/codes.js";
import { encodeLayout } from "../format/layout/encode.js";
import { uuidBytes } from "../format/layout/uuid-text.js";
import type { WrittenBlock } from "./block-emitter.js";
import type { ModuleListInput, SystemContextInput, WritableTable } from "./block-kinds.js";
import { BLOCK_KINDS, type KindInput, type TableKind } from "./block-kinds.js";
import type { BlockWriter } from "./block-writer.js";
import { type Eventual, whenDone } from "./call-queue.js";
import type { Offered } from "./compression.js";
import { ModuleRows } from "./module-rows.js";
import type { BlockOptions, HintOptions, RegionOptions, ThreadOptions, WriteOptions } from "./options.js";
import { requireInPageData, withAddress } from "./references.js";
import { encodedTable, payloadAhead, putTable, specOf, withEncoding } from "./table-block.js";
import { requireObjects, requireProducedThread } from "./table-payload.js";

type SystemTableKind = "ProcessTable" | "ConnectionTable" | "HandleTable" | "ConnectivityTable";

const SHOWN_LENGTH = 40;
/** The bit of TableBitmap that announces rows of a Connectivity Table. */
const CONNECTIVITY_ROWS = tableBitmapOf(new Set([BlockType.ConnectivityTable]));

/**
 * The options for a block of this kind. Options without meaning for the kind are left out. Options that announce key hints, or make the block
 * continue a region, are kept for every kind, so that the options table of a kind without them refuses them.
 */
export function optionsOfKind(kind: string | undefined, options: WriteOptions): WriteOptions {
  const { uuid, parentUuid, hasChildren, compression, continuationOf, keepNote, signal, hasKeyHints, keysAt, asRead } = options;
  // The properties are written out, because a spread takes longer than the checks of a small block.
  const common = { uuid, parentUuid, hasChildren, compression } satisfies Record<keyof BlockOptions, unknown>;
  const shared = continuationOf === undefined ? common : { ...common, continuationOf };
  if (kind === "ThreadContext") return { ...shared, ...announced({ hasKeyHints, keysAt }), asRead };
  if (kind === "KeyHint") return { ...shared, ...announced({ hasKeyHints, keysAt }), keepNote };
  if (kind === "MemoryRegion") return { ...shared, hasKeyHints, keysAt, signal };
  return hasKeyHints || keysAt?.length ? { ...shared, ...announced({ hasKeyHints, keysAt }) } : shared;
}

/** The options that announce something; false and empty lists announce nothing. */
function announced({ hasKeyHints, keysAt }: Pick<RegionOptions, "hasKeyHints" | "keysAt">): RegionOptions {
  return { ...(hasKeyHints ? { hasKeyHints } : {}), ...(keysAt?.length ? { keysAt } : {}) };
}

/** The `usage` error for a payload that no typed method takes. */
export function unwritable(payload: { readonly kind?: unknown } | null | undefined): MslError {
  const kind = typeof payload?.kind === "string" ? payload.kind.slice(0, SHOWN_LENGTH) : "a payload without kind";
  const why =
    kind === "EndOfCapture" ? "only end does" : "the specification defines no such payload, and writeRaw carries bytes over";
  return new MslError("usage", `write does not write ${kind}: ${why}`);
}

/** Writes a payload by its kind. */
export function writePayload(
  writer: BlockWriter,
  payload: WritableTable,
  options: HintOptions & ThreadOptions & Offered = {},
): Eventual<WrittenBlock> {
  switch (payload.kind) {
    case "ModuleListIndex":
      return writeModuleList(writer, payload, options);
    case "SystemContext":
      return writeSystemContext(writer, payload, options);
    case "ProcessTable":
    case "ConnectionTable":
    case "HandleTable":
      return writeSystemTable(writer, payload.kind, payload, options);
    case "ConnectivityTable":
      return writeConnectivityTable(writer, payload, options);
    case "ThreadContext":
      return writeThread(writer, payload, options);
    case "ModuleEntry":
      return writeModuleEntry(writer, payload, options);
    case "KeyHint":
      return writeKeyHint(writer, payload, options);
    default:
      return writeTable(writer, payload.kind, payload, options);
  }
}

/** Writes a kind that needs no checks besides those of its table. */
export function writeTable<K extends TableKind>(
  writer: BlockWriter,
  kind: K,
  value: KindInput<K>,
  options: BlockOptions & Offered = {},
): Eventual<WrittenBlock> {
  return writer.calls.run(() => putTable(writer, kind, value, options));
}

export function writeModuleList(
  writer: BlockWriter,
  value: ModuleListInput,
  options: BlockOptions & Offered = {},
): Eventual<WrittenBlock> {
  return writer.calls.run(() => {
    requireObjects(BLOCK_KINDS.ModuleListIndex.layout, value);
    const entries = value.entries.map((entry) => ({ ...entry, moduleUuid: entry.moduleUuid ?? writer.newUuid() }));
    const uuids = entries.map(({ moduleUuid }) => moduleUuid);
    const written = putModuleList(writer, options, {
      count: entries.length,
      requireDistinct: (own) =>
        writer.state.modules.requireDistinct(uuids, (uuid) => uuid.toLowerCase() === own || writer.state.references.isUsed(uuid)),
      payload: () => encodedTable(writer, "ModuleListIndex", { entries }),
    });
    return whenDone(written, (block) => {
      writer.state.modules.announce(ModuleRows.of(entries));
      writer.state.references.expect(entries.length);
      return block;
    });
  });
}

/** Writes a Module List Index with these modules, whose payload is made already. `modules` must not change any more. */
export function writeModuleRows(
  writer: BlockWriter,
  modules: ModuleRows,
  payload: Uint8Array,
  options: BlockOptions & Offered = {},
): Eventual<WrittenBlock> {
  return writer.calls.run(() => {
    const { references, modules: announced } = writer.state;
    const written = putModuleList(writer, options, {
      count: modules.count,
      requireDistinct: (own) => {
        const index = own === undefined ? undefined : uuidBytes(own);
        const isOwn = (bytes: Uint8Array, at: number) => index !== undefined && startsWith(bytes, index, at);
        announced.requireDistinctRows(modules, (bytes, at) => isOwn(bytes, at) || references.isUsedIn(bytes, at));
      },
      payload: () => payload,
    });
    return whenDone(written, (block) => {
      announced.announce(modules);
      references.expect(modules.count);
      return block;
    });
  });
}

/** The modules that an index announces. */
interface ModuleListing {
  readonly count: number;
  /** Throws `plan` if two modules have the same UUID, or a module has that of a block. `own`: the UUID of the index itself, in lower case, if it is given. */
  readonly requireDistinct: (own: string | undefined) => void;
  readonly payload: () => Uint8Array;
}

function putModuleList(
  writer: BlockWriter,
  options: BlockOptions & Offered,
  { count, requireDistinct, payload }: ModuleListing,
): Eventual<WrittenBlock> {
  const { plan, parents } = writer.state;
  const { type } = BLOCK_KINDS.ModuleListIndex;
  const announced = plan.types.has(BlockType.ModuleEntry);
  if (announced !== count > 0) {
    const contents = announced ? "lists ModuleEntry" : "does not list ModuleEntry";
    throw new MslError("plan", `The ModuleListIndex has ${count} modules, but contents ${contents}`);
  }
  requireDistinct(options.uuid?.toLowerCase());
  const spec = specOf(writer, type, { ...options, hasChildren: announced || options.hasChildren }, undefined);
  writer.require(spec);
  return whenDone(writer.put(spec, payload()), (written) => {
    parents.set(type, written.uuid);
    return written;
  });
}

export function writeSystemContext(
  writer: BlockWriter,
  value: SystemContextInput,
  options: BlockOptions & Offered = {},
): Eventual<WrittenBlock> {
  const { tableBitmap } = writer.state.plan;
  return writer.calls.run(() => {
    requireObjects(BLOCK_KINDS.SystemContext.layout, value);
    const hasChildren = tableBitmap > 0 || options.hasChildren;
    return putTable(writer, "SystemContext", { ...value, tableBitmap }, { ...options, hasChildren });
  });
}

/** A table may be large: it is encoded and compressed ahead of its turn. `check` runs in the turn. */
export function writeSystemTable<K extends SystemTableKind>(
  writer: BlockWriter,
  kind: K,
  value: KindInput<K>,
  options: BlockOptions & Offered = {},
  check = () => {},
): Eventual<WrittenBlock> {
  const { type, layout } = BLOCK_KINDS[kind];
  const payloads = payloadAhead(writer, { type, ...options }, () => encodedTable(writer, kind, value));
  return writer.calls.run(() => {
    requireObjects(layout, value);
    check();
    const spec = specOf(writer, type, options, BlockType.SystemContext);
    writer.require(spec);
    return payloads ? writer.putNext(spec, payloads) : withEncoding(writer, kind, value, (payload) => writer.put(spec, payload));
  }, payloads);
}

/** Throws `plan` unless the table has rows exactly if `contents` announces rows. */
export function writeConnectivityTable(
  writer: BlockWriter,
  value: KindInput<"ConnectivityTable">,
  options: BlockOptions & Offered = {},
): Eventual<WrittenBlock> {
  const { plan } = writer.state;
  return writeSystemTable(writer, "ConnectivityTable", value, options, () => {
    const { length } = value.rows;
    if (length === 0 ? plan.emptyConnectivity : (plan.tableBitmap & CONNECTIVITY_ROWS) !== 0) return;
    const message =
      length === 0
        ? "The ConnectivityTable has no rows, but contents lists it, and TableBitmap announces rows"
        : "The ConnectivityTable has rows, but contents lists its type for one without rows, and TableBitmap announces none";
    throw new MslError("plan", message);
  });
}

export function writeThread(
  writer: BlockWriter,
  value: KindInput<"ThreadContext">,
  options: ThreadOptions & Offered = {},
): Eventual<WrittenBlock> {
  const { plan, threads } = writer.state;
  return writer.calls.run(() => {
    const { asRead = false, ...given } = options;
    plan.require(BlockType.ThreadContext);
    if (!asRead) {
      requireProducedThread(value);
      threads.require(value, plan.blocks);
      if (plan.count(BlockType.MemoryRegion) > 0)
        throw new MslError("plan", `Thread ${value.threadId} comes behind a region, but threads stand before the first one`);
    }
    const stored = { ...given, compression: "none", offered: undefined } as const;
    return whenDone(putTable(writer, "ThreadContext", value, stored), (written) => {
      if (asRead) threads.noteAsRead();
      else threads.note(value);
      return written;
    });
  });
}

export function writeModuleEntry(
  writer: BlockWriter,
  value: KindInput<"ModuleEntry">,
  options: BlockOptions & Offered = {},
): Eventual<WrittenBlock> {
  const { modules, plan } = writer.state;
  return writer.calls.run(() => {
    plan.require(BlockType.ModuleEntry);
    requireObjects(BLOCK_KINDS.ModuleEntry.layout, value);
    // A copy, so that the caller cannot change the values between the comparison and the encoding. A spread would take as long as hashing the block.
    const { baseAddr, moduleSize, path, version, diskHash, nativeBlob } = value;
    const module = { baseAddr, moduleSize, path, version, diskHash, nativeBlob } satisfies Record<keyof typeof value, unknown>;
    const announced = writer.options.nonConforming ? undefined : module;
    const uuid = options.uuid ?? modules.uuidFor(module, plan.blocks);
    if (options.uuid !== undefined) modules.requireAnnounced(uuid, plan.blocks, announced);
    const { parentUuid, hasChildren, compression, offered } = options;
    const all = { uuid, parentUuid, hasChildren, compression, offered } satisfies Record<keyof (BlockOptions & Offered), unknown>;
    return whenDone(putTable(writer, "ModuleEntry", module, all, BlockType.ModuleListIndex), (written) => {
      modules.noteWritten(uuid);
      return written;
    });
  });
}

export function writeKeyHint(
  writer: BlockWriter,
  value: KindInput<"KeyHint">,
  options: HintOptions & Offered = {},
): Eventual<WrittenBlock> {
  const { plan, references } = writer.state;
  return writer.calls.run(() => {
    plan.require(BlockType.KeyHint);
    requireObjects(BLOCK_KINDS.KeyHint.layout, value);
    const hint = { ...value };
    // Encoded for its checks alone: values out of range are refused before anything is computed from them.
    encodeLayout(BLOCK_KINDS.KeyHint.layout, hint);
    const { pages } = references.hintTarget(hint.regionUuid, plan.blocks);
    if (pages) requireInPageData(hint, pages);
    return whenDone(
      putTable(writer, "KeyHint", pages && !options.keepNote ? withAddress(hint, pages) : hint, options),
      (written) => {
        references.noteHint(hint.regionUuid);
        return written;
      },
    );
  });
}
