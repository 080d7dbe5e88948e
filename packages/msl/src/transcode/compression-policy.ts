/** How each block of the output is stored. */
import type { Codecs } from "../codec/codecs.js";
import { BlockType, type Compression } from "../format/codes.js";
import type { CaptureBlock } from "../read/capture-block.js";
import type { CompressionChoice, Encoders } from "../write/compress-payload.js";
import { KeptFrames } from "./kept-frames.js";
import type { TranscodeCompression } from "./options.js";

/** Writers store these plain. */
const PLAIN: ReadonlySet<number> = new Set([BlockType.ProcessIdentity, BlockType.ImportProvenance]);

export class CompressionPolicy {
  readonly #keep: boolean;
  readonly #limit: number;
  readonly #frames: KeptFrames;
  /** For writers. */
  readonly codecs: Partial<Encoders & Codecs>;
  /** What holds for blocks that are not told otherwise. */
  readonly standard: CompressionChoice;

  /** `limit`: most bytes of a payload that is held in memory to be compressed. */
  constructor(choice: TranscodeCompression, limit: number, codecs: Partial<Encoders & Codecs>) {
    this.#keep = choice === "keep";
    this.#limit = limit;
    this.#frames = new KeptFrames(codecs);
    this.codecs = { ...codecs, ...this.#frames.encoders };
    this.standard = choice === "keep" ? "none" : choice;
  }

  /** Whether the block that was written last went over compressed as it was. */
  get verbatim(): boolean {
    return this.#frames.taken;
  }

  /** For the block that is written next; undefined leaves it to the writer. `stored`: how the source has its payload. */
  async choose(
    block: CaptureBlock,
    stored: Compression,
    signal: AbortSignal | undefined,
  ): Promise<CompressionChoice | undefined> {
    this.#frames.withdraw();
    if (!this.#keep || PLAIN.has(block.type)) return undefined;
    if (stored === "none" || stored === "reserved") return "none";
    await this.#frames.offer(block, this.#limit, signal);
    return stored;
  }
}
