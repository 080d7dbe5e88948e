/** Says that a capture has a block whose type tells nothing of its content. */
import { BlockType, type Capture } from "@memslice/msl";
import type { Output } from "./output.js";

/**
 * A block of type 0x0000 may be a block of any kind whose type was damaged, a region among them: no table and no search is known to be whole. Blocks of other
 * unknown types are of kinds that the specification lets readers skip. Blocks behind End-of-Capture are ignored.
 */
export function noteInvalidBlock(file: string, { blocks }: Capture, output: Output): void {
  for (const { index, afterEoc } of blocks.ofType(BlockType.Invalid)) {
    if (!afterEoc)
      output.note(`${file}: block ${index} has the type 0x0000, which must not appear: what it held is missing here`);
    return;
  }
}
