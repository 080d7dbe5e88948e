/** Ends a capture: refuses while announced blocks are missing, then writes End-of-Capture and closes the sink. */
import { MslError } from "../errors.js";
import { END_OF_CAPTURE } from "../format/block-header.js";
import { encodeLayout } from "../format/layout/encode.js";
import { hexText } from "../format/layout/uuid-text.js";
import type { ThreadUse } from "../threads/thread-use.js";
import type { WrittenBlock } from "./block-emitter.js";
import type { BlockWriter } from "./block-writer.js";
import type { Eventual } from "./call-queue.js";
import type { EndOptions } from "./options.js";
import { type Abandoned, abandonedOf, type Missing, requireNone } from "./plan.js";

/** A capture that has been written to its end. */
export interface FinishedCapture {
  /** Number of blocks, End-of-Capture included. */
  readonly blocks: number;
  /** Bytes of the whole file. */
  readonly size: number;
  /** FileHash of End-of-Capture, in hexadecimal. Record it outside the file: nothing inside protects the last block. */
  readonly fileHash: string;
  readonly endOfCapture: WrittenBlock;
  /** How many threads compressed or, in a capture without compression, hashed, and why fewer than were asked for. */
  readonly threads: ThreadUse;
  /** Present if `abandon` gave up blocks that are announced and missing. */
  readonly abandoned?: readonly Abandoned[];
}

/** Throws `plan` while announced blocks are missing; of a resumed capture, `abandon` gives them up. */
export function endCapture(writer: BlockWriter, options: EndOptions): Eventual<FinishedCapture> {
  return writer.calls.run(async () => {
    const { acqEndNs = writer.now(), uuid, abandon = false } = options;
    const isResumed = writer.state.resumption !== undefined;
    if (abandon && !isResumed) {
      throw new MslError(
        "usage",
        "abandon is for resumed captures; this one is written from its start: write what it announces, or close it",
      );
    }
    if (!abandon) requireNone(missingBlocks(writer), isResumed);
    const abandoned = abandonedOf(missingBlocks(writer));
    let hash = new Uint8Array(0);
    const endOfCapture = await writer.putEndOfCapture(uuid, (fileHash) => {
      hash = fileHash.slice();
      return encodeLayout(END_OF_CAPTURE, { fileHash, acqEndNs });
    });
    await writer.close("The capture is complete");
    const { offset: size, threads } = writer;
    const finished = { blocks: endOfCapture.index + 1, size, fileHash: hexText(hash), endOfCapture, threads };
    return abandoned.length > 0 ? { ...finished, abandoned } : finished;
  });
}

function* missingBlocks({ state, options }: BlockWriter): Generator<Missing> {
  yield* state.plan.missing();
  yield* state.threads.missing();
  yield* state.modules.missing();
  yield* state.references.missing({ gaps: options.nonConforming ?? false });
}
