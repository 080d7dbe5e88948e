/** Child process of ZstdCodecProcess: decodes a frame with zstd-codec. */
import { ZstdCodec } from "zstd-codec";
import { servePeer } from "../peers/peer-process.js";

const codec = new Promise<{ decompress(frame: Uint8Array): Uint8Array | null }>((resolve) =>
  ZstdCodec.run((zstd) => resolve(new zstd.Simple())),
);

servePeer(async (frame: Uint8Array) => {
  const simple = await codec;
  const run = () => simple.decompress(frame);
  return {
    run,
    bytes: () => {
      const bytes = run();
      if (bytes === null) throw new Error("zstd-codec answers null");
      return bytes;
    },
  };
});
