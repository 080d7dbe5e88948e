/**
 * LZ4 block decoder.
 *
 * A block is a row of sequences: token, literals, match offset, match length; the last one ends after its literals.
 * Invariants: reads stay in [source, sourceEnd), writes in [output, limit), matches in [history, output).
 * Source: LZ4 block format description.
 */
import { copyMatchAtEnd, copyMatchWide, copyWide, OVERSHOOT, SHORT_COPY } from "../codec/copy";
import { Report, Status } from "../codec/report";
import { acceptPadding } from "../codec/trailing-zeros";

/** A token nibble that is continued by further length bytes. */
const EXTENDED: u32 = 15;
const MINIMUM_MATCH: u32 = 4;
/** Input of the longest unextended sequence after its token, as it is read: a vector from its start, the offset behind 14 literals. */
const SHORT_SEQUENCE_INPUT: usize = 16;
/** Output of the longest unextended sequence (14 literals, 18 bytes of match), which is also how far it is written at most. */
const SHORT_SEQUENCE_OUTPUT: usize = 32;

/** Where the block's last sequence ends. */
export const enum BlockEnd {
  /** With the input. */
  AtSourceEnd,
  /** Where the output is full after literals; what follows is the caller's. */
  AtOutputLimit,
}

/**
 * Decodes one raw block of exactly `expected` bytes, which up to 7 zero bytes may follow. Writes [destination, destination +
 * expected) only.
 */
export function lz4DecodeBlock(source: usize, length: u32, destination: usize, expected: u32, workspace: usize): u32 {
  const report = changetype<Report>(workspace);
  const sourceEnd = source + length;
  const limit = destination + expected;
  report.produced = 0;
  report.trailingZeros = 0;
  if (decodeSequences(report, source, sourceEnd, destination, destination, limit, BlockEnd.AtOutputLimit) !== 0) {
    report.produced = expected;
    acceptPadding(report, report.stoppedAt, sourceEnd);
  }
  return report.finish(source);
}

/** Returns the end of the output and leaves the end of the input in `report.stoppedAt`; 0 after a failure. */
export function decodeSequences(
  report: Report,
  source: usize,
  sourceEnd: usize,
  history: usize,
  output: usize,
  limit: usize,
  blockEnd: BlockEnd,
): usize {
  let input = source;
  while (true) {
    if (input === sourceEnd) return report.fail(Status.Truncated, input);
    const sequence = input;
    const token = <u32>load<u8>(input++);
    const literalNibble = token >> 4;
    const matchNibble = token & EXTENDED;

    if (literalNibble !== EXTENDED && sourceEnd - input >= SHORT_SEQUENCE_INPUT && limit - output >= SHORT_SEQUENCE_OUTPUT) {
      // Neither the input nor the output can end with these literals.
      v128.store(output, v128.load(input));
      input += literalNibble;
      output += literalNibble;
      const offset = <usize>load<u16>(input);
      if (matchNibble !== EXTENDED && offset >= 16 && offset <= output - history) {
        const from = output - offset;
        v128.store(output, v128.load(from));
        store<u16>(output, load<u16>(from, 16), 16);
        input += 2;
        output += matchNibble + MINIMUM_MATCH;
        continue;
      }
    } else {
      let literals: usize = literalNibble;
      if (literalNibble === EXTENDED) {
        let more: u32;
        do {
          if (input === sourceEnd) return report.fail(Status.Truncated, input);
          more = load<u8>(input++);
          literals += more;
          if (literals > limit - output) return report.fail(Status.Exceeds, sequence);
        } while (more === 255);
      } else if (literals > limit - output) {
        return report.fail(Status.Exceeds, sequence);
      }
      if (literals > sourceEnd - input) return report.fail(Status.Truncated, sourceEnd);
      const inputIsWide = sourceEnd - input - literals >= OVERSHOOT;
      const outputIsWide = limit - output - literals >= OVERSHOOT;
      if (inputIsWide && outputIsWide && literals < SHORT_COPY) copyWide(output, input, literals);
      else memory.copy(output, input, literals);
      input += literals;
      output += literals;
      if (blockEnd === BlockEnd.AtOutputLimit ? output === limit : input === sourceEnd) break;
      if (input === sourceEnd) return report.fail(Status.SizeMismatch, input);
    }

    if (sourceEnd - input < 2) return report.fail(Status.Truncated, sourceEnd);
    const offset = <usize>load<u16>(input);
    if (offset === 0 || offset > output - history) return report.fail(Status.Malformed, input);
    input += 2;
    let length = <usize>(matchNibble + MINIMUM_MATCH);
    if (matchNibble === EXTENDED) {
      let more: u32;
      do {
        if (input === sourceEnd) return report.fail(Status.Truncated, input);
        more = load<u8>(input++);
        length += more;
        if (length > limit - output) return report.fail(Status.Exceeds, sequence);
      } while (more === 255);
    }
    const room = limit - output;
    if (length > room) return report.fail(Status.Exceeds, sequence);
    if (room - length >= OVERSHOOT) copyMatchWide(output, offset, length);
    else copyMatchAtEnd(output, offset, length);
    output += length;
  }
  report.stoppedAt = input;
  return output;
}
