/** The encryption extension, bytes 64 to 127 of the header of an encrypted capture (specification, encryption extension). */
import { isZero } from "../bytes.js";
import type { Report } from "../deviations/deviation.js";
import { fieldsOf, shownAs } from "../json/shown.js";
import type { CodeTable } from "./codes.js";
import { type FileHeader, headerOffset, PLAIN_HEADER_SIZE } from "./file-header.js";
import { decodeLayout } from "./layout/decode.js";
import { bytes, code, type Decoded, fieldOffset, layout, u8, u16, u32, zeros } from "./layout/fields.js";
import { hexText } from "./layout/uuid-text.js";
import type { EncryptionExtensionFields } from "./payloads/other-types.js";

export const EncAlgo = { Aes256Gcm: 1, XChaCha20Poly1305: 2 } as const;

/** Default `aes-256-gcm`. Prefer `xchacha20-poly1305`, whose random nonces are twice as long, if one raw key encrypts several captures. */
export type CipherName = "aes-256-gcm" | "xchacha20-poly1305";

/** The ciphers by their names in options. */
export const CIPHERS = {
  "aes-256-gcm": EncAlgo.Aes256Gcm,
  "xchacha20-poly1305": EncAlgo.XChaCha20Poly1305,
} as const satisfies Record<CipherName, number>;

const ENC_ALGO: CodeTable = {
  width: 1,
  names: { [EncAlgo.Aes256Gcm]: "AES-256-GCM", [EncAlgo.XChaCha20Poly1305]: "XChaCha20-Poly1305" },
};

export const KdfType = { None: 0, Argon2id: 1 } as const;

const KDF_TYPE: CodeTable = { width: 1, names: { [KdfType.None]: "none", [KdfType.Argon2id]: "Argon2id" } };

export const KeyEncap = { None: 0, X25519: 1, MlKem768: 2, MlKem1024: 3, X25519MlKem768: 4, Other: 255 } as const;

export const KEY_ENCAP: CodeTable = {
  width: 1,
  names: {
    [KeyEncap.None]: "none",
    [KeyEncap.X25519]: "X25519",
    [KeyEncap.MlKem768]: "ML-KEM-768",
    [KeyEncap.MlKem1024]: "ML-KEM-1024",
    [KeyEncap.X25519MlKem768]: "X25519+ML-KEM-768",
    [KeyEncap.Other]: "other",
  },
};

/** Bytes of the values of a key encapsulation mechanism. */
export interface KemSizes {
  readonly ciphertext: number;
  readonly publicKey: number;
  readonly privateKey: number;
}

const X25519_SIZES: KemSizes = { ciphertext: 32, publicKey: 32, privateKey: 32 };
const ML_KEM_768_SIZES: KemSizes = { ciphertext: 1088, publicKey: 1184, privateKey: 2400 };

/** The registered mechanisms. */
export type KemCode = Exclude<(typeof KeyEncap)[keyof typeof KeyEncap], typeof KeyEncap.None | typeof KeyEncap.Other>;

const KEM_SIZES: Readonly<Record<KemCode, KemSizes>> = {
  [KeyEncap.X25519]: X25519_SIZES,
  [KeyEncap.MlKem768]: ML_KEM_768_SIZES,
  [KeyEncap.MlKem1024]: { ciphertext: 1568, publicKey: 1568, privateKey: 3168 },
  [KeyEncap.X25519MlKem768]: {
    ciphertext: X25519_SIZES.ciphertext + ML_KEM_768_SIZES.ciphertext,
    publicKey: X25519_SIZES.publicKey + ML_KEM_768_SIZES.publicKey,
    privateKey: X25519_SIZES.privateKey + ML_KEM_768_SIZES.privateKey,
  },
};

export function isKemCode(keyEncap: number): keyEncap is KemCode {
  return keyEncap in KEM_SIZES;
}

/** The sizes of a mechanism; undefined for a mechanism that is not registered. */
export function kemSizes<Code extends number>(keyEncap: Code): KemSizes | (Code extends KemCode ? never : undefined);
export function kemSizes(keyEncap: number): KemSizes | undefined {
  return isKemCode(keyEncap) ? KEM_SIZES[keyEncap] : undefined;
}

