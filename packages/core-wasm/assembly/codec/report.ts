/**
 * How a call of a decoder ended: the first bytes of every decoder's workspace, which its caller reads after the call.
 *
 * Convention inside the decoders: a function that reads input returns the address after what it read, or 0 once it has
 * called `fail`. Address 0 is never such a result, since something was read before it.
 */

/** The names for callers are in src/decode-result.ts, in this order. */
export const enum Status {
  Decoded,
  /** The input ends before the data does. */
  Truncated,
  /** The data contradicts its format. */
  Malformed,
  /** The data holds more than the output may take. */
  Exceeds,
  /** The data is whole but holds another number of bytes than was announced. */
  SizeMismatch,
  /** A checksum over header, block or content differs. */
  Checksum,
  /** The data needs a dictionary. */
  Dictionary,
  /** The data needs a larger window than allowed. */
  Window,
  /** Not the format, or a part of it that is refused on purpose. */
  Unsupported,
  /** Something other than a few zero bytes follows the data. */
  TrailingData,
  /** There is more to come: the piece is as long as was wanted. No failure, and so without a name for callers. */
  Paused,
}

@unmanaged
export class Report {
  /** Bytes that the call added to the output; after a measurement: the most that the data can yield (saturated). */
  produced: u32;
  /** While decoding the address, afterwards the offset in the source: the end of the data, or what the failure is about. */
  stoppedAt: usize;
  /** Zero bytes after the data. */
  trailingZeros: u32;
  /** Where the bytes that the call added begin. */
  piece: usize;
  /** After a measurement: how far back in the output the data can refer, in bytes; with Status.Window: how far it wants to. */
  reach: u32;
  status: Status;

  fail(status: Status, at: usize): usize {
    this.status = status;
    this.stoppedAt = at;
    return 0;
  }

  /** Ends the call: what the exported kernels return. */
  finish(source: usize): u32 {
    this.stoppedAt -= source;
    return this.status;
  }
}
