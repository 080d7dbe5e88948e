/** Block headers (RFC 8878, section 3.1.1.2): 3 bytes with the last-block flag, the type and the size. */
import { Status } from "../codec/report";
import { Workspace } from "./workspace";

export const BLOCK_HEADER_BYTES: usize = 3;

export const enum BlockType {
  Stored,
  Repeated,
  Compressed,
  Reserved,
}

/** Checks that the block whose header lies at `at` is whole and of legal size. Returns where its content begins. */
export function checkBlock(workspace: Workspace, at: usize, end: usize): usize {
  if (end - at < BLOCK_HEADER_BYTES) return workspace.fail(Status.Truncated, end);
  if (typeOf(at) === BlockType.Reserved || sizeOf(at) > workspace.blockMaximum) return workspace.fail(Status.Malformed, at);
  const content = at + BLOCK_HEADER_BYTES;
  return end - content < contentBytes(at) ? workspace.fail(Status.Truncated, end) : content;
}

export function isLast(header: usize): bool {
  return (load<u8>(header) & 1) !== 0;
}

export function typeOf(header: usize): BlockType {
  return <BlockType>((load<u8>(header) >> 1) & 3);
}

/** Bytes of the content; for BlockType.Repeated the times that its single byte is repeated. */
export function sizeOf(header: usize): u32 {
  return (<u32>load<u16>(header) | ((<u32>load<u8>(header, 2)) << 16)) >> 3;
}

export function contentBytes(header: usize): u32 {
  return typeOf(header) === BlockType.Repeated ? 1 : sizeOf(header);
}
