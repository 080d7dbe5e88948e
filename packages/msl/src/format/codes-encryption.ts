/** Codes of the encryption extension (specification, encryption). */
import type { CodeTable } from "./codes.js";

export const EncAlgo = { Aes256Gcm: 1, XChaCha20Poly1305: 2 } as const;

export const ENC_ALGO: CodeTable = {
  width: 1,
  names: { [EncAlgo.Aes256Gcm]: "AES-256-GCM", [EncAlgo.XChaCha20Poly1305]: "XChaCha20-Poly1305" },
};

export const KdfType = { None: 0, Argon2id: 1 } as const;

export const KDF_TYPE: CodeTable = { width: 1, names: { [KdfType.None]: "none", [KdfType.Argon2id]: "Argon2id" } };

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

/** Bytes of what a mechanism writes and needs. */
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

/** Undefined for mechanisms that are not registered. */
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

export type KemMechanism = keyof typeof KEM_MECHANISMS;
