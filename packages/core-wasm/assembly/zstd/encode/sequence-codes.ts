/**
 * The codes of sequences and their tables, for encoding: the code of each value, and the kind of table that takes the fewest bits for the codes
 * of a block.
 *
 * Layout: workspace.ts.
 * Source: RFC 8878, sections 3.1.1.3.2.1 and 3.1.1.3.2.2.
 */
import { baseOf } from "../fse";
import {
  Code,
  describeLiteralsLengths,
  describeMatchLengths,
  maximumLogOf,
  Mode,
  predefinedLogOf,
  writePredefinedCounts,
} from "../sequence-codes";
import {
  accuracyLogFor,
  buildEncodingTable,
  buildSingleSymbolTable,
  costInBits,
  describeDistribution,
  normalise,
} from "./fse";
import { MINIMUM_MATCH_LENGTH } from "./matches";
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

/** The code of a length below these is looked up; the code of a longer one follows from its highest bit. */
const LITERALS_LENGTHS: u32 = 64;
const MATCH_LENGTHS: u32 = 128;

/** The table in use for one code. */
@unmanaged
export class SequenceTable {
  fseTable: usize;
  /** Bits of a state. */
  log: u32;
  mode: Mode;

  /** Symbols of the predefined distribution. */
  predefinedCodes: u32;
}

export function sequenceTable(encoder: FrameEncoder, code: Code): SequenceTable {
  return changetype<SequenceTable>(encoder.at(SEQUENCE_TABLES_OFFSET) + <usize>code * offsetof<SequenceTable>());
}

/** Writes the descriptions, look-up tables and predefined tables, which do not change from block to block. */
export function setUpSequenceCodes(encoder: FrameEncoder): void {
  const descriptions = encoder.at(DESCRIPTIONS_OFFSET);
  describeLiteralsLengths(descriptions);
  fillCodes(encoder.at(LITERALS_LENGTH_CODES_OFFSET), LITERALS_LENGTHS, descriptions, 0);
  describeMatchLengths(descriptions + DESCRIPTIONS_SLOT);
  fillCodes(encoder.at(MATCH_LENGTH_CODES_OFFSET), MATCH_LENGTHS, descriptions + DESCRIPTIONS_SLOT, MINIMUM_MATCH_LENGTH);

  buildPredefined(encoder, Code.LiteralsLength);
  buildPredefined(encoder, Code.Offset);
  buildPredefined(encoder, Code.MatchLength);
}

/** Writes the code of each of the first `values` values, the first of which is `base`. */
function fillCodes(codes: usize, values: u32, descriptions: usize, base: u32): void {
  let code: u32 = 0;
  for (let value: u32 = 0; value < values; value++) {
    while (baseOf(load<u64>(descriptions + ((code + 1) << 3))) <= value + base) code++;
    store<u8>(codes + value, <u8>code);
  }
}

function buildPredefined(encoder: FrameEncoder, code: Code): void {
  const predefined = predefinedOf(encoder, code);
  const codes = writePredefinedCounts(code, predefined);
  sequenceTable(encoder, code).predefinedCodes = codes;
  buildEncodingTable(encoder, fseTableOf(encoder, code), predefined, codes, predefinedLogOf(code));
}

@inline
function predefinedOf(encoder: FrameEncoder, code: Code): usize {
  return encoder.at(PREDEFINED_OFFSET) + <usize>code * PREDEFINED_SLOT;
}

/** The predefined table of a code. The table behind it is for fitted distributions. */
@inline
function fseTableOf(encoder: FrameEncoder, code: Code): usize {
  return encoder.at(FSE_TABLES_OFFSET) + 2 * <usize>code * FSE_TABLE_SLOT;
}

@inline
export function codeOfLiteralsLength(codes: usize, length: u32): u32 {
  return length < LITERALS_LENGTHS ? <u32>load<u8>(codes + length) : 50 - clz<u32>(length);
}

/** `length`: length of the match, less MINIMUM_MATCH_LENGTH. */
@inline
export function codeOfMatchLength(codes: usize, length: u32): u32 {
  return length < MATCH_LENGTHS ? <u32>load<u8>(codes + length) : 67 - clz<u32>(length);
}

/** Number of extra bits of a code. */
@inline
export function extraBitsOf(descriptions: usize, code: u32): u64 {
  return load<u8>(descriptions + (code << 3));
}

/**
 * Selects the table that takes the fewest bits for the codes of a segment, and writes its description if it has one. Returns the address
 * behind the description, 0 if there is no room.
 */
export function chooseTable(encoder: FrameEncoder, segment: Segment, code: Code, output: usize, limit: usize): usize {
  const table = sequenceTable(encoder, code);
  const total = segment.sequenceCount;
  const counts = segment.codeCounts(code);
  const own = fseTableOf(encoder, code) + FSE_TABLE_SLOT;
  let codes = CODES;
  while (load<u32>(counts + ((codes - 1) << 2)) === 0) codes--;
  const predefinedCost = costInBits(counts, codes, predefinedOf(encoder, code), table.predefinedCodes, predefinedLogOf(code));

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
    const log = accuracyLogFor(total, codes, maximumLogOf(code));
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
  table.log = predefinedLogOf(code);
  table.mode = Mode.Predefined;
  return output;
}
