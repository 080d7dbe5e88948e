/**
 * The codes of sequences and the tables for them (RFC 8878, sections 3.1.1.3.2.1 and 3.1.1.3.2.2): what values have which code,
 * and which kind of table takes the fewest bits for the codes of a block.
 */
import { baseOf } from "../fse";
import {
  Code,
  describeLiteralsLengths,
  describeMatchLengths,
  Mode,
  predefinedLiteralsLengths,
  predefinedMatchLengths,
  predefinedOffsets,
} from "../sequence-codes";
import {
  accuracyLogFor,
  buildEncodingTable,
  buildSingleSymbolTable,
  costInBits,
  describeDistribution,
  normalise,
} from "./fse";
import { CODES, Segment } from "./segment";
import {
  DESCRIPTIONS_OFFSET,
  DESCRIPTIONS_SLOT,
  FrameEncoder,
  FSE_TABLE_SLOT,
  FSE_TABLES_OFFSET,
  LITERALS_LENGTH_CODES_OFFSET,
  MATCH_LENGTH_CODES_OFFSET,
  NORMALISED_OFFSET,
  PREDEFINED_OFFSET,
  PREDEFINED_SLOT,
  SEQUENCE_TABLES_OFFSET,
  STORED_TABLE_BYTES,
  STORED_TABLE_OFFSET,
} from "./workspace";

/** Shorter lengths are looked up; codes of longer ones follow their highest bit. */
const LITERALS_LENGTHS: u32 = 64;
const MATCH_LENGTHS: u32 = 128;
const MATCH_LENGTH_BASE: u32 = 3;

/** The table in use for one code. */
@unmanaged
export class SequenceTable {
  fseTable: usize;
  /** Bits of a state. */
  log: u32;
  mode: Mode;

  /** The code's limits and predefined distribution. */
  mostLog: u32;
  predefinedLog: u32;
  predefinedCodes: u32;
}

export function sequenceTable(encoder: FrameEncoder, code: Code): SequenceTable {
  return changetype<SequenceTable>(encoder.at(SEQUENCE_TABLES_OFFSET) + <usize>code * offsetof<SequenceTable>());
}

/** Writes everything that does not change from block to block. */
export function setUpSequenceCodes(encoder: FrameEncoder): void {
  const descriptions = encoder.at(DESCRIPTIONS_OFFSET);
  describeLiteralsLengths(descriptions);
  fillCodes(encoder.at(LITERALS_LENGTH_CODES_OFFSET), LITERALS_LENGTHS, descriptions, 0);
  describeMatchLengths(descriptions + DESCRIPTIONS_SLOT);
  fillCodes(encoder.at(MATCH_LENGTH_CODES_OFFSET), MATCH_LENGTHS, descriptions + DESCRIPTIONS_SLOT, MATCH_LENGTH_BASE);

  const predefined = encoder.at(PREDEFINED_OFFSET);
  setUp(encoder, Code.LiteralsLength, predefinedLiteralsLengths(predefined), 9, 6);
  setUp(encoder, Code.Offset, predefinedOffsets(predefined + PREDEFINED_SLOT), 8, 5);
  setUp(encoder, Code.MatchLength, predefinedMatchLengths(predefined + 2 * PREDEFINED_SLOT), 9, 6);
}

/** The code of each value below `values`, less `base`. */
function fillCodes(codes: usize, values: u32, descriptions: usize, base: u32): void {
  let code: u32 = 0;
  for (let value: u32 = 0; value < values; value++) {
    while (baseOf(load<u64>(descriptions + ((code + 1) << 3))) <= value + base) code++;
    store<u8>(codes + value, <u8>code);
  }
}

function setUp(encoder: FrameEncoder, code: Code, predefinedEnd: usize, mostLog: u32, predefinedLog: u32): void {
  const table = sequenceTable(encoder, code);
  const predefined = predefinedOf(encoder, code);
  table.mostLog = mostLog;
  table.predefinedLog = predefinedLog;
  table.predefinedCodes = <u32>(predefinedEnd - predefined) >> 1;
  buildEncodingTable(encoder, fseTableOf(encoder, code), predefined, table.predefinedCodes, predefinedLog);
}

@inline
function predefinedOf(encoder: FrameEncoder, code: Code): usize {
  return encoder.at(PREDEFINED_OFFSET) + <usize>code * PREDEFINED_SLOT;
}

/** The predefined table of a code; the one after it is for fitted distributions. */
@inline
function fseTableOf(encoder: FrameEncoder, code: Code): usize {
  return encoder.at(FSE_TABLES_OFFSET) + 2 * <usize>code * FSE_TABLE_SLOT;
}

@inline
export function codeOfLiteralsLength(codes: usize, length: u32): u32 {
  return length < LITERALS_LENGTHS ? <u32>load<u8>(codes + length) : 50 - clz<u32>(length);
}

/** `length`: of the match, less 3. */
@inline
export function codeOfMatchLength(codes: usize, length: u32): u32 {
  return length < MATCH_LENGTHS ? <u32>load<u8>(codes + length) : 67 - clz<u32>(length);
}

/** Extra bits of a code by its descriptions. */
@inline
export function extraBitsOf(descriptions: usize, code: u32): u64 {
  return load<u8>(descriptions + (code << 3));
}

/**
 * Puts the cheapest table for the codes of a segment in use, and writes its description, if it has one. Returns the
 * address after that; 0 if there is no room.
 */
export function chooseTable(encoder: FrameEncoder, segment: Segment, code: Code, output: usize, limit: usize): usize {
  const table = sequenceTable(encoder, code);
  const total = segment.sequenceCount;
  const counts = segment.codeCounts(code);
  const own = fseTableOf(encoder, code) + FSE_TABLE_SLOT;
  let codes = CODES;
  while (load<u32>(counts + ((codes - 1) << 2)) === 0) codes--;
  const predefinedCost = costInBits(counts, codes, predefinedOf(encoder, code), table.predefinedCodes, table.predefinedLog);

  if (load<u32>(counts + ((codes - 1) << 2)) === total) {
    if (predefinedCost > 8) {
      if (output >= limit) return 0;
      store<u8>(output, <u8>(codes - 1));
      buildSingleSymbolTable(own, codes - 1);
      table.fseTable = own;
      table.log = 0;
      table.mode = Mode.SingleCode;
      return output + 1;
    }
  } else {
    const log = accuracyLogFor(total, codes, table.mostLog);
    const normalised = encoder.at(NORMALISED_OFFSET);
    const description = encoder.at(STORED_TABLE_OFFSET);
    normalise(counts, codes, total, log, normalised);
    memory.fill(description, 0, STORED_TABLE_BYTES);
    const descriptionBytes = describeDistribution(normalised, log, description);
    const cost = costInBits(counts, codes, normalised, codes, log);
    if (cost + <u32>(descriptionBytes << 3) < predefinedCost) {
      if (limit - output < descriptionBytes) return 0;
      memory.copy(output, description, descriptionBytes);
      buildEncodingTable(encoder, own, normalised, codes, log);
      table.fseTable = own;
      table.log = log;
      table.mode = Mode.Described;
      return output + descriptionBytes;
    }
  }
  table.fseTable = fseTableOf(encoder, code);
  table.log = table.predefinedLog;
  table.mode = Mode.Predefined;
  return output;
}
