/**
 * Private keys in the format of OpenSSH (PROTOCOL.key of OpenSSH): a magic, the names of cipher and key derivation, the public key, and the private
 * part, padded to the block size of the cipher. One key for each file, as all versions of OpenSSH write it.
 */
import { isEqual } from "./der.js";
import { bitLength, CURVES, type CurveName, isSizedAsKey, OTHER_PUBLIC_KEY, type ParsedKey } from "./parsed-key.js";

export const OPENSSH_MAGIC = "openssh-key-v1\0";

const CURVE_NAMES: Readonly<Record<string, CurveName>> = { nistp256: "P-256", nistp384: "P-384", nistp521: "P-521" };
const LONGEST_NAME = 64;
/** The most bytes of padding: the largest block size. */
const MOST_PADDING = 32;

/** The strings of the format: a length of 4 bytes, big-endian, and as many bytes. */
class StringReader {
  readonly bytes: Uint8Array;
  at: number;

  constructor(bytes: Uint8Array, at = 0) {
    this.bytes = bytes;
    this.at = at;
  }

  /** -1 behind the end. */
  number(): number {
    if (this.at + 4 > this.bytes.length) return -1;
    const value = new DataView(this.bytes.buffer, this.bytes.byteOffset + this.at, 4).getUint32(0);
    this.at += 4;
    return value;
  }

  string(): Uint8Array | undefined {
    const length = this.number();
    if (length < 0 || this.at + length > this.bytes.length) {
      this.at = this.bytes.length;
      return undefined;
    }
    this.at += length;
    return this.bytes.subarray(this.at - length, this.at);
  }

  /** A name; empty for bytes that are too long for one. */
  text(): string {
    const bytes = this.string();
    return bytes && bytes.length <= LONGEST_NAME ? String.fromCharCode(...bytes) : "";
  }

  /** A positive number without its leading zero. */
  positive(): Uint8Array {
    const bytes = this.string() ?? new Uint8Array();
    return bytes[0] === 0 ? bytes.subarray(1) : bytes;
  }
}

/** The key at the start of `bytes`, and the bytes that it takes. */
export function opensshKeyIn(bytes: Uint8Array): { readonly key: ParsedKey; readonly length: number } | undefined {
  const reader = new StringReader(bytes, OPENSSH_MAGIC.length);
  const cipher = reader.text();
  reader.string();
  reader.string();
  if (reader.number() !== 1) return undefined;
  const publicKey = reader.string();
  const stored = reader.string();
  if (!publicKey || !stored || stored.length === 0) return undefined;
  // The tag of an authenticated cipher follows the private part.
  const length = reader.at + (/gcm|poly1305/.test(cipher) ? 16 : 0);
  const key = cipher === "none" ? plainKey(stored, publicKey) : encryptedKey(publicKey);
  return key && length <= bytes.length ? { key, length } : undefined;
}

function plainKey(stored: Uint8Array, blob: Uint8Array): ParsedKey | undefined {
  const reader = new StringReader(stored);
  const check = reader.number();
  if (check < 0 || check !== reader.number()) return undefined;
  const publicParts = new StringReader(blob);
  const type = reader.text();
  const isOfType = publicParts.text() === type;
  const found = fieldsOf(type, reader, publicParts);
  if (!found || reader.string() === undefined) return undefined;
  const padding = stored.subarray(reader.at);
  if (padding.length > MOST_PADDING || padding.some((value, i) => value !== i + 1)) return undefined;
  return isOfType && found.isOnePublicKey ? found.key : { ...found.key, problem: OTHER_PUBLIC_KEY };
}

interface Fields {
  readonly key: Exclude<ParsedKey, { readonly kind: "aes" | "chacha20" | "certificate" | "encrypted" }>;
  /** Whether all copies of the public key are equal. */
  readonly isOnePublicKey: boolean;
}

/** The private fields. They repeat the public key, which should be that of the blob before. */
function fieldsOf(type: string, reader: StringReader, blob: StringReader): Fields | undefined {
  if (type === "ssh-ed25519") {
    const publicKey = reader.string();
    const pair = reader.string();
    if (publicKey?.length !== 32 || pair?.length !== 64) return undefined;
    const isOnePublicKey = isEqual(pair.subarray(32), publicKey) && isEqual(blob.string() ?? new Uint8Array(), publicKey);
    return { key: { kind: "ed25519", secret: pair.subarray(0, 32), publicKey }, isOnePublicKey };
  }
  if (type === "ssh-rsa") {
    const modulus = reader.positive();
    const publicExponent = reader.positive();
    const privateExponent = reader.positive();
    const coefficient = reader.positive();
    const primes = [reader.positive(), reader.positive()] as const;
    const key = { kind: "rsa" as const, modulus, publicExponent, privateExponent, primes, coefficient };
    if (!isSizedAsKey(key)) return undefined;
    return { key, isOnePublicKey: isEqual(blob.positive(), publicExponent) && isEqual(blob.positive(), modulus) };
  }
  const curve = curveOf(type, reader);
  const publicKey = reader.string();
  const number = reader.positive();
  if (!curve) return undefined;
  const { bytes } = CURVES[curve];
  if (publicKey?.length !== 1 + 2 * bytes || number.length > bytes) return undefined;
  const secret = new Uint8Array(bytes);
  secret.set(number, bytes - number.length);
  const isOnePublicKey = curveOf(type, blob) === curve && isEqual(blob.string() ?? new Uint8Array(), publicKey);
  return { key: { kind: "ec", curve, secret, publicKey }, isOnePublicKey };
}

function curveOf(type: string, reader: StringReader): CurveName | undefined {
  if (!type.startsWith("ecdsa-sha2-")) return undefined;
  const name = reader.text();
  return type === `ecdsa-sha2-${name}` ? CURVE_NAMES[name] : undefined;
}

/** Of an encrypted key the public key is known. */
function encryptedKey(blob: Uint8Array): ParsedKey | undefined {
  const reader = new StringReader(blob);
  const type = reader.text();
  if (type === "ssh-rsa") {
    reader.string();
    const publicKey = reader.positive();
    return publicKey.length > 0 ? { kind: "encrypted", of: "rsa", bits: bitLength(publicKey), publicKey } : undefined;
  }
  if (type === "ssh-ed25519") {
    const publicKey = reader.string();
    return publicKey?.length === 32 ? { kind: "encrypted", of: "ed25519", bits: 256, publicKey } : undefined;
  }
  const curve = curveOf(type, reader);
  const publicKey = reader.string();
  return curve && publicKey?.length === 1 + 2 * CURVES[curve].bytes
    ? { kind: "encrypted", of: "ec", bits: CURVES[curve].bits, publicKey }
    : undefined;
}
