/** A block as its header tells it, as plain JSON values. */
import type { BlockInfo } from "../format/block-info.js";
import type { JsonObject } from "./layout-json.js";

/** What the block's header says. */
export function blockInfoJson(block: BlockInfo): JsonObject {
  return {
    index: block.index,
    offset: block.offset,
    type: block.type,
    typeName: block.typeName,
    flags: block.flags,
    length: block.length,
    payloadVersion: block.payloadVersion,
    uuid: block.uuid,
    parentUuid: block.parentUuid,
    compression: block.compression,
    afterEoc: block.afterEoc,
    ...(block.salvageEvidence ? { salvaged: true, salvageEvidence: block.salvageEvidence } : {}),
  };
}
