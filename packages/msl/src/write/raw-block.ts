/** Writes blocks that are given as bytes. Facts in their payloads on which later blocks depend are read from the bytes. */
import { MslError } from "../errors.js";
import { BlockFlag, BlockType } from "../format/codes.js";
import { decodeLayout } from "../format/layout/decode.js";
import { KEY_HINT } from "../format/payloads/memory-region.js";
import { MODULE_LIST_INDEX } from "../format/payloads/process-tables.js";
import { type AnnouncedModule, ModuleRows } from "./announced-modules.js";
import type { WrittenBlock } from "./block-emitter.js";
import { isSpecifiedType } from "./block-kinds.js";
import type { BlockWriter } from "./block-writer.js";
import { type Eventual, whenDone } from "./call-queue.js";
import type { Offered } from "./compression.js";
import type { RawBlock } from "./options.js";
import { payloadAhead } from "./typed-blocks.js";

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