/** Mechanisms by the names that options take. */
export const KEM_MECHANISMS = {
  x25519: KeyEncap.X25519,
  "ml-kem-768": KeyEncap.MlKem768,
  "ml-kem-1024": KeyEncap.MlKem1024,
  "x25519-ml-kem-768": KeyEncap.X25519MlKem768,
} as const;

/** The name of a key encapsulation mechanism, such as `x25519-ml-kem-768`. */
export type KemMechanism = keyof typeof KEM_MECHANISMS;

export const ENCRYPTION_EXTENSION = layout("EncryptionExtension", [
  code("encAlgo", ENC_ALGO),
  code("kdfType", KDF_TYPE),
  code("keyEncap", KEY_ENCAP),
  zeros(1),
  u32("kdfTime"),
  u32("kdfMemoryKiB"),
  u8("kdfLanes"),
  zeros(1),
  u16("kemCtLen"),
  bytes("nonce", 24),
  bytes("kdfSalt", 16),
  zeros(8),
]);

/** The secret that opens a capture; the raw key opens every one. Null: the specification has no way to derive a key. */
export type SecretKind = "key" | "passphrase" | "private-key" | null;

/** How a capture is encrypted: the extension of its header (docs/fields.md, EncryptionExtension), which anyone can read. */
export interface Encryption extends EncryptionExtensionFields {
  /** The kind of secret that opens the capture. */
  readonly secret: SecretKind;
}

/** Bytes of the AEAD tag at the end of the file. */
export const TAG_SIZE = 16;
/** Bytes of the AEAD key, of either cipher. */
export const CONTENT_KEY_SIZE = 32;
/** Bytes of the nonce field that AES-256-GCM uses. */
export const GCM_NONCE_SIZE = 12;

/** The smallest Argon2id parameters that the specification allows producers. */
export const ARGON2_MINIMUM = { kdfTime: 3, kdfMemoryKiB: 65_536, kdfLanes: 4 } as const;

type ExtensionField = Exclude<keyof Decoded<typeof ENCRYPTION_EXTENSION>, `${string}Name`>;

/** Bytes from the start of the file. */
export function extensionOffset(field: ExtensionField): number {
  return PLAIN_HEADER_SIZE + fieldOffset(ENCRYPTION_EXTENSION, field);
}

/** `headerBytes`: the 128 bytes of the header of an encrypted capture. Decodes all values; deviations are reported. */
export function decodeEncryption(headerBytes: Uint8Array, header: FileHeader, report: Report): Encryption {
  const extension = new Uint8Array(headerBytes.subarray(PLAIN_HEADER_SIZE));
  const locate: Report = (deviation) =>
    report({ ...deviation, id: "HDR-RESERVED", offset: PLAIN_HEADER_SIZE + deviation.offset });
  const { value } = decodeLayout(ENCRYPTION_EXTENSION, extension, locate, { byteOrder: header.byteOrder });
  if (!value) throw new TypeError(`The header of an encrypted capture has 128 bytes, not ${headerBytes.length}`);
  const encryption = shownEncryption({ ...value, secret: secretOf(value) });
  reportCodes(encryption, report);
  reportKeyDerivation(encryption, report);
  reportNonce(encryption, report);
  if (header.blockCount !== 0) {
    const message = `BlockCount is ${header.blockCount}: the header of an encrypted capture tells how many blocks it has`;
    report({ id: "ENC-BLOCKCOUNT", message, offset: headerOffset("blockCount"), field: "blockCount" });
  }
  return encryption;
}

/** How a capture is encrypted, as plain JSON values. */
export function encryptionJson(encryption: Encryption) {
  return {
    ...fieldsOf(encryption, [
      "encAlgo",
      "encAlgoName",
      "kdfType",
      "kdfTypeName",
      "keyEncap",
      "keyEncapName",
      "kdfTime",
      "kdfMemoryKiB",
      "kdfLanes",
      "kemCtLen",
    ]),
    nonceHex: hexText(encryption.nonce),
    kdfSaltHex: hexText(encryption.kdfSalt),
    secret: encryption.secret,
  };
}

const shownEncryption = shownAs("Encryption", encryptionJson);

function secretOf({ kdfType, keyEncap }: Decoded<typeof ENCRYPTION_EXTENSION>): SecretKind {
  if (keyEncap === KeyEncap.None) return kdfType === KdfType.None ? "key" : kdfType === KdfType.Argon2id ? "passphrase" : null;
  return kdfType === KdfType.None && kemSizes(keyEncap) ? "private-key" : null;
}

