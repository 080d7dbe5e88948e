/**
 * The way of a value that a table lays out into a block: the place of the block below its parent, the checks of the value, and its bytes, which are made ahead
 * of the turn of the block if a worker is going to compress them.
 */
import { ownBytes } from "../bytes.js";
import { MslError } from "../errors.js";
import type { WrittenBlock } from "./block-emitter.js";
import { blockKind, type KindInput, type TableKind } from "./block-kinds.js";
import type { BlockSpec, BlockWriter } from "./block-writer.js";
import { type Eventual, whenDone } from "./call-queue.js";
import type { CompressionSubject, Offered } from "./compression.js";
import type { BlockOptions } from "./options.js";
import { PayloadQueue } from "./payload-queue.js";
import { requireObjects, withTablePayload } from "./table-payload.js";

/** Writes a block that the plan accepts. `parentType`: the type of the block that must be the parent. */
export function putTable<K extends TableKind>(
  writer: BlockWriter,
  kind: K,
  value: KindInput<K>,
  options: BlockOptions & Offered,
  parentType?: number,
): Eventual<WrittenBlock> {
  const { type } = blockKind(kind);
  const spec = specOf(writer, type, options, parentType);
  writer.require(spec);
  const written = withEncoding(writer, kind, value, (payload) => writer.put(spec, payload));
  return whenDone(written, (block) => {
    writer.state.parents.set(type, block.uuid);
    return block;
  });
}

/** The payload of a value, a copy. */
export function encodedTable<K extends TableKind>(writer: BlockWriter, kind: K, value: KindInput<K>): Uint8Array {
  return withEncoding(writer, kind, value, ownBytes);
}

/** Calls `use` with the payload: a view that is valid until `use` returns. */
export function withEncoding<K extends TableKind, T>(
  { options }: BlockWriter,
  kind: K,
  value: KindInput<K>,
  use: (payload: Uint8Array) => T,
): T {
  requireObjects(blockKind(kind).layout, value);
  return withTablePayload(kind, value, options.redact, use);
}

/** The block below its parent. Throws `plan` for another parent than that of its type. `parentType`: the type of the block that must be the parent. */
export function specOf(
  { state }: BlockWriter,
  type: number,
  options: BlockOptions & Offered,
  parentType: number | undefined,
): BlockSpec {
  const { parentUuid } = options;
  const parent = parentType === undefined ? undefined : state.parents.get(parentType);
  if (parent !== undefined && parentUuid !== undefined && parent !== parentUuid.toLowerCase()) {
    const message = `Block ${state.plan.blocks} is given the parent ${parentUuid}, but its type belongs to ${parent}`;
    throw new MslError("plan", message);
  }
  const { uuid, hasChildren, compression, offered } = options;
  return { type, uuid, parentUuid: parent ?? parentUuid, hasChildren, compression, offered };
}

/** A queue of one payload, which `make` encodes; undefined for a payload that is made in its turn, because no worker is going to compress it. */
export function payloadAhead(
  { compression }: BlockWriter,
  subject: CompressionSubject,
  make: () => Uint8Array,
): PayloadQueue | undefined {
  if (!compression.prefetches || !compression.mayCompress(subject)) return undefined;
  return new PayloadQueue(1, async function* (signal) {
    const payload = make();
    yield* compression.pending(subject, { length: payload.length, pieces: [payload] }, signal);
  });
}
