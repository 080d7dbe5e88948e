/**
 * Output area of a decoder: a buffer that holds the last bytes of the output. Matches in the compressed data copy bytes of the output from
 * this buffer.
 *
 * Each call of a decoder appends a piece to the output. If the buffer has too little room for the piece, the bytes that the decoder still
 * needs are first moved to the start of the buffer. No byte moves if the buffer is as large as the whole output.
 * Invariants: area <= history <= hashedTo <= output <= areaEnd (hashedTo only if the data has a content checksum).
 */
import { Report } from "./report";

/**
 * Size in bytes of the largest stripe of a content checksum (XXH64). When a call ends, the last bytes of the output, fewer than a stripe, are
 * not hashed yet: they have to stay in the area.
 */
const LONGEST_STRIPE: u32 = 32;

@unmanaged
export class OutputArea extends Report {
  /** The address of the buffer. */
  area: usize;
  /** The address behind the buffer. */
  areaEnd: usize;
  /** The address of the next byte of output. */
  output: usize;
  /** The address of the first byte of output that a match may copy. */
  history: usize;
  /** The address of the first byte of output that the content checksum does not cover yet. */
  hashedTo: usize;
  /** The most bytes that the decoder may still append, in this piece and all later pieces together. */
  allowed: u32;
  /** Whether the decoder has to append exactly `allowed` bytes. */
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

  /**
   * Begins a piece: makes room for `wanted` bytes, or for `allowed` bytes if `allowed` is smaller. At least the last `reach` bytes of the output
   * stay in the area, or all of its history if that is shorter.
   */
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

  /** Moves the last `reach` bytes of the history to the start of the area, and drops the bytes before them. */
  private keepOnly(reach: u32): void {
    const kept = min(<u32>(this.output - this.history), reach);
    const shift = this.output - kept - this.area;
    memory.copy(this.area, this.output - kept, kept);
    this.output -= shift;
    this.hashedTo -= shift;
    this.history = this.area;
  }
}
