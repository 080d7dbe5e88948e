/**
 * Finite State Entropy tables: reading a distribution and building its decoding table.
 *
 * Layout of a cell, u64: bits 0-7 the number of the symbol's extra bits, 8-15 the number of bits to add to the next state, 16-31 the base of
 * the next state, 32-63 the symbol's base value. Bits 6, 7, 14 and 15 are 0, so that a shift by a cell is a shift by its extra bits, and a
 * shift by a cell >> 8 is a shift by its state bits. A state is the index of a cell, counted from the workspace's start: it determines the
 * table as well. The counts of the current distribution lie in the workspace.
 * Source: RFC 8878, section 4.1.1.
 */
import { Status } from "../codec/report";
import { CELL_SYMBOLS_OFFSET, COUNTS_OFFSET, NEXT_STATES_OFFSET, Workspace } from "./workspace";

export const MINIMUM_ACCURACY_LOG: u32 = 5;
/** The count of a symbol that is rarer than one cell. The symbol gets a single cell at the end of the table. */
export const LESS_THAN_ONE: i32 = -1;

/** The description of a symbol: the fields of its cells that do not depend on the state. */
@inline
export function describe(base: u32, extraBits: u32): u64 {
  return ((<u64>base) << 32) | (<u64>extraBits);
}

@inline
export function baseOf(cell: u64): u32 {
  return <u32>(cell >> 32);
}

@inline
export function extraBitsOf(cell: u64): u32 {
  return <u32>cell & 0xff;
}

@inline
export function nextStateOf(cell: u64): u32 {
  return <u32>cell >> 16;
}

@inline
export function stateBitsOf(cell: u64): u32 {
  return (<u32>cell >> 8) & 0xff;
}

/** The state whose cell lies at `address` in the workspace. */
@inline
export function stateAt(workspace: Workspace, address: usize): u32 {
  return <u32>(address - changetype<usize>(workspace)) >> 3;
}

@inline
export function cellOf(workspace: Workspace, state: u32): u64 {
  return load<u64>(changetype<usize>(workspace) + ((<usize>state) << 3));
}

/** The cell of the symbol with this description. The next state is `nextState` plus the next `stateBits` bits. */
@inline
export function cell(description: u64, nextState: u32, stateBits: u32): u64 {
  return description | ((<u64>nextState) << 16) | ((<u64>stateBits) << 8);
}

/** Reads a distribution at `at` into the workspace. Returns the address behind it. */
export function readDistribution(
  workspace: Workspace,
  at: usize,
  end: usize,
  maximumLog: u32,
  maximumSymbol: u32,
): usize {
  if (at >= end) return workspace.fail(Status.Malformed, at);
  const counts = workspace.part(COUNTS_OFFSET);
  const totalBits = (end - at) << 3;
  const accuracyLog = (<u32>load<u8>(at) & 15) + MINIMUM_ACCURACY_LOG;
  if (accuracyLog > maximumLog) return workspace.fail(Status.Malformed, at);

  let bit: usize = 4;
  let symbol: u32 = 0;
  // Cells that have no symbol yet, plus one. Each count has as few bits as this number allows.
  let remaining: i32 = (1 << accuracyLog) + 1;
  let threshold: i32 = 1 << accuracyLog;
  let countBits: u32 = accuracyLog + 1;
  while (remaining > 1) {
    if (symbol > maximumSymbol) return workspace.fail(Status.Malformed, at);
    const shorter = 2 * threshold - 1 - remaining;
    const field = <i32>peekForward(at, end, bit);
    let value = field & (threshold - 1);
    if (value < shorter) {
      bit += countBits - 1;
    } else {
      value = field & (2 * threshold - 1);
      if (value >= threshold) value -= shorter;
      bit += countBits;
    }
    if (bit > totalBits) return workspace.fail(Status.Malformed, at);
    const count = value - 1;
    store<i16>(counts + (symbol << 1), <i16>count);
    symbol++;
    remaining -= count === LESS_THAN_ONE ? 1 : count;
    if (remaining < 1) return workspace.fail(Status.Malformed, at);
    while (remaining < threshold) {
      countBits--;
      threshold >>= 1;
    }
    if (count === 0) {
      // Further zeros follow as run lengths of 2 bits. A length of 3 is followed by another length.
      let run: u32;
      do {
        if (bit + 2 > totalBits) return workspace.fail(Status.Malformed, at);
        run = peekForward(at, end, bit) & 3;
        bit += 2;
        if (symbol + run > maximumSymbol) return workspace.fail(Status.Malformed, at);
        for (let i: u32 = 0; i < run; i++) store<i16>(counts + ((symbol + i) << 1), 0);
        symbol += run;
      } while (run === 3);
    }
  }
  workspace.accuracyLog = accuracyLog;
  workspace.symbolCount = symbol;
  return at + ((bit + 7) >> 3);
}

