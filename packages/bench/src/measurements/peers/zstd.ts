/** Zstandard packages that compress, and a decoder independent of ours, which checks their frames. */
import zlib from "node:zlib";
import bokuweb from "@bokuweb/zstd-wasm";
import { decompress as fzstdDecompress } from "fzstd";
import { ZSTDDecoder } from "zstddec";
import { nameAndVersion } from "../harness/environment.js";
import type { Compressor } from "./compressor.js";

interface ZstdCompressors {
  /** Bars apply to the first peer. */
  peers(level: number): readonly Compressor[];
  decode(frame: Uint8Array, size: number): Uint8Array;
}

/** zlib functions of Node 22.15 and later. */
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

/** Compression level of the frames to decode. */
const LEVEL = 3;

interface ZstdPeer {
  readonly name: string;
  decode(frame: Uint8Array, size: number): Uint8Array;
}

interface ZstdPackages {
  /** Returns one frame of level 3 with its content size in the header. */
  compress(bytes: Uint8Array): Uint8Array;
  readonly peers: readonly ZstdPeer[];
}

export async function zstdPackages(): Promise<ZstdPackages> {
  const zstddec = new ZSTDDecoder();
  await Promise.all([bokuweb.init(), zstddec.init()]);
  const peers: ZstdPeer[] = [
    { name: nameAndVersion("zstddec"), decode: (frame, size) => zstddec.decode(frame, size) },
    { name: nameAndVersion("@bokuweb/zstd-wasm"), decode: (frame) => bokuweb.decompress(frame) },
    // Without an output array, although the size is known: with one, fzstd takes four times as long.
    { name: nameAndVersion("fzstd"), decode: (frame) => fzstdDecompress(frame) },
  ];
  const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (frame: Uint8Array) => Uint8Array };
  if (zstdDecompressSync)
    peers.push({ name: `node:zlib ${process.versions.node}`, decode: (frame) => zstdDecompressSync(frame) });
  return { compress: (bytes) => bokuweb.compress(bytes, LEVEL), peers };
}
