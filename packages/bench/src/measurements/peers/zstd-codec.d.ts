declare module "zstd-codec" {
  interface Simple {
    /** null for frames that it cannot decode. */
    decompress(frame: Uint8Array): Uint8Array | null;
  }
  export const ZstdCodec: { run(use: (zstd: { readonly Simple: new () => Simple }) => void): void };
}
