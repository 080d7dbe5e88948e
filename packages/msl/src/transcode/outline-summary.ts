/** What the header of the output and its plan say about all that is in it. */
import { BlockType } from "../format/codes.js";
import { TimeSlice } from "../source/time-slice.js";
import type { Content } from "../write/plan.js";
import type { Circumstances } from "./circumstances.js";
import type { OutlineItem } from "./outline-items.js";

export interface OutlineSummary {
  readonly types: ReadonlySet<number>;
  /** The same types as the writer takes them. */
  readonly contents: readonly Content[];
  /** End-of-Capture included. */
  readonly blocks: number;
  /** Of page data, and of the source's blocks that are no regions. */
  readonly bytes: number;
  /** Whether blocks go over as bytes. */
  readonly hasRaw: boolean;
  /** Whether a redaction takes something out of a table. */
  readonly hasRedacted: boolean;
}

export async function summaryOf(items: Iterable<OutlineItem>, { capture, signal }: Circumstances): Promise<OutlineSummary> {
  const slice = new TimeSlice(signal);
  const types = new Set<number>();
  let [rows, threads, rawThreads, hasRaw, hasRedacted] = [false, false, false, false, false];
  let blocks = 1;
  let bytes = 0;
  for (const item of items) {
    if (slice.isSpent()) await slice.renew();
    const { kind, type } = item;
    types.add(type);
    blocks += kind === "region" ? item.blocks : 1;
    if (kind === "region") bytes += item.bytes;
    else if (item.source !== undefined) bytes += capture.blocks.at(item.source).length;
    const isThread = type === BlockType.ThreadContext;
    if (kind === "table") {
      rows ||= type === BlockType.ConnectivityTable && !item.empty;
      threads ||= isThread;
      hasRedacted ||= item.redacted;
    } else if (kind === "raw") {
      rawThreads ||= isThread;
      hasRaw = true;
    }
  }
  // A Connectivity Table with rows goes by its kind, since TableBitmap announces rows, and so do threads, which are asked for.
  const contents: Content[] = [...types].filter((type) => type !== BlockType.ThreadContext || rawThreads);
  if (rows) contents.push("ConnectivityTable");
  if (threads) contents.push("ThreadContext");
  return { types, contents, blocks, bytes, hasRaw, hasRedacted };
}
