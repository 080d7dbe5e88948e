/** Reads the blocks of a capture in the most direct way: the whole file, a DataView, one object per block. */
import { readFile } from "node:fs/promises";

/** A block header's numeric fields. */
export interface PlainBlock {
  readonly offset: number;
  readonly type: number;
  readonly flags: number;
  readonly length: number;
  readonly payloadVersion: number;
}

export interface TextBlock extends PlainBlock {
  readonly uuid: string;
  readonly parentUuid: string;
}

export interface HashedBlock extends TextBlock {
  readonly prevHash: string;
}

const MAGIC = 0x4d534c43;
const HEADER_SIZE_AT = 9;
const HEADER_BYTES = 80;

/** Makes one object per block, with numeric fields only. */
export function readPlainBlocks(path: string): Promise<PlainBlock[]> {
  return readBlocks(path, plainBlock);
}

/** Also converts BlockUUID and ParentUUID to text. */
export function readTextBlocks(path: string): Promise<TextBlock[]> {
  return readBlocks(path, (bytes, view, offset) => ({
    ...plainBlock(bytes, view, offset),
    uuid: uuidText(bytes, offset + 16),
    parentUuid: uuidText(bytes, offset + 32),
  }));
}

/** Also converts PrevHash to hexadecimal. */
export function readHashedBlocks(path: string): Promise<HashedBlock[]> {
  return readBlocks(path, (bytes, view, offset) => ({
    ...plainBlock(bytes, view, offset),
    uuid: uuidText(bytes, offset + 16),
    parentUuid: uuidText(bytes, offset + 32),
    prevHash: bytes.toString("hex", offset + 48, offset + 80),
  }));
}

type ReadBlock<Block> = (bytes: Buffer, view: DataView, offset: number) => Block;

async function readBlocks<Block extends PlainBlock>(path: string, readBlock: ReadBlock<Block>): Promise<Block[]> {
  const bytes = await readFile(path);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const blocks: Block[] = [];
  let offset = view.getUint8(HEADER_SIZE_AT);
  while (offset + HEADER_BYTES <= bytes.length && view.getUint32(offset) === MAGIC) {
    const block = readBlock(bytes, view, offset);
    if (block.length < HEADER_BYTES) break;
    blocks.push(block);
    offset += block.length;
  }
  return blocks;
}

function plainBlock(_bytes: Buffer, view: DataView, offset: number): PlainBlock {
  return {
    offset,
    type: view.getUint16(offset + 4, true),
    flags: view.getUint16(offset + 6, true),
    length: view.getUint32(offset + 8, true),
    payloadVersion: view.getUint16(offset + 12, true),
  };
}

function uuidText(bytes: Buffer, at: number): string {
  const hex = bytes.toString("hex", at, at + 16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
