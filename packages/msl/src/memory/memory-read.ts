import { MslError } from "../errors.js";
import { addressJson, blobJson } from "../json/layout-json.js";
import { LISTED, Shown, shownAs } from "../json/shown.js";

/** `absent`: no region covers the address. `missing`: the page was captured, but the capture does not hold the bytes. */
export type MemoryState = "captured" | "failed" | "unmapped" | "absent" | "missing";

/** Consecutive addresses in one state. Only a captured segment has bytes. */
export interface MemorySegment {
  readonly address: bigint;
  readonly length: number;
  readonly state: MemoryState;
  /** Set if the region was found by searching behind damage (`salvage`): it may be other data that looks like a region. */
  readonly salvaged?: true;
  /** A view: not to be written to. */
  readonly bytes?: Uint8Array;
}

const shownSegment = shownAs("MemorySegment", ({ address, bytes, ...rest }: MemorySegment) => ({
  address: addressJson(address),
  ...rest,
  ...(bytes && { bytes: blobJson(bytes) }),
}));

/** The result of a read by address: bytes and their states. A hole never looks like zeros. */
export class MemoryRead extends Shown {
  readonly address: bigint;
  readonly length: number;
  /** In address order, without gaps. */
  readonly segments: readonly MemorySegment[];

  constructor(address: bigint, length: number, segments: readonly MemorySegment[]) {
    super();
    this.address = address;
    this.length = length;
    this.segments = segments;
    for (const segment of segments) shownSegment(segment);
  }

  /** Lists the first 1,000 segments. A segment of more than 512 bytes shows their length and BLAKE3 digest in place of the bytes. */
  override toJSON() {
    const { segments } = this;
    return {
      address: addressJson(this.address),
      length: this.length,
      complete: this.complete,
      segments: segments.slice(0, LISTED),
      segmentCount: segments.length,
    };
  }

  /** Whether every byte was captured. */
  get complete(): boolean {
    return this.segments.every(({ state }) => state === "captured");
  }

  /** Whether a segment comes from a region that was found by searching behind damage. */
  get salvaged(): boolean {
    return this.segments.some(({ salvaged }) => salvaged === true);
  }

  /** All bytes in one array. Throws `hole` at the first byte that was not captured, unless `fill` says what to put there. */
  bytes(options: { readonly fill?: number } = {}): Uint8Array {
    const all = new Uint8Array(this.length);
    for (const segment of this.segments) {
      const at = Number(segment.address - this.address);
      if (segment.bytes) all.set(segment.bytes, at);
      else if (options.fill !== undefined) all.fill(options.fill, at, at + segment.length);
      else
        throw new MslError(
          "hole",
          `Memory at 0x${segment.address.toString(16)} was not captured: ${segment.state}, ${segment.length} bytes`,
        );
    }
    return all;
  }
}
