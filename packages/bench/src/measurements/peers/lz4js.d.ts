declare module "lz4js" {
  export function compressBound(length: number): number;
  /** Returns the block's length, 0 when it would not be shorter. */
  export function compressBlock(
    source: Uint8Array,
    destination: Uint8Array,
    from: number,
    length: number,
    hashTable: Uint32Array,
  ): number;
  /** Decodes the raw block in the `length` bytes of `source` from `from` on, to `to` in `destination`; returns where it ended. */
  export function decompressBlock(source: Uint8Array, destination: Uint8Array, from: number, length: number, to: number): number;
}
