/** Zstandard packages that compress, and a decoder that has nothing to do with ours to check frames with. */
import zlib from "node:zlib";
import bokuweb from "@bokuweb/zstd-wasm";
import { ZSTDDecoder } from "zstddec";
import { nameAndVersion } from "../harness/environment.js";
import type { Compressor } from "./compressor.js";

interface ZstdCompressors {
  /** Ours has to be measured against the first one. */
  peers(level: number): readonly Compressor[];
  decode(frame: Uint8Array, size: number): Uint8Array;
}

/** Node 22.15 and later. */
interface NodeZstd {
  readonly zstdCompressSync?: (bytes: Uint8Array, options: { params: Record<number, number> }) => Uint8Array;
  readonly constants: { readonly ZSTD_c_compressionLevel?: number };
}

export async function zstdCompressors(): Promise<ZstdCompressors> {
  const decoder = new ZSTDDecoder();
  await Promise.all([bokuweb.init(), decoder.init()]);
  return {
    peers: (level) => [
      { name: `${nameAndVersion("@bokuweb/zstd-wasm")} level ${level}`, compress: (bytes) => bokuweb.compress(bytes, level) },
      { name: `node:zlib ${process.versions.node} level ${level}`, compress: (bytes) => compressWithNode(bytes, level) },
    ],
    decode: (frame, size) => decoder.decode(frame, size),
  };
}

function compressWithNode(bytes: Uint8Array, level: number): Uint8Array {
  const { zstdCompressSync, constants } = zlib as unknown as NodeZstd;
  const parameter = constants.ZSTD_c_compressionLevel;
  if (!zstdCompressSync || parameter === undefined) throw new Error("skipped, this Node has no zstd");
  return zstdCompressSync(bytes, { params: { [parameter]: level } });
}