/** What opens the capture, as words in a sentence. */
export function describeSecret({
  secret,
  keyEncap,
  keyEncapName,
}: Pick<Encryption, "secret" | "keyEncap" | "keyEncapName">): string {
  const privateKeySize = kemSizes(keyEncap)?.privateKey;
  if (secret === "key") return "a key of 32 bytes";
  if (secret === "passphrase") return "a passphrase";
  if (secret === "private-key") return `a private key of ${privateKeySize} bytes (${keyEncapName})`;
  return "its key of 32 bytes: no way to derive it is defined";
}

/** Whether a passphrase and a KEM are to be combined, which the specification names but does not define. */
export function isDualControl({ kdfType, keyEncap }: Pick<Encryption, "kdfType" | "keyEncap">): boolean {
  return kdfType !== KdfType.None && keyEncap !== KeyEncap.None;
}

/** KEMCtLen that the mechanism writes; undefined where any will do. */
export function expectedKemCtLen({ keyEncap }: Pick<Encryption, "keyEncap">): number | undefined {
  return keyEncap === KeyEncap.None ? 0 : kemSizes(keyEncap)?.ciphertext;
}

function reportCodes(encryption: Encryption, report: Report): void {
  for (const [field, known] of [
    ["encAlgo", ENC_ALGO],
    ["kdfType", KDF_TYPE],
    ["keyEncap", KEY_ENCAP],
  ] as const) {
    if (known.names[encryption[field]] !== undefined) continue;
    const message = `Unknown ${field} ${encryption[`${field}Name`]}`;
    report({ id: "ENC-PARAM", message, offset: extensionOffset(field), field });
  }
  if (isDualControl(encryption)) {
    const message = `KDFType ${encryption.kdfTypeName} together with KeyEncap ${encryption.keyEncapName}: no derivation is defined`;
    report({ id: "ENC-DUAL", message, offset: extensionOffset("kdfType"), field: "kdfType" });
  }
  const kemCtLen = expectedKemCtLen(encryption);
  if (kemCtLen !== undefined && encryption.kemCtLen !== kemCtLen) {
    const message = `KEMCtLen is ${encryption.kemCtLen}, but KeyEncap ${encryption.keyEncapName} has ${kemCtLen} bytes`;
    report({ id: "ENC-KEMLEN", message, offset: extensionOffset("kemCtLen"), field: "kemCtLen" });
  }
}

function reportKeyDerivation(encryption: Encryption, report: Report): void {
  for (const field of ["kdfTime", "kdfMemoryKiB", "kdfLanes"] as const) {
    const offset = extensionOffset(field);
    const value = encryption[field];
    if (encryption.kdfType === KdfType.None && value !== 0) {
      report({ id: "HDR-RESERVED", message: `${field} is ${value}, although KDFType is 0`, offset, field });
    } else if (encryption.kdfType === KdfType.Argon2id && value < ARGON2_MINIMUM[field]) {
      const message = `${field} is ${value}, below the minimum of ${ARGON2_MINIMUM[field]}`;
      report({ id: "ENC-KDFWEAK", message, offset, field });
    }
  }
  if (encryption.kdfType === KdfType.None && !isZero(encryption.kdfSalt)) {
    const message = "KDFSalt is not zero, although KDFType is 0";
    report({ id: "HDR-RESERVED", message, offset: extensionOffset("kdfSalt"), field: "kdfSalt" });
  }
}

function reportNonce({ encAlgo, nonce }: Encryption, report: Report): void {
  if (encAlgo !== EncAlgo.Aes256Gcm || isZero(nonce.subarray(GCM_NONCE_SIZE))) return;
  const message = "The last 12 bytes of Nonce are not zero, although AES-256-GCM uses the first 12 only";
  report({ id: "HDR-RESERVED", message, offset: extensionOffset("nonce"), field: "nonce" });
}

/** Whether a parameter is below `ARGON2_MINIMUM`. */
export function isWeak(parameters: Pick<Encryption, keyof typeof ARGON2_MINIMUM>): boolean {
  return (
    parameters.kdfTime < ARGON2_MINIMUM.kdfTime ||
    parameters.kdfMemoryKiB < ARGON2_MINIMUM.kdfMemoryKiB ||
    parameters.kdfLanes < ARGON2_MINIMUM.kdfLanes
  );
}
