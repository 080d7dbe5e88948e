/**
 * LZ4 block decoder. A block is a row of sequences: token, literals, match offset, match length. The last sequence ends after its literals.
 * A piece of the output may end inside a sequence; then the workspace keeps the state of the sequence.
 *
 * Layout: workspace.ts.
 * Invariants: reads stay in [at, sourceEnd), writes in [output, limit), matches in [history, output).
 * Source: LZ4 block format description.
 */
import { LZ4_REACH } from "../../src/layout";
import { copyMatchAtEnd, copyMatchWide, copyWide, OVERSHOOT, SHORT_COPY } from "../codec/copy";
import { acceptPadding, Status } from "../codec/report";
import { Phase, Workspace } from "./workspace";

/** The value of a nibble of a token that further length bytes continue. */
export const EXTENDED: u32 = 15;
export const MINIMUM_MATCH: u32 = 4;
/** Bytes read behind the token of a sequence without further length bytes: a vector of literals, or 14 literals and the offset. */
const SHORT_SEQUENCE_INPUT: usize = 16;
/** Output of the longest sequence without further length bytes: 14 literals and 18 bytes of match. Nothing is written behind it. */
const SHORT_SEQUENCE_OUTPUT: usize = 32;

/** Where the last sequence of the block ends. */
export const enum BlockEnd {
  /** With the input. */
  AtSourceEnd,
  /** Behind the literals that fill the output. The caller deals with the rest of the input. */
  AtOutputLimit,
}

/**
 * Begins to decode one raw block of exactly `expected` bytes, which up to 7 zero bytes may follow. The area of `areaSize` bytes has
 * room for all of them, or for the reach of a match and the pieces that will be wanted.
 */
export function lz4BeginBlock(source: usize, length: u32, area: usize, areaSize: u32, expected: u32, address: usize): void {
  const workspace = changetype<Workspace>(address);
  workspace.begin(source, length);
  workspace.beginOutput(area, areaSize, expected, true);
}

/** Appends a piece of `wanted` bytes and returns Status.Paused; or appends the rest and returns how the data ended. */
export function lz4ContinueBlock(address: usize, wanted: u32): u32 {
  const workspace = changetype<Workspace>(address);
  workspace.beginPiece(wanted, LZ4_REACH);
  const piece = min(workspace.allowed, wanted);
  const limit = workspace.output + piece;
  const beyond = workspace.allowed - piece;
  const status = decodeSequences(workspace, workspace.sourceEnd, workspace.history, limit, beyond, BlockEnd.AtOutputLimit);
  if (status === Status.Paused) return Status.Paused;
  if (status === Status.Decoded) acceptPadding(workspace, workspace.at, workspace.sourceEnd);
  return workspace.finish(workspace.source);
}

/**
 * Appends to the output up to `limit`. The block may yield `beyond` bytes more than that. Returns Status.Decoded at the block's end,
 * Status.Paused at the limit, both with `at` behind the input that was read, or a failure.
 */
export function decodeSequences(
  workspace: Workspace,
  sourceEnd: usize,
  history: usize,
  limit: usize,
  beyond: u32,
  blockEnd: BlockEnd,
): Status {
  let phase = workspace.phase;
  let sequence = workspace.sequence;
  let matchNibble = workspace.matchNibble;
  let left = <usize>workspace.left;
  let offset = <usize>workspace.offset;
  let input = workspace.at;
  let output = workspace.output;

  while (true) {
    if (phase === Phase.Token) {
      if (input === sourceEnd) return failure(workspace, Status.Truncated, input);
      sequence = input;
      const token = <u32>load<u8>(input++);
      const literalNibble = token >> 4;
      matchNibble = token & EXTENDED;
      if (literalNibble !== EXTENDED && sourceEnd - input >= SHORT_SEQUENCE_INPUT && limit - output >= SHORT_SEQUENCE_OUTPUT) {
        // Neither the input nor the output can end with these literals.
        v128.store(output, v128.load(input));
        input += literalNibble;
        output += literalNibble;
        offset = <usize>load<u16>(input);
        if (matchNibble !== EXTENDED && offset >= 16 && offset <= output - history) {
          const from = output - offset;
          v128.store(output, v128.load(from));
          store<u16>(output, load<u16>(from, 16), 16);
          input += 2;
          output += matchNibble + MINIMUM_MATCH;
          continue;
        }
        phase = Phase.MatchHead;
      } else {
        left = literalNibble;
        const allowed = limit - output + beyond;
        if (literalNibble === EXTENDED) {
          let more: u32;
          do {
            if (input === sourceEnd) return failure(workspace, Status.Truncated, input);
            more = load<u8>(input++);
            left += more;
            if (left > allowed) return failure(workspace, Status.Exceeds, sequence);
          } while (more === 255);
        } else if (left > allowed) {
          return failure(workspace, Status.Exceeds, sequence);
        }
        if (left > sourceEnd - input) return failure(workspace, Status.Truncated, sourceEnd);
        phase = Phase.Literals;
      }
    }

    if (phase === Phase.Literals) {
      const length = min(left, limit - output);
      const inputIsWide = sourceEnd - input - length >= OVERSHOOT;
      const outputIsWide = limit - output - length >= OVERSHOOT;
      if (inputIsWide && outputIsWide && length < SHORT_COPY) copyWide(output, input, length);
      else memory.copy(output, input, length);
      input += length;
      output += length;
      left -= length;
      if (left !== 0) break;
      const isFull = output === limit && beyond === 0;
      if (blockEnd === BlockEnd.AtOutputLimit ? isFull : input === sourceEnd) {
        workspace.at = input;
        workspace.advance(output);
        return Status.Decoded;
      }
      if (input === sourceEnd) return failure(workspace, Status.SizeMismatch, input);
      phase = Phase.MatchHead;
    }

    if (phase === Phase.MatchHead) {
      if (sourceEnd - input < 2) return failure(workspace, Status.Truncated, sourceEnd);
      offset = <usize>load<u16>(input);
      if (offset === 0 || offset > output - history) return failure(workspace, Status.Malformed, input);
      input += 2;
      left = <usize>(matchNibble + MINIMUM_MATCH);
      const allowed = limit - output + beyond;
      if (matchNibble === EXTENDED) {
        let more: u32;
        do {
          if (input === sourceEnd) return failure(workspace, Status.Truncated, input);
          more = load<u8>(input++);
          left += more;
          if (left > allowed) return failure(workspace, Status.Exceeds, sequence);
        } while (more === 255);
      }
      if (left > allowed) return failure(workspace, Status.Exceeds, sequence);
      phase = Phase.Match;
    }

    const room = limit - output;
    const length = min(left, room);
    if (length !== 0) {
      if (room - length >= OVERSHOOT) copyMatchWide(output, offset, length);
      else copyMatchAtEnd(output, offset, length);
      output += length;
      left -= length;
    }
    if (left !== 0) break;
    phase = Phase.Token;
  }

  workspace.phase = phase;
  workspace.sequence = sequence;
  workspace.matchNibble = matchNibble;
  workspace.left = <u32>left;
  workspace.offset = <u32>offset;
  workspace.at = input;
  workspace.advance(output);
  return Status.Paused;
}

function failure(workspace: Workspace, status: Status, at: usize): Status {
  workspace.fail(status, at);
  return status;
}
