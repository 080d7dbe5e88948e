/**
 * The literals section of a compressed block. Leaves the address and the number of the literals in the workspace.
 *
 * Invariant: at least OVERSHOOT bytes can be read behind the literals. Stored literals stay in the source where as many bytes of the
 * block follow them, and are copied to the workspace otherwise.
 * Source: RFC 8878, section 3.1.1.3.1.
 */
import { OVERSHOOT } from "../codec/copy";
import { Status } from "../codec/report";
import { load24, loadBytes } from "./bits";
import { decodeFourStreams, decodeOneStream } from "./huffman";
import { readHuffmanTable } from "./huffman-table";
import { LITERALS_OFFSET, Workspace } from "./workspace";

export const enum LiteralsKind {
  Stored,
  Repeated,
  Compressed,
  /** Compressed with the table of an earlier block. */
  Treeless,
}

/** Reads the section at the start of the block content [at, end). Returns the address behind it. */
export function readLiterals(workspace: Workspace, at: usize, end: usize): usize {
  if (at >= end) return workspace.fail(Status.Malformed, at);
  const first = <u32>load<u8>(at);
  const kind = first & 3;
  const sizeFormat = (first >> 2) & 3;
  return kind === LiteralsKind.Stored || kind === LiteralsKind.Repeated
    ? readPlainLiterals(workspace, at, end, kind, sizeFormat)
    : readCodedLiterals(workspace, at, end, kind, sizeFormat);
}

function readPlainLiterals(workspace: Workspace, at: usize, end: usize, kind: u32, sizeFormat: u32): usize {
  // Size formats 0 and 2 have one bit, so that 5 bits of the first byte are the size.
  const headerBytes: usize = (sizeFormat & 1) === 0 ? 1 : sizeFormat === 1 ? 2 : 3;
  if (end - at < headerBytes) return workspace.fail(Status.Malformed, at);
  let length: u32;
  if (headerBytes === 1) length = <u32>load<u8>(at) >> 3;
  else if (headerBytes === 2) length = <u32>load<u16>(at) >> 4;
  else length = load24(at) >> 4;
  if (length > workspace.blockMaximum) return workspace.fail(Status.Malformed, at);

  const content = at + headerBytes;
  const literals = workspace.part(LITERALS_OFFSET);
  workspace.literals = literals;
  workspace.literalsLength = length;
  if (kind === LiteralsKind.Repeated) {
    if (content >= end) return workspace.fail(Status.Malformed, at);
    memory.fill(literals, load<u8>(content), length);
    return content + 1;
  }
  if (end - content < length) return workspace.fail(Status.Malformed, at);
  const contentEnd = content + length;
  if (end - contentEnd >= OVERSHOOT) workspace.literals = content;
  else memory.copy(literals, content, length);
  return contentEnd;
}

function readCodedLiterals(workspace: Workspace, at: usize, end: usize, kind: u32, sizeFormat: u32): usize {
  // Both sizes have 10, 10, 14 or 18 bits.
  const sizeBits: u64 = sizeFormat < 2 ? 10 : sizeFormat === 2 ? 14 : 18;
  const headerBytes: usize = sizeFormat < 2 ? 3 : sizeFormat + 2;
  if (end - at < headerBytes) return workspace.fail(Status.Malformed, at);
  const header = loadBytes(at, <u32>headerBytes);
  const mask = ((<u64>1) << sizeBits) - 1;
  const length = <u32>((header >> 4) & mask);
  const codedLength = <usize>(header >> (4 + sizeBits));
  if (length > workspace.blockMaximum || end - at - headerBytes < codedLength) return workspace.fail(Status.Malformed, at);

  let stream = at + headerBytes;
  const streamsEnd = stream + codedLength;
  if (kind === LiteralsKind.Compressed) {
    stream = readHuffmanTable(workspace, stream, streamsEnd);
    if (stream === 0) return 0;
  } else if (workspace.huffmanBits === 0) {
    return workspace.fail(Status.Malformed, at);
  }
  const literals = workspace.part(LITERALS_OFFSET);
  // Each byte of content takes at most one literal.
  const wanted = min(length, workspace.contentWanted);
  const decoded =
    sizeFormat === 0
      ? decodeOneStream(workspace, stream, streamsEnd, literals, length, wanted)
      : decodeFourStreams(workspace, stream, streamsEnd, literals, length, wanted);
  if (!decoded) return workspace.fail(Status.Malformed, stream);
  workspace.literals = literals;
  workspace.literalsLength = wanted;
  return streamsEnd;
}
