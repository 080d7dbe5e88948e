declare module "zstd-codec" {
  interface Simple {
    /** Returns null for a frame that it cannot decode. */
    decompress(frame: Uint8Array): Uint8Array | null;
  }
  export const ZstdCodec: { run(use: (zstd: { readonly Simple: new () => Simple }) => void): void };
}
