/** Zstandard packages: decoders of one frame of known size. */
import zlib from "node:zlib";
import bokuweb from "@bokuweb/zstd-wasm";
import { decompress as fzstdDecompress } from "fzstd";
import { ZSTDDecoder } from "zstddec";
import { nameAndVersion } from "../harness/environment.js";

const LEVEL = 3;

interface ZstdPeer {
  readonly name: string;
  decode(frame: Uint8Array, size: number): Uint8Array;
}

interface ZstdPackages {
  /** One frame of level 3 with its content size in the header. */
  compress(bytes: Uint8Array): Uint8Array;
  readonly peers: readonly ZstdPeer[];
}

export async function zstdPackages(): Promise<ZstdPackages> {
  const zstddec = new ZSTDDecoder();
  await Promise.all([bokuweb.init(), zstddec.init()]);
  const peers: ZstdPeer[] = [
    { name: nameAndVersion("zstddec"), decode: (frame, size) => zstddec.decode(frame, size) },
    { name: nameAndVersion("@bokuweb/zstd-wasm"), decode: (frame) => bokuweb.decompress(frame) },
    // Without an array for the output, though its size is known: with one, it takes four times as long.
    { name: nameAndVersion("fzstd"), decode: (frame) => fzstdDecompress(frame) },
  ];
  const { zstdDecompressSync } = zlib as { zstdDecompressSync?: (frame: Uint8Array) => Uint8Array };
  if (zstdDecompressSync)
    peers.push({ name: `node:zlib ${process.versions.node}`, decode: (frame) => zstdDecompressSync(frame) });
  return { compress: (bytes) => bokuweb.compress(bytes, LEVEL), peers };
}
