/** A package's compression function, which returns a new array. */
export interface Compressor {
  readonly name: string;
  compress(bytes: Uint8Array): Uint8Array;
}
