/**
 * Report of a decoder: how its last call ended. It lies at the start of every decoder's workspace, where the caller reads it.
 *
 * Layout: the first fields of `Report` are REPORT_* (src/layout.ts).
 * Invariant of the decoders: a function that reads input returns the address behind the bytes that it read, or 0 after it has called `fail`.
 * 0 is never an address behind bytes that were read.
 */

import { REPORT_PIECE, REPORT_PRODUCED, REPORT_REACH, REPORT_STOPPED_AT, REPORT_TRAILING_ZEROS } from "../../src/layout";

/** src/decode-result.ts names the failures in this order, which a test compares. */
export const enum Status {
  Decoded,
  /** The input ends before the data does. */
  Truncated,
  /** The data contradicts its format. */
  Malformed,
  /** The data holds more bytes than the output may take. */
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
  /** No failure: the piece is as long as was wanted, and the data goes on. */
  Paused,
}

/** The compiler stops where a field does not lie at the offset that callers read. */
@inline
function checkLayout(): void {
  if (offsetof<Report>("produced") != REPORT_PRODUCED) ERROR("Report.produced");
  if (offsetof<Report>("stoppedAt") != REPORT_STOPPED_AT) ERROR("Report.stoppedAt");
  if (offsetof<Report>("trailingZeros") != REPORT_TRAILING_ZEROS) ERROR("Report.trailingZeros");
  if (offsetof<Report>("piece") != REPORT_PIECE) ERROR("Report.piece");
  if (offsetof<Report>("reach") != REPORT_REACH) ERROR("Report.reach");
}

const MAXIMUM_PADDING: usize = 7;

@unmanaged
export class Report {
  /** Bytes that the call added to the output. After a measurement: the most bytes that the data can yield, at most 2^32 - 1. */
  produced: u32;
  /** The end of the data, or the place of the failure: an address while decoding, an offset in the source after the call. */
  stoppedAt: usize;
  /** Zero bytes behind the data. */
  trailingZeros: u32;
  /** Address of the bytes that the call added. */
  piece: usize;
  /** After a measurement: how far back in the output the data can refer, in bytes. With Status.Window: the window that the data needs. */
  reach: u32;
  status: Status;

  fail(status: Status, at: usize): usize {
    this.status = status;
    this.stoppedAt = at;
    return 0;
  }

  /** Ends the call: turns `stoppedAt` into an offset, and returns the status for the caller. */
  finish(source: usize): u32 {
    checkLayout();
    this.stoppedAt -= source;
    return this.status;
  }
}

/**
 * Marks the data as decoded up to `at` if only padding lies in [at, end): up to 7 zero bytes, since writers of captures pad a compressed
 * payload to a multiple of 8 bytes. Any other byte there is a failure, because accepting it would drop evidence silently.
 */
export function acceptPadding(report: Report, at: usize, end: usize): void {
  const padding = end - at;
  if (padding > MAXIMUM_PADDING) {
    report.fail(Status.TrailingData, at);
    return;
  }
  for (let position = at; position < end; position++) {
    if (load<u8>(position) !== 0) {
      report.fail(Status.TrailingData, position);
      return;
    }
  }
  report.status = Status.Decoded;
  report.stoppedAt = at;
  report.trailingZeros = <u32>padding;
}
