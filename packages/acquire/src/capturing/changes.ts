/** How the mappings of a process changed between two looks at them. */
import { isOfFile } from "../memory/area.js";
import type { Mapping } from "../proc/mapping.js";

/** `changed`: other rights, or another file, or another place in it. */
export interface MappingChange {
  readonly start: bigint;
  readonly end: bigint;
  readonly change: "added" | "removed" | "changed";
  /** The path of the mapping that is there now, or was there. */
  readonly path: string;
}

/** Both lists ascending and without overlaps. Returns ascending ranges; mappings that were only joined or divided are no change. */
export function changesBetween(before: readonly Mapping[], after: readonly Mapping[]): MappingChange[] {
  const changes: { start: bigint; end: bigint; change: MappingChange["change"]; path: string }[] = [];
  const borders = [...new Set([...before, ...after].flatMap(({ start, end }) => [start, end]))].sort((a, b) => (a < b ? -1 : 1));
  let [old, now] = [0, 0];
  for (const [index, start] of borders.entries()) {
    const end = borders[index + 1];
    if (end === undefined) break;
    while ((before[old]?.end ?? end) <= start) old++;
    while ((after[now]?.end ?? end) <= start) now++;
    const was = covering(before[old], start);
    const is = covering(after[now], start);
    const change = changeOf(was, is);
    if (!change) continue;
    const path = (is ?? was)?.path ?? "";
    const last = changes.at(-1);
    if (last && last.end === start && last.change === change && last.path === path) last.end = end;
    else changes.push({ start, end, change, path });
  }
  return changes;
}

function covering(mapping: Mapping | undefined, address: bigint): Mapping | undefined {
  return mapping && mapping.start <= address ? mapping : undefined;
}

function changeOf(was: Mapping | undefined, is: Mapping | undefined): MappingChange["change"] | undefined {
  if (!was) return is && "added";
  if (!is) return "removed";
  return contentOf(was) === contentOf(is) ? undefined : "changed";
}

/** Rights and content of every address of a mapping. */
function contentOf(mapping: Mapping): string {
  const { readable, writable, executable, shared, path, device, inode, offset, start } = mapping;
  const place = isOfFile(mapping) ? offset - start : 0n;
  return [readable, writable, executable, shared, path, device, inode, place].join(" ");
}
