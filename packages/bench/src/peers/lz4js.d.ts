declare module "lz4js" {
  /** Decodes the raw block in the `length` bytes of `source` from `from` on, to `to` in `destination`; returns where it ended. */
  export function decompressBlock(source: Uint8Array, destination: Uint8Array, from: number, length: number, to: number): number;
}
