/** The functions of lz4js that tests here and the peers in bench call; the package has no types. bench's tsconfig.json names this file. */
declare module "lz4js" {
  export function compress(source: Uint8Array): Uint8Array;
  export function decompress(source: Uint8Array): Uint8Array;
  export function compressBound(length: number): number;
  /** Returns the length of the block, or 0 if it would not be shorter than the input. */
  export function compressBlock(
    source: Uint8Array,
    destination: Uint8Array,
    from: number,
    length: number,
    hashTable: Uint32Array,
  ): number;
  /**
   * Decodes the raw block in `length` bytes of `source`, which begins at `from`, to offset `to` of `destination`. Returns the end
   * offset.
   */
  export function decompressBlock(source: Uint8Array, destination: Uint8Array, from: number, length: number, to: number): number;
}
