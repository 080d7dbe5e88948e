/**
 * Writes blocks that are given as bytes: blocks of any kind, from whose payloads the facts are read on which later blocks depend, and blocks whose payload
 * the encoder has made before.
 */
import { MslError } from "../errors.js";
import { BlockFlag, BlockType } from "../format/codes.js";
import { decodeLayout } from "../format/layout/decode.js";
import { KEY_HINT } from "../format/payloads/memory-region.js";
import { MODULE_LIST_INDEX } from "../format/payloads/process-tables.js";
import type { WrittenBlock } from "./block-emitter.js";
import { isSpecifiedType, isSystemTable } from "./block-kinds.js";
import type { BlockWriter, StoredBlock } from "./block-writer.js";
import { type Eventual, whenDone } from "./call-queue.js";
import type { Offered } from "./compression.js";
import { type AnnouncedModule, ModuleRows } from "./module-rows.js";
import type { BlockOptions, RawBlock } from "./options.js";
import { payloadAhead, specOf } from "./table-block.js";

/** Throws `usage` for types that are never written as bytes, and without `nonConforming` for all others. */
export function writeRawBlock(writer: BlockWriter, block: RawBlock & Offered): Eventual<WrittenBlock> {
  const payloads = payloadAhead(writer, block, () => block.payload);
  return writer.calls.run(() => {
    const { payload, hasKeyHints = false, continuation = false, ...options } = block;
    const { type } = options;
    requireRawType(type, writer.options.nonConforming ?? false);
    const { modules, references, parents, plan } = writer.state;
    const flags = (hasKeyHints ? BlockFlag.HasKeyHints : 0) | (continuation ? BlockFlag.Continuation : 0);
    const spec = { ...options, flags };
    writer.require(spec);
    return whenDone(payloads ? writer.putNext(spec, payloads) : writer.put(spec, payload), (written) => {
      parents.set(type, written.uuid);
      if (hasKeyHints) references.expectHints(written.uuid, { index: written.index, pages: undefined });
      if (type === BlockType.ModuleEntry) modules.noteWritten(written.uuid);
      if (type === BlockType.ModuleListIndex && plan.types.has(BlockType.ModuleEntry))
        modules.announce(ModuleRows.of(entriesOf(payload)));
      if (type === BlockType.KeyHint) references.noteHint(hintedRegion(payload));
      return written;
    });
  }, payloads);
}

/**
 * Writes a block of a specified type, or a Thread Context, whose payload is what the encoder makes of a value that has passed the checks of its kind. Of the
 * payload, later blocks must not depend: not for a Module List Index, System Context, Connectivity Table or Key Hint. The index announces a Module Entry
 * with the facts in its payload. `payload` must not change until the promise has settled.
 */
export function writeEncoded(
  writer: BlockWriter,
  type: number,
  payload: Uint8Array,
  options: BlockOptions & Offered & { readonly uuid: string },
): Eventual<WrittenBlock> {
  const { uuid } = options;
  const isThread = type === BlockType.ThreadContext;
  const payloads = isSystemTable(type) ? payloadAhead(writer, { type, ...options }, () => payload) : undefined;
  return writer.calls.run(() => {
    const { modules, parents, plan, threads } = writer.state;
    const isModule = type === BlockType.ModuleEntry;
    plan.require(type);
    if (isModule) modules.requireAnnounced(uuid, plan.blocks);
    const stored = isThread ? ({ ...options, compression: "none", offered: undefined } as const) : options;
    const spec = specOf(writer, type, stored, parentTypeOf(type));
    writer.require(spec);
    return whenDone(payloads ? writer.putNext(spec, payloads) : writer.put(spec, payload), (written) => {
      parents.set(type, written.uuid);
      if (isModule) modules.noteWritten(uuid);
      if (isThread) threads.noteAsRead();
      return written;
    });
  }, payloads);
}

/** Writes a complete block of another capture as it is stored there, whatever it is; its payload is not decoded. */
export function writeStoredBlock(writer: BlockWriter, block: StoredBlock): Eventual<WrittenBlock> {
  return writer.calls.run(async () => {
    const { type, uuid, flags } = block;
    const { modules, references, parents } = writer.state;
    const written = await writer.putStored(block);
    if (!parents.has(type)) parents.set(type, uuid);
    if ((flags & BlockFlag.HasKeyHints) !== 0) references.expectHints(uuid, { index: written.index, pages: undefined });
    if (type === BlockType.ModuleEntry && modules.isWaiting(uuid)) modules.noteWritten(uuid);
    return written;
  });
}

/** The type of the block that must be the parent of a block of this type, if there is one. */
function parentTypeOf(type: number): number | undefined {
  if (type === BlockType.ModuleEntry) return BlockType.ModuleListIndex;
  return isSystemTable(type) ? BlockType.SystemContext : undefined;
}

function requireRawType(type: number, nonConforming: boolean): void {
  const shown = `0x${type.toString(16).padStart(4, "0")}`;
  if (type === BlockType.Invalid || type === BlockType.EndOfCapture) {
    throw new MslError("usage", `writeRaw does not write type ${shown}`);
  }
  if (nonConforming) return;
  const why = isSpecifiedType(type) ? "has a method of its own" : "has no payload that the specification defines";
  throw new MslError("usage", `Block type ${shown} ${why}: writeRaw writes it with the option nonConforming only`);
}

/** The modules that a Module List Index announces, as far as its payload can be decoded. */
function entriesOf(payload: Uint8Array): readonly AnnouncedModule[] {
  const { value, partial } = decodeLayout(MODULE_LIST_INDEX, payload, () => {});
  return (value ?? partial)?.entries ?? [];
}

/** The UUID of the region that a Key Hint names; empty if it cannot be decoded. */
function hintedRegion(payload: Uint8Array): string {
  const { value, partial } = decodeLayout(KEY_HINT, payload, () => {});
  return (value ?? partial)?.regionUuid ?? "";
}
