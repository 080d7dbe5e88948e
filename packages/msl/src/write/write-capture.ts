/** Writes a whole capture whose blocks are all known: `contents`, BlockCount and flags follow from the blocks. */

import { MslError } from "../errors.js";
import { BLOCK_TYPE, BlockType, codeName } from "../format/codes.js";
import { shownName } from "../options/checks.js";
import { nearestName, requireOptions } from "../options/require-options.js";
import { WRITE_CAPTURE } from "../options/writing.js";
import { described } from "../tags.js";
import { PAYLOAD_MOST } from "./block-emitter.js";
import { BLOCK_KINDS, typeOfKind } from "./block-kinds.js";
import type { FinishedCapture } from "./block-writer.js";
import { PendingCalls } from "./call-queue.js";
import { fragmentsOf } from "./fragments.js";
import { MslWriter } from "./msl-writer.js";
import type { CaptureHeader, CaptureOptions, PlannedBlock, WriterOptions } from "./options.js";
import { type Content, firstBlocks } from "./plan.js";
import { regionShape } from "./region-input.js";
import type { SinkInput } from "./sink.js";

/**
 * Writes a capture from its first to its last block, with BlockCount in the header. Throws `usage` for a payload without a known kind, `plan` if
 * a block is missing that every capture of this mode begins with, and like `MslWriter`. The sink is closed in any case.
 */
export async function writeCapture(sink: SinkInput, given: CaptureOptions): Promise<FinishedCapture> {
  requireOptions(WRITE_CAPTURE, given);
  const { blocks, acqEndNs, ...options } = given;
  requireKinds(blocks);
  requireFirstKinds(blocks, options.header);
  const referred = referredUuids(blocks);
  const tables = blocks.some(({ payload }) => payload.kind === "ConnectivityTable");
  const writer = new MslWriter(sink, { ...options, contents: contentsOf(blocks), blockCount: countOf(blocks, options) });
  const calls = new PendingCalls(options);
  try {
    for (const { payload, ...given } of blocks) {
      const uuid = given.uuid?.toLowerCase() ?? "";
      await calls.add(
        writer.write(payload, {
          ...given,
          hasChildren: given.hasChildren || referred.parents.has(uuid) || (payload.kind === "SystemContext" && tables),
          hasKeyHints: given.hasKeyHints || (payload.kind === "MemoryRegion" && referred.hinted.has(uuid)),
        }),
      );
    }
    await calls.settle();
    return await writer.end(acqEndNs === undefined ? {} : { acqEndNs });
  } catch (error) {
    // The failure that came first is thrown, also if the sink refuses the blocks before it.
    await writer.close().catch(() => {});
    throw error;
  }
}

/** Throws `usage` for a payload of no kind that can be written. */
function requireKinds(blocks: readonly PlannedBlock[]): void {
  const kinds = [...Object.keys(BLOCK_KINDS), "MemoryRegion"];
  for (const [index, { payload }] of blocks.entries()) {
    const kind: unknown = (payload as { readonly kind?: unknown } | undefined)?.kind;
    if (typeof kind === "string" && kinds.includes(kind)) continue;
    const nearest = typeof kind === "string" ? nearestKind(kind, kinds) : undefined;
    const advice = nearest === undefined ? `expected ${kinds.join(", ")}` : `did you mean ${nearest}?`;
    const found = typeof kind === "string" ? shownName(kind) : described(kind);
    throw new MslError("usage", `writeCapture: blocks[${index}].payload.kind is ${found}; ${advice}`);
  }
}

/** The kind that was probably meant: one that differs by few letters, or that begins with `kind`. */
function nearestKind(kind: string, kinds: readonly string[]): string | undefined {
  return nearestName(kind, kinds) ?? (kind === "" ? undefined : kinds.find((known) => known.startsWith(kind)));
}

/** Throws `plan` if blocks are missing that every capture of this mode begins with (specification: conformance of producers). */
function requireFirstKinds(blocks: readonly PlannedBlock[], { imported = false, investigation = false }: CaptureHeader): void {
  const types = new Set(blocks.map(({ payload }) => typeOfKind(payload.kind)));
  const first = firstBlocks(types, imported, investigation);
  const missing = first.filter((type) => !types.has(type)).map((type) => codeName(BLOCK_TYPE, type));
  if (missing.length === 0) return;
  const names = first.map((type) => codeName(BLOCK_TYPE, type)).join(", ");
  throw new MslError("plan", `blocks has no ${missing.join(" and no ")}: a capture of this kind begins with ${names}`);
}

function contentsOf(blocks: readonly PlannedBlock[]): readonly Content[] {
  return [
    ...new Set(
      blocks.map(({ payload }) =>
        payload.kind === "ConnectivityTable" && payload.rows.length === 0 ? BlockType.ConnectivityTable : payload.kind,
      ),
    ),
  ];
}

/** BlockCount: all blocks, fragments of split regions and End-of-Capture included. */
function countOf(blocks: readonly PlannedBlock[], { splitAbove = PAYLOAD_MOST }: Pick<WriterOptions, "splitAbove">): number {
  return blocks.reduce(
    (sum, { payload }) => sum + (payload.kind === "MemoryRegion" ? fragmentsOf(regionShape(payload), splitAbove).length : 1),
    1,
  );
}

function referredUuids(blocks: readonly PlannedBlock[]): { parents: ReadonlySet<string>; hinted: ReadonlySet<string> } {
  const parents = blocks.flatMap(({ parentUuid, continuationOf }) => [parentUuid, continuationOf]);
  const hinted = blocks.map(({ payload }) => (payload.kind === "KeyHint" ? payload.regionUuid : undefined));
  return { parents: lowerCased(parents), hinted: lowerCased(hinted) };
}

function lowerCased(uuids: readonly (string | undefined)[]): ReadonlySet<string> {
  return new Set(uuids.flatMap((uuid) => (uuid === undefined ? [] : [uuid.toLowerCase()])));
}
