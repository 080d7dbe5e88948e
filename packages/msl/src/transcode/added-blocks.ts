/** Blocks that every 1.1 capture of its mode has, where the source has none that can be read. They say that nothing is known. */
import { BlockType } from "../format/codes.js";
import type { Identities } from "./identities.js";
import type { AddedItem } from "./outline-items.js";

export interface WhatIsThere {
  readonly imported: boolean;
  readonly investigation: boolean;
  readonly present: ReadonlySet<number>;
}

const UNKNOWN_FORMAT = 0;

export function addedBlocks({ imported, investigation, present }: WhatIsThere, identities: Identities): readonly AddedItem[] {
  const added: AddedItem[] = [];
  const add = (item: Omit<AddedItem, "kind" | "uuid">) => {
    if (!present.has(item.type)) added.push({ kind: "added", uuid: identities.fresh(), ...item });
  };
  if (imported) {
    const payload = { kind: "ImportProvenance", sourceFormat: UNKNOWN_FORMAT, importTimeNs: 0n, origFileSize: 0n } as const;
    const message = "An import begins with its provenance, and the source's cannot be read: all is unknown";
    add({ type: BlockType.ImportProvenance, payload, lint: "ORD-PROVENANCE", message });
  }
  if (!imported || investigation) {
    const payload = { kind: "ProcessIdentity", ppid: 0, sessionId: 0, startTimeNs: 0n } as const;
    const message = "The source has no Process Identity that can be read: all but the header's PID is unknown";
    add({ type: BlockType.ProcessIdentity, payload, lint: "ORD-IDENTITY", message });
  }
  if (investigation) {
    const payload = { kind: "SystemContext", bootTimeNs: 0n, targetCount: 0 } as const;
    const message = "System tables belong to a System Context, and the source has none that can be read: all is unknown";
    add({ type: BlockType.SystemContext, payload, lint: "ORD-SYSCTX", message });
  }
  return added;
}
