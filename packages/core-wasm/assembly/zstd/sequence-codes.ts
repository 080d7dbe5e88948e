/**
 * The three codes of a sequence and their FSE tables: the range of values of each code, its predefined distribution, and the table in use.
 *
 * The tables of the RFC are computed here by their rules: codes cover consecutive ranges, each as long as its extra bits can count, and the
 * distributions are short runs of equal counts.
 * Layout: workspace.ts.
 * Source: RFC 8878, sections 3.1.1.3.2.1 and 3.1.1.3.2.2.
 */
import { Status } from "../codec/report";
import { buildTable, cell, describe, readDistribution, stateAt } from "./fse";
import {
  CODES_OFFSET,
  COUNTS_OFFSET,
  DESCRIPTIONS_OFFSET,
  DESCRIPTIONS_SLOT,
  PREDEFINED_OFFSET,
  PREDEFINED_SLOT,
  TABLES_OFFSET,
  TABLES_SLOT,
  Workspace,
} from "./workspace";

export const enum Code {
  LiteralsLength,
  Offset,
  MatchLength,
}

export const enum Mode {
  Predefined,
  SingleCode,
  Described,
  Repeat,
}

const LARGEST_LITERALS_LENGTH_CODE: u32 = 35;
const LARGEST_OFFSET_CODE: u32 = 31;
const LARGEST_MATCH_LENGTH_CODE: u32 = 52;
const CELL_BYTES: u32 = 8;

/** The largest accuracy log of a described table. */
export function maximumLogOf(code: Code): u32 {
  return code === Code.Offset ? 8 : 9;
}

/** The accuracy log of the predefined table. */
export function predefinedLogOf(code: Code): u32 {
  return code === Code.Offset ? 5 : 6;
}

/** The table of one code in a workspace. */
@unmanaged
export class SequenceCode {
  /** The first state of the table in use; 0 as long as the frame has no table. */
  firstState: u32;
  /** Bits of a state of the table in use. */
  stateBits: u32;
  /** u64 by code: base value and extra bits. */
  descriptions: usize;
  largestCode: u32;
  /** Addresses where described and single-code tables are built, and the predefined table. */
  own: usize;
  predefined: usize;
  predefinedIsBuilt: bool;
}

export function sequenceCode(workspace: Workspace, code: Code): SequenceCode {
  return changetype<SequenceCode>(workspace.part(CODES_OFFSET) + <usize>code * offsetof<SequenceCode>());
}

/** Prepares the three codes for one call, and writes the descriptions of their symbols. */
export function setUpSequenceCodes(workspace: Workspace): void {
  describeLiteralsLengths(setUp(workspace, Code.LiteralsLength, LARGEST_LITERALS_LENGTH_CODE));
  describeOffsets(setUp(workspace, Code.Offset, LARGEST_OFFSET_CODE));
  describeMatchLengths(setUp(workspace, Code.MatchLength, LARGEST_MATCH_LENGTH_CODE));
}

/** Returns the address of the code's descriptions. */
function setUp(workspace: Workspace, code: Code, largestCode: u32): usize {
  const table = sequenceCode(workspace, code);
  const slot = <usize>code;
  table.descriptions = workspace.part(DESCRIPTIONS_OFFSET + slot * DESCRIPTIONS_SLOT);
  table.predefined = workspace.part(PREDEFINED_OFFSET + slot * PREDEFINED_SLOT);
  table.own = workspace.part(TABLES_OFFSET + slot * TABLES_SLOT);
  table.largestCode = largestCode;
  table.predefinedIsBuilt = false;
  return table.descriptions;
}

/** Begins a frame: it has no tables yet. */
export function forgetTables(workspace: Workspace): void {
  sequenceCode(workspace, Code.LiteralsLength).firstState = 0;
  sequenceCode(workspace, Code.Offset).firstState = 0;
  sequenceCode(workspace, Code.MatchLength).firstState = 0;
}

