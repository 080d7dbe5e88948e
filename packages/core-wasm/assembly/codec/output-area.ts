/**
 * Output area of a decoder: it holds the latest bytes of the output, including those to which the data may still refer.
 *
 * Each call appends a piece. Where there is too little room for it, the bytes that are still needed move to the begin of the area first. In
 * an area as large as the whole output nothing ever moves.
 * Invariants: area <= history <= hashedTo <= output <= areaEnd (hashedTo only where there is a content checksum).
 */
import { Report } from "./report";

/** The largest stripe of a content checksum. Fewer bytes than this are not yet hashed, and have to be kept. */
const LONGEST_STRIPE: u32 = 32;

@unmanaged
export class OutputArea extends Report {
  area: usize;
  areaEnd: usize;
  /** The address of the next byte of output. */
  output: usize;
  /** The first byte that a match may refer to. */
  history: usize;
  /** The content checksum covers the output up to here. */
  hashedTo: usize;
  /** The most bytes that may still be produced, in all pieces. */
  allowed: u32;
  /** Whether exactly `allowed` bytes have to be produced. */
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

  /** Begins a piece: makes room for `wanted` bytes, or for all that are allowed, behind at least `reach` bytes of history. */
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
