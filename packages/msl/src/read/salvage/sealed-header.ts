/**
 * The header of an encrypted capture whose structural fields are damaged: magic, Endianness, HeaderSize, Version, the Encrypted flag. All bytes of the header are
 * authenticated, so a header that is mended to other bytes than the original fails with the tag: nothing is decrypted by a guess. Nonce, salt and parameters
 * cannot be established at all.
 */
import { isZero, ownBytes } from "../../bytes.js";
import { type Report, shownDeviation } from "../../deviations/deviation.js";
import { HEADER_FLAGS_KNOWN, HeaderFlag } from "../../format/codes.js";
import {
  decodeEncryption,
  EncAlgo,
  type Encryption,
  expectedKemCtLen,
  GCM_NONCE_SIZE,
  KdfType,
  TAG_SIZE,
} from "../../format/encryption-extension.js";
import { decodeFileHeader, ENCRYPTED_HEADER_SIZE, FILE_MAGIC, type FileHeader } from "../../format/file-header.js";
import { bytesOfField, type EstablishedHeader } from "./established-header.js";
import { damageOf, fieldPlace, type HeaderField } from "./header-damage.js";

export interface SealedHeader extends EstablishedHeader {
  readonly encryption: Encryption;
}

/** Structural fields that may be damaged: with more of them, the file may be anything. */
const MENDED_MOST = 2;

/** `start`: the first 128 bytes of the file. Undefined if they are not those of an encrypted capture, but for few fields. */
export function sealedHeader(start: Uint8Array, size: number): SealedHeader | undefined {
  if (start.length < ENCRYPTED_HEADER_SIZE) return undefined;
  const stored = start.subarray(0, ENCRYPTED_HEADER_SIZE);
  const header = ownBytes(stored);
  const { offset } = fieldPlace("flags");
  const flags = new DataView(header.buffer).getUint32(offset, true);
  if (flags > HEADER_FLAGS_KNOWN) return undefined;
  const [, major] = bytesOfField(header, "versionBytes");
  const mended: readonly (readonly [HeaderField, ArrayLike<number>])[] = [
    ["magic", FILE_MAGIC],
    ["endianness", [1]],
    ["headerSize", [ENCRYPTED_HEADER_SIZE]],
    ["versionBytes", major === 1 ? bytesOfField(stored, "versionBytes") : [1, 1]],
    ["flags", [flags | HeaderFlag.Encrypted, 0, 0, 0]],
  ];
  for (const [field, bytes] of mended) header.set(bytes, fieldPlace(field).offset);
  const deviations = damageOf({ stored, missing: 0, established: header, bigEndian: false, isFramed: true, isSealed: true });
  if (deviations.length > MENDED_MOST) return undefined;
  const report: Report = (deviation) => deviations.push(shownDeviation(deviation));
  const decoded = decodeFileHeader(header, report);
  const encryption = decodeEncryption(header, decoded, report);
  if (!isUsable(encryption, decoded, size)) return undefined;
  return { header: decoded, encryption, headerBytes: header, deviations };
}

/** Whether all parameters are those that a writer of encrypted captures stores. */
function isUsable(encryption: Encryption, { encrypted }: FileHeader, size: number): boolean {
  const { encAlgo, kdfType, nonce, kemCtLen, secret } = encryption;
  const isKnown = encAlgo === EncAlgo.Aes256Gcm || encAlgo === EncAlgo.XChaCha20Poly1305;
  const isWhole = encAlgo !== EncAlgo.Aes256Gcm || isZero(nonce.subarray(GCM_NONCE_SIZE));
  const fits = kemCtLen === expectedKemCtLen(encryption) && ENCRYPTED_HEADER_SIZE + kemCtLen + TAG_SIZE <= size;
  const hasKdf = kdfType === KdfType.None || kdfType === KdfType.Argon2id;
  return encrypted && isKnown && isWhole && fits && hasKdf && secret !== null && !isZero(nonce);
}