/** Selects the table by `mode`, and reads its description at `at` if it has one. Returns the address behind the description. */
export function selectTable(workspace: Workspace, code: Code, mode: u32, at: usize, end: usize): usize {
  const table = sequenceCode(workspace, code);
  if (mode === Mode.Predefined) {
    if (!table.predefinedIsBuilt) buildPredefined(workspace, code, table);
    table.firstState = stateAt(workspace, table.predefined);
    table.stateBits = predefinedLogOf(code);
    return at;
  }
  if (mode === Mode.SingleCode) {
    if (at >= end) return workspace.fail(Status.Malformed, at);
    const only = <u32>load<u8>(at);
    if (only > table.largestCode) return workspace.fail(Status.Malformed, at);
    const state = stateAt(workspace, table.own);
    store<u64>(table.own, cell(load<u64>(table.descriptions + only * CELL_BYTES), state, 0));
    table.firstState = state;
    table.stateBits = 0;
    return at + 1;
  }
  if (mode === Mode.Described) {
    const after = readDistribution(workspace, at, end, maximumLogOf(code), table.largestCode);
    if (after === 0) return 0;
    buildTable(workspace, table.own, table.descriptions);
    table.firstState = stateAt(workspace, table.own);
    table.stateBits = workspace.accuracyLog;
    return after;
  }
  if (table.firstState === 0) return workspace.fail(Status.Malformed, at);
  return at;
}

function buildPredefined(workspace: Workspace, code: Code, table: SequenceCode): void {
  const counts = workspace.part(COUNTS_OFFSET);
  workspace.symbolCount = writePredefinedCounts(code, counts);
  workspace.accuracyLog = predefinedLogOf(code);
  buildTable(workspace, table.predefined, table.descriptions);
  table.predefinedIsBuilt = true;
}

/** Writes the descriptions of the codes of literals lengths, u64 each. */
export function describeLiteralsLengths(at: usize): void {
  let base: u32 = 0;
  for (let code: u32 = 0; code <= LARGEST_LITERALS_LENGTH_CODE; code++) {
    let extraBits: u32 = 0;
    if (code >= 25) extraBits = code - 19;
    else if (code === 24) extraBits = 4;
    else if (code >= 20) extraBits = (code - 16) >> 1;
    else if (code >= 16) extraBits = 1;
    store<u64>(at + code * CELL_BYTES, describe(base, extraBits));
    base += 1 << extraBits;
  }
}

function describeOffsets(at: usize): void {
  for (let code: u32 = 0; code <= LARGEST_OFFSET_CODE; code++)
    store<u64>(at + code * CELL_BYTES, describe((<u32>1) << code, code));
}

/** Writes the descriptions of the codes of match lengths, u64 each. */
export function describeMatchLengths(at: usize): void {
  let base: u32 = 3;
  for (let code: u32 = 0; code <= LARGEST_MATCH_LENGTH_CODE; code++) {
    let extraBits: u32 = 0;
    if (code >= 43) extraBits = code - 36;
    else if (code === 42) extraBits = 5;
    else if (code >= 36) extraBits = (code - 32) >> 1;
    else if (code >= 32) extraBits = 1;
    store<u64>(at + code * CELL_BYTES, describe(base, extraBits));
    base += 1 << extraBits;
  }
}

/** Writes the counts of the predefined distribution, i16 by symbol. Returns the number of symbols. */
export function writePredefinedCounts(code: Code, at: usize): u32 {
  let end: usize;
  if (code === Code.LiteralsLength) end = predefinedLiteralsLengths(at);
  else if (code === Code.Offset) end = predefinedOffsets(at);
  else end = predefinedMatchLengths(at);
  return <u32>(end - at) >> 1;
}

function predefinedLiteralsLengths(at: usize): usize {
  at = repeatCount(at, 4, 1);
  at = repeatCount(at, 3, 1);
  at = repeatCount(at, 2, 11);
  at = repeatCount(at, 1, 3);
  at = repeatCount(at, 2, 9);
  at = repeatCount(at, 3, 1);
  at = repeatCount(at, 2, 1);
  at = repeatCount(at, 1, 5);
  return repeatCount(at, -1, 4);
}

function predefinedOffsets(at: usize): usize {
  at = repeatCount(at, 1, 6);
  at = repeatCount(at, 2, 3);
  at = repeatCount(at, 1, 15);
  return repeatCount(at, -1, 5);
}

function predefinedMatchLengths(at: usize): usize {
  at = repeatCount(at, 1, 1);
  at = repeatCount(at, 4, 1);
  at = repeatCount(at, 3, 1);
  at = repeatCount(at, 2, 6);
  at = repeatCount(at, 1, 37);
  return repeatCount(at, -1, 7);
}

function repeatCount(at: usize, count: i16, times: u32): usize {
  const end = at + (times << 1);
  for (; at < end; at += 2) store<i16>(at, count);
  return end;
}
