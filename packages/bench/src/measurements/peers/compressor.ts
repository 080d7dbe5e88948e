/** A package that compresses, to an array of its own. */
export interface Compressor {
  readonly name: string;
  compress(bytes: Uint8Array): Uint8Array;
}
