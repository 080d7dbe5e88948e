import type { Encryption } from "../format/encryption-extension.js";
import { hexText } from "../format/layout/uuid-text.js";

/** How a capture is encrypted, as plain JSON values. */
export function encryptionJson(encryption: Encryption) {
  return {
    encAlgo: encryption.encAlgo,
    encAlgoName: encryption.encAlgoName,
    kdfType: encryption.kdfType,
    kdfTypeName: encryption.kdfTypeName,
    keyEncap: encryption.keyEncap,
    keyEncapName: encryption.keyEncapName,
    kdfTime: encryption.kdfTime,
    kdfMemoryKiB: encryption.kdfMemoryKiB,
    kdfLanes: encryption.kdfLanes,
    kemCtLen: encryption.kemCtLen,
    nonceHex: hexText(encryption.nonce),
    kdfSaltHex: hexText(encryption.kdfSalt),
    secret: encryption.secret,
  };
}
