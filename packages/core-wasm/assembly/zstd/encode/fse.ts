/**
 * Finite State Entropy tables for encoding: fitting a distribution to counts, its description and its cost, the encoding table, and steps of a
 * state.
 *
 * Layout of a table: u16 cells[512], then u64 steps[64] by symbol. A state is 1 << log plus the index of a cell of the decoding table. To encode
 * a symbol, the lowest (state + low half of its step) >> 16 bits of the state are written. The remaining bits plus the high half of the step
 * are the index of the cell that holds the next state.
 * Source: RFC 8878, section 4.1.1.
 */
import { appendBits } from "../bits";
import { LESS_THAN_ONE, MINIMUM_ACCURACY_LOG, spreadSymbols } from "../fse";
import { CELL_SYMBOLS_OFFSET, FrameEncoder, NEXT_CELLS_OFFSET } from "./workspace";

const STEPS_OFFSET: usize = 1024;
/** Costs are in units of 1 / 256 bit. */
const COST_SHIFT: u32 = 8;

/** The accuracy log for `total` occurrences of `symbolCount` symbols: at most as fine as the counts, at least with a cell for each symbol. */
export function accuracyLogFor(total: u32, symbolCount: u32, most: u32): u32 {
  const supported: i32 = 29 - <i32>clz<u32>(total - 1);
  const needed: i32 = 32 - <i32>clz<u32>(symbolCount - 1);
  return <u32>min<i32>(<i32>most, max<i32>(max<i32>(supported, needed), <i32>MINIMUM_ACCURACY_LOG));
}

/**
 * Scales u32 `counts` to i16 numbers of cells that add up to 1 << log. `total` is the sum of the counts, of which at least two are not 0. A
 * symbol that occurs gets at least one cell.
 */
export function normalise(counts: usize, symbolCount: u32, total: u32, log: u32, normalised: usize): void {
  let left: i32 = 1 << log;
  for (let symbol: u32 = 0; symbol < symbolCount; symbol++) {
    const count = load<u32>(counts + (symbol << 2));
    let cells: i32 = 0;
    if (count !== 0) cells = max<i32>(1, <i32>(((<u64>count << (log + 1)) / total + 1) >> 1));
    store<i16>(normalised + (symbol << 1), <i16>cells);
    left -= cells;
  }
  // Cells left over by rounding go to the symbols that gain most by them. Cells given out twice are taken where they are missed least.
  while (left !== 0) {
    const change: i32 = left > 0 ? 1 : -1;
    let best: f32 = -1;
    let bestSymbol: usize = 0;
    for (let symbol: u32 = 0; symbol < symbolCount; symbol++) {
      const cells = <i32>load<i16>(normalised + (symbol << 1));
      if (cells === 0 || cells + change === 0) continue;
      const count = <f32>load<u32>(counts + (symbol << 2));
      const between = <f32>(cells + cells + change);
      const benefit = change > 0 ? count / between : between / count;
      if (benefit > best) {
        best = benefit;
        bestSymbol = symbol;
      }
    }
    const cells = normalised + (bestSymbol << 1);
    store<i16>(cells, <i16>(load<i16>(cells) + change));
    left -= change;
  }
}

/** Writes the description of the distribution to zeroed bytes at `output`. Returns its bytes. */
export function describeDistribution(normalised: usize, log: u32, output: usize): usize {
  let bit = appendBits(output, 0, log - MINIMUM_ACCURACY_LOG, 4);
  // Cells that have no symbol yet, plus one. Each count has as few bits as this number allows.
  let remaining: i32 = (1 << log) + 1;
  let threshold: i32 = 1 << log;
  let countBits: u32 = log + 1;
  let symbol = normalised;
  while (remaining > 1) {
    const cells = <i32>load<i16>(symbol);
    symbol += 2;
    const shorter = 2 * threshold - 1 - remaining;
    let value = cells + 1;
    if (value < shorter) {
      bit = appendBits(output, bit, value, countBits - 1);
    } else {
      if (value >= threshold) value += shorter;
      bit = appendBits(output, bit, value, countBits);
    }
    remaining -= abs<i32>(cells);
    while (remaining < threshold) {
      countBits--;
      threshold >>= 1;
    }
    if (cells === 0) {
      let run: u32;
      do {
        run = 0;
        for (; run < 3 && load<i16>(symbol) === 0; symbol += 2) run++;
        bit = appendBits(output, bit, run, 2);
      } while (run === 3);
    }
  }
  return (bit + 7) >> 3;
}