/** At least 17 bits from bit offset `bit` on. Bits behind the end are zero. */
function peekForward(from: usize, end: usize, bit: usize): u32 {
  const at = from + (bit >> 3);
  let value: u32 = 0;
  if (at < end && end - at >= 4) {
    value = load<u32>(at);
  } else {
    for (let i: usize = 0; at + i < end; i++) value |= <u32>load<u8>(at + i) << <u32>(i << 3);
  }
  return value >> <u32>(bit & 7);
}

/**
 * Writes the symbol of each of the first `lastFree` + 1 cells of a table of `size` cells. Symbols with a count of LESS_THAN_ONE have the cells
 * behind them already. The counts, i16, add up to the number of cells, so that the walk visits each remaining cell once.
 */
@inline
export function spreadSymbols(cellSymbols: usize, size: u32, lastFree: u32, counts: usize, symbolCount: u32): void {
  const stride = (size >> 1) + (size >> 3) + 3;
  const mask = size - 1;
  let position: u32 = 0;
  for (let symbol: u32 = 0; symbol < symbolCount; symbol++) {
    const count = <i32>load<i16>(counts + (symbol << 1));
    for (let i = 0; i < count; i++) {
      store<u8>(cellSymbols + position, <u8>symbol);
      do position = (position + stride) & mask;
      while (position > lastFree);
    }
  }
}

/** Builds the table of the current distribution at `table`; `descriptions` holds a u64 for each of its symbols. */
export function buildTable(workspace: Workspace, table: usize, descriptions: usize): void {
  const counts = workspace.part(COUNTS_OFFSET);
  const nextStates = workspace.part(NEXT_STATES_OFFSET);
  const cellSymbols = workspace.part(CELL_SYMBOLS_OFFSET);
  const symbolCount = workspace.symbolCount;
  const accuracyLog = workspace.accuracyLog;
  const size: u32 = 1 << accuracyLog;

  let lastFree = size - 1;
  for (let symbol: u32 = 0; symbol < symbolCount; symbol++) {
    const count = <i32>load<i16>(counts + (symbol << 1));
    if (count === LESS_THAN_ONE) {
      store<u8>(cellSymbols + lastFree, <u8>symbol);
      lastFree--;
    }
    store<u16>(nextStates + (symbol << 1), <u16>(count === LESS_THAN_ONE ? 1 : count));
  }

  spreadSymbols(cellSymbols, size, lastFree, counts, symbolCount);
  const firstState = stateAt(workspace, table);
  for (let index: u32 = 0; index < size; index++) {
    const symbol = <u32>load<u8>(cellSymbols + index);
    const nextState = nextStates + (symbol << 1);
    const state = <u32>load<u16>(nextState);
    store<u16>(nextState, <u16>(state + 1));
    const stateBits = accuracyLog - (31 - clz<u32>(state));
    const base = firstState + (state << stateBits) - size;
    const description = load<u64>(descriptions + (symbol << 3));
    store<u64>(table + (index << 3), cell(description, base, stateBits));
  }
}
