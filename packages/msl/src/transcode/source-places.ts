/** Places in the source, for reports. */
import type { BlockInfo } from "../format/block-info.js";
import type { Capture } from "../read/capture.js";
import type { Refusal } from "./outline-items.js";
import type { LeftOut, SourceBlock } from "./report.js";

/** Of a block that is cut off, the length of what is there. `typeName`: its `contentName`. */
export function sourceBlock(block: BlockInfo, typeName: string): SourceBlock {
  const { index, offset, type, uuid } = block;
  return { index, offset, length: block.payloadOffset - offset + block.payloadLength, type, typeName, uuid };
}

/** Written out: a spread makes an object that takes several KiB with what V8 keeps about it. */
export function leftOutBlock(block: BlockInfo, name: string, { reason, lint, message }: Refusal): LeftOut {
  const { index, offset, length, type, typeName, uuid } = sourceBlock(block, name);
  return lint === undefined
    ? { index, offset, length, type, typeName, uuid, reason, message }
    : { index, offset, length, type, typeName, uuid, reason, lint, message };
}

/** Bytes that are no block: behind the last one, and where a salvaging reader went on behind damage. */
export function unreadBytes({ end, gaps }: Capture): LeftOut[] {
  const found: LeftOut[] = gaps.map(({ offset, length }) => ({
    offset,
    length,
    reason: "no-block",
    lint: "BLK-FRAMING",
    message: `${length} bytes are no blocks`,
  }));
  if (end.trailingBytes > 0) {
    const afterEnd = end.eocEnd !== null;
    found.push({
      offset: end.dataEnd - end.trailingBytes,
      length: end.trailingBytes,
      reason: afterEnd ? "after-end" : "no-block",
      lint: afterEnd ? "EOC-TRAILING" : end.reason === "bad-length" ? "BLK-LENGTH" : "BLK-FRAMING",
      message: afterEnd ? "They stand behind End-of-Capture" : `${end.trailingBytes} bytes are no blocks`,
    });
  }
  return found;
}
