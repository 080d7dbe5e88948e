/**
 * The loop over the sequences of a block: decodes sequences, and executes those that stay far from all limits. It returns when it has decoded
 * another one, which the caller executes.
 *
 * The loop calls no function, so that engines keep its variables in registers. A sequence has at most 63 extra bits and 26 bits for the next
 * states. Most have far fewer, so that one window holds all of them.
 * Layout: workspace.ts; fse.ts for the cells of the tables.
 * Invariants: as in sequences.ts. States stay in their tables even when a damaged stream runs out of bits.
 * Source: RFC 8878, sections 3.1.1.4 and 3.1.1.5.
 */
import { copyMatchByVectors, copyWide, OVERSHOOT } from "../codec/copy";
import { highest, WINDOW_BITS, windowAt } from "./bits";
import { baseOf, cellOf, extraBitsOf, nextStateOf, stateBitsOf } from "./fse";
import { Workspace } from "./workspace";

const MOST_STATE_BITS: u32 = 26;

/** Returns true if a decoded sequence is left to be executed. Otherwise all are executed, or `bits` is negative. */
export function runSequences(workspace: Workspace): bool {
  const stream = workspace.stream;
  let bits = workspace.bits;
  let sequencesLeft = workspace.sequencesLeft;
  let literalsState = workspace.literalsState;
  let offsetState = workspace.offsetState;
  let matchState = workspace.matchState;
  let offset1 = workspace.offset1;
  let offset2 = workspace.offset2;
  let offset3 = workspace.offset3;
  let literals = workspace.literals;
  let literalsLeft = <i32>workspace.literalsLength;
  let output = workspace.sequencesOutput;
  let room = <i32>(workspace.limit - output) - <i32>OVERSHOOT;
  const nearby = nearbyOffsets(workspace, output);
  let literalsLength: u32;
  let matchLength: u32;
  let isLeft = false;

  while (true) {
    const literalsCell = cellOf(workspace, literalsState);
    const offsetCell = cellOf(workspace, offsetState);
    const matchCell = cellOf(workspace, matchState);
    // The fields of cells are small enough for their sums: none overflows into the next field.
    const lengthCells = literalsCell + matchCell;
    const cells = lengthCells + offsetCell;
    const extraBits = extraBitsOf(cells);

    let window = windowAt(stream, bits);
    let stateWindow = window << cells;
    bits -= <i64>extraBits;
    const offsetValue = baseOf(offsetCell) + highest(window, offsetCell);
    window <<= offsetCell;
    if (extraBits > WINDOW_BITS - MOST_STATE_BITS) {
      if (bits < 0) break;
      window = windowAt(stream, bits + <i64>extraBitsOf(lengthCells));
      stateWindow = windowAt(stream, bits);
    }
    matchLength = baseOf(matchCell);
    literalsLength = baseOf(literalsCell);
    if (extraBitsOf(lengthCells) !== 0) {
      matchLength += highest(window, matchCell);
      window <<= matchCell;
      literalsLength += highest(window, literalsCell);
    }

    sequencesLeft--;
    if (sequencesLeft !== 0) {
      bits -= <i64>stateBitsOf(cells);
      if (bits < 0) break;
      literalsState = nextStateOf(literalsCell) + highest(stateWindow, literalsCell >> 8);
      stateWindow <<= literalsCell >> 8;
      matchState = nextStateOf(matchCell) + highest(stateWindow, matchCell >> 8);
      stateWindow <<= matchCell >> 8;
      offsetState = nextStateOf(offsetCell) + highest(stateWindow, offsetCell >> 8);
    } else if (bits < 0) {
      break;
    }

    // Values up to 3 stand for one of the last three offsets: the next one of them where no literals come before the match.
    if (offsetValue > 3) {
      offset3 = offset2;
      offset2 = offset1;
      offset1 = offsetValue - 3;
    } else {
      const choice = offsetValue + (literalsLength === 0 ? 1 : 0);
      if (choice !== 1) {
        let offset: u32;
        if (choice === 2) {
          offset = offset2;
        } else {
          offset = choice === 3 ? offset3 : offset1 - 1;
          offset3 = offset2;
        }
        offset2 = offset1;
        offset1 = offset;
      }
    }

    isLeft = true;
    const literalsAfter = literalsLeft - <i32>literalsLength;
    const roomAfter = room - <i32>(literalsLength + matchLength);
    if ((literalsAfter | roomAfter) < 0) break;
    if (offset1 - 1 >= nearby) break;
    isLeft = false;
    literalsLeft = literalsAfter;
    room = roomAfter;
    copyWide(output, literals, literalsLength);
    output += literalsLength;
    literals += literalsLength;
    copyMatchByVectors(output, offset1, matchLength);
    output += matchLength;
    if (sequencesLeft === 0) break;
  }

  workspace.bits = bits;
  workspace.sequencesLeft = sequencesLeft;
  workspace.literalsState = literalsState;
  workspace.offsetState = offsetState;
  workspace.matchState = matchState;
  workspace.offset1 = offset1;
  workspace.offset2 = offset2;
  workspace.offset3 = offset3;
  workspace.literals = literals;
  workspace.literalsLength = <u32>literalsLeft;
  workspace.sequencesOutput = output;
  workspace.literalsRun = literalsLength;
  workspace.matchLength = matchLength;
  return isLeft;
}

/**
 * The largest offset that stays in the window and in the frame's output, from `output` on. Kept in memory, because engines would compute it
 * anew in every iteration.
 */
@inline
function nearbyOffsets(workspace: Workspace, output: usize): u32 {
  workspace.nearby = min<u32>(workspace.windowSize, <u32>(output - workspace.history));
  return workspace.nearby;
}
