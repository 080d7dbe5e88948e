/** The exports of encode.wasm: the encoders, which programs that only read or verify do not load. */
export { lz4EncodeBlock, lz4EncodeBound, lz4EncodeWorkspaceSize } from "../lz4/encode";
export { zstdEncode, zstdEncodeBound, zstdEncodeWorkspaceSize } from "../zstd/encode/frame";