/** Bits that the symbols of `counts` take with this distribution, u32.MAX_VALUE if it has no cell for one of them. */
export function costInBits(counts: usize, symbolCount: u32, normalised: usize, knownSymbols: u32, log: u32): u32 {
  let cost: u64 = 0;
  for (let symbol: u32 = 0; symbol < symbolCount; symbol++) {
    const count = load<u32>(counts + (symbol << 2));
    if (count === 0) continue;
    const cells = symbol < knownSymbols ? abs<i32>(<i32>load<i16>(normalised + (symbol << 1))) : 0;
    if (cells === 0) return u32.MAX_VALUE;
    cost += <u64>count * ((log << COST_SHIFT) - log2(cells));
  }
  return <u32>(cost >> COST_SHIFT);
}

/** log2 of a number from 1 to 512 in units of 1 / 256, with an error of at most 3 units. */
function log2(value: u32): u32 {
  const whole: u32 = 31 - clz<u32>(value);
  const fraction = ((value << COST_SHIFT) >> whole) - 256;
  // log2(1 + x) is about x + 0.344 x (1 - x).
  return (whole << COST_SHIFT) + fraction + ((fraction * (256 - fraction) * 88) >> 16);
}

/** Builds the encoding table of a distribution. */
export function buildEncodingTable(encoder: FrameEncoder, table: usize, normalised: usize, symbolCount: u32, log: u32): void {
  const cellSymbols = encoder.at(CELL_SYMBOLS_OFFSET);
  const nextCells = encoder.at(NEXT_CELLS_OFFSET);
  const size: u32 = 1 << log;
  let lastFree = size - 1;
  let firstCell: u32 = 0;
  for (let symbol: u32 = 0; symbol < symbolCount; symbol++) {
    const normalisedCount = <i32>load<i16>(normalised + (symbol << 1));
    if (normalisedCount === LESS_THAN_ONE) {
      store<u8>(cellSymbols + lastFree, <u8>symbol);
      lastFree--;
    }
    const cells = <u32>abs<i32>(normalisedCount);
    store<u16>(nextCells + (symbol << 1), <u16>firstCell);
    storeStep(table, symbol, cells, firstCell, log);
    firstCell += cells;
  }

  spreadSymbols(cellSymbols, size, lastFree, normalised, symbolCount);
  for (let cell: u32 = 0; cell < size; cell++) {
    const nextCell = nextCells + ((<usize>load<u8>(cellSymbols + cell)) << 1);
    const index = <usize>load<u16>(nextCell);
    store<u16>(nextCell, <u16>(index + 1));
    store<u16>(table + (index << 1), <u16>(size + cell));
  }
}

/** Builds a table for a single symbol: the state has no bits and never changes. */
export function buildSingleSymbolTable(table: usize, symbol: u32): void {
  store<u16>(table, 0);
  store<u64>(table + STEPS_OFFSET + (symbol << 3), 0);
}

function storeStep(table: usize, symbol: u32, cells: u32, firstCell: u32, log: u32): void {
  // States below cells << mostBits write one bit less. For a single cell, every state writes all its bits.
  const mostBits: u32 = cells <= 1 ? log : log - (31 - clz<u32>(cells - 1));
  const bits = (mostBits << 16) - (cells << mostBits);
  store<u32>(table + STEPS_OFFSET + (symbol << 3), bits);
  store<i32>(table + STEPS_OFFSET + (symbol << 3), <i32>firstCell - <i32>cells, 4);
}

/** The step of a state when `symbol` is encoded. */
@inline
export function stepOf(table: usize, symbol: usize): u64 {
  return load<u64>(table + STEPS_OFFSET + (symbol << 3));
}

@inline
export function stepBits(state: u32, step: u64): u32 {
  return (state + <u32>step) >> 16;
}

@inline
export function nextState(table: usize, state: u32, bits: u32, step: u64): u32 {
  return load<u16>(table + (((state >> bits) + <u32>(step >> 32)) << 1));
}

/** The state after the symbol that is encoded first, the last one of the stream: its first cell. */
@inline
export function firstState(table: usize, symbol: usize): u32 {
  const step = stepOf(table, symbol);
  const mostBits = (<u32>step + 0xffff) >> 16;
  const lowest = (mostBits << 16) - <u32>step;
  return load<u16>(table + (((lowest >> mostBits) + <u32>(step >> 32)) << 1));
}
