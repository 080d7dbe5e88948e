declare module "lz4js" {
  export function compress(source: Uint8Array): Uint8Array;
  export function decompress(source: Uint8Array): Uint8Array;
  export function compressBound(length: number): number;
  /** Returns the block's length, 0 when it would not be shorter. */
  export function compressBlock(
    source: Uint8Array,
    destination: Uint8Array,
    from: number,
    length: number,
    hashTable: Uint32Array,
  ): number;
  export function decompressBlock(source: Uint8Array, destination: Uint8Array, from: number, length: number, to: number): number;
}
