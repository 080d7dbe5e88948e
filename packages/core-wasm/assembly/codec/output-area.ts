/**
 * Where a decoder writes its output: an area that holds the latest bytes of it, those that the data may still refer to included.
 *
 * A call adds a piece behind what the area holds. Where that leaves too little room, the bytes that are still needed move to the
 * begin of the area first. An area as large as the whole output never moves anything: that is decoding in one go.
 * Invariants: area <= history <= hashedTo <= output <= areaEnd (hashedTo only where there is a content checksum).
 */
import { Report } from "./report";

/** The largest stripe of a content checksum: what is not hashed yet is shorter, and must not be lost. */
const LONGEST_STRIPE: u32 = 32;

@unmanaged
export class OutputArea extends Report {
  area: usize;
  areaEnd: usize;
  /** Where the next byte goes. */
  output: usize;
  /** Matches reach back no further. */
  history: usize;
  /** The content checksum covers the output up to here. */
  hashedTo: usize;
  /** Bytes that may be produced from `output` on, in the area or not. */
  allowed: u32;
  /** Whether all of them must be. */
  exact: bool;

  beginOutput(area: usize, size: u32, allowed: u32, exact: bool): void {
    this.area = area;
    this.areaEnd = area + size;
    this.output = area;
    this.history = area;
    this.hashedTo = area;
    this.allowed = allowed;
    this.exact = exact;
  }

  /** Begins a piece. Unless all that is allowed fits, there will be room for `wanted` bytes behind `reach` bytes of history. */
  beginPiece(wanted: u32, reach: u32): void {
    if (<u32>(this.areaEnd - this.output) < min(this.allowed, wanted)) this.keepOnly(max(reach, LONGEST_STRIPE));
    this.piece = this.output;
    this.produced = 0;
    this.trailingZeros = 0;
  }

  /** Counts the bytes up to `end` as produced. */
  advance(end: usize): void {
    const bytes = <u32>(end - this.output);
    this.output = end;
    this.allowed -= bytes;
    this.produced += bytes;
  }

  private keepOnly(reach: u32): void {
    const kept = min(<u32>(this.output - this.history), reach);
    const shift = this.output - kept - this.area;
    memory.copy(this.area, this.output - kept, kept);
    this.output -= shift;
    this.hashedTo -= shift;
    this.history = this.area;
  }
}
