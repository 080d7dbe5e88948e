/** What is different about a block's header: identity, parent, flags, place, compression. */

import type { LintId } from "../deviations/catalogue.js";
import { BlockFlag, BlockType, compressionOf } from "../format/codes.js";
import { NIL_UUID } from "../format/layout/uuid-text.js";
import type { CaptureBlock } from "../read/capture-block.js";
import type { WrittenBlock } from "../write/block-emitter.js";
import type { Identities } from "./identities.js";
import type { TranscodeChange } from "./report.js";

export interface WrittenHeader {
  readonly written: WrittenBlock;
  /** The parent in the output. */
  readonly parentUuid: string | undefined;
  /** Whether compressed bytes of the source went over as they were. */
  readonly verbatim: boolean;
  readonly moved: boolean;
}

const RELATIONS = BlockFlag.HasChildren | BlockFlag.HasKeyHints | BlockFlag.Continuation;
const PLACES: Readonly<Record<number, LintId>> = {
  [BlockType.ImportProvenance]: "ORD-PROVENANCE",
  [BlockType.ProcessIdentity]: "ORD-IDENTITY",
  [BlockType.ModuleListIndex]: "ORD-MODLIST",
  [BlockType.SystemContext]: "ORD-SYSCTX",
};

const WHY_MOVED: Readonly<Record<number, string>> = {
  [BlockType.KeyHint]: "a Key Hint comes behind its region",
  [BlockType.ThreadContext]:
    "threads come before the regions, and before the modules of an encrypted capture of an unknown clock",
};

export function headerChanges(block: CaptureBlock, header: WrittenHeader, identities: Identities): TranscodeChange[] {
  return [
    ...identities.change(block.index),
    ...parentChange(block, header, identities),
    ...flagsChange(block, header),
    ...compressionChange(block, header),
    ...movedChange(block, header),
    ...salvageChange(block),
  ];
}

function parentChange(block: CaptureBlock, { parentUuid = NIL_UUID }: WrittenHeader, identities: Identities): TranscodeChange[] {
  const stored = block.parentUuid;
  const known = stored === NIL_UUID ? -1 : identities.find(stored);
  const wanted = known < 0 ? stored : identities.uuidOf(known);
  if (parentUuid === stored) return [];
  if (parentUuid === wanted) return [{ id: "parent", field: "parentUuid", message: `ParentUUID ${stored} became ${parentUuid}` }];
  const lint: LintId =
    known < 0 && stored !== NIL_UUID
      ? "REF-DANGLING"
      : identities.parentOf(block.index) < 0 && known >= 0
        ? "REF-CYCLE"
        : "REF-PARENT";
  const now = parentUuid === NIL_UUID ? "there is none" : `it is ${parentUuid}`;
  return [{ id: "parent", lint, field: "parentUuid", message: `ParentUUID was ${stored}; in the output, ${now}` }];
}

function flagsChange(block: CaptureBlock, { written }: WrittenHeader): TranscodeChange[] {
  const before = block.flags & RELATIONS;
  const after = written.flags & RELATIONS;
  if (before === after) return [];
  const message = `Flags for children, key hints and continuation were ${flagsText(before)}, and are ${flagsText(after)}`;
  return [{ id: "flags", lint: "REF-FLAGS", field: "flags", message }];
}

function flagsText(flags: number): string {
  const names = (["HasChildren", "HasKeyHints", "Continuation"] as const).filter((name) => (flags & BlockFlag[name]) !== 0);
  return names.length === 0 ? "clear" : names.join(" and ");
}

function compressionChange(block: CaptureBlock, { written, verbatim }: WrittenHeader): TranscodeChange[] {
  const before = block.compression;
  const after = compressionOf(written.flags);
  if (before === after && (after === "none" || verbatim)) return [];
  const message =
    before === after
      ? `Compressed anew with ${after}: ${block.length} bytes became ${written.length}`
      : `${before} became ${after}`;
  return [{ id: "compression", field: "flags", message }];
}

function movedChange(block: CaptureBlock, { moved }: WrittenHeader): TranscodeChange[] {
  if (!moved) return [];
  const lint = PLACES[block.type];
  const why = lint === undefined ? WHY_MOVED[block.type] : "it has a place of its own";
  return [{ id: "moved", ...(lint === undefined ? {} : { lint }), message: `The block stands elsewhere: ${why}` }];
}

/** Readers of the output cannot tell such a block from others. */
function salvageChange({ salvageEvidence }: CaptureBlock): TranscodeChange[] {
  if (salvageEvidence === null) return [];
  const message = `The block was found by a search behind damage (evidence: ${salvageEvidence}); the output does not say so`;
  return [{ id: "salvaged", lint: "BLK-FRAMING", message }];
}
