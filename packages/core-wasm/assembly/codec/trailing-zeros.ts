/**
 * Padding after compressed data: capture writers pad a compressed payload to 8 bytes, so that up to 7 zero bytes may
 * follow. Anything else there would be silently dropped evidence and is refused.
 */
import { Report, Status } from "./report";

const MAXIMUM_PADDING: usize = 7;

/** Marks the report as decoded up to `at` if only padding lies in [at, end). */
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
