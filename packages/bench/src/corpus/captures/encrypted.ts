/**
 * Encrypted captures with both ciphers and every source of the key. Values that should be random are derived from the seed, so their
 * secrets protect nothing.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { EncryptionOptions, KemMechanism, SealRandomness } from "@memslice/msl";
import { argon2id } from "hash-wasm";
import { FIXTURES } from "../../captures/fixtures.js";
import type { Facts } from "../facts.js";
import { hexOf } from "../hashes.js";
import { keyHint, modules, processIdentity, recipe, region, someMemory } from "../process.js";
import type { CaptureKind, EncryptionExtension, EncryptionRecipe } from "../recipe.js";

const CIPHERS = {
  "aes-256-gcm": { encAlgo: 1, nonceBytes: 12, short: "aes", title: "AES-256-GCM" },
  "xchacha20-poly1305": { encAlgo: 2, nonceBytes: 24, short: "xchacha", title: "XChaCha20-Poly1305" },
} as const;
type Cipher = keyof typeof CIPHERS;

/** Values of KeyEncap in the specification. `fixture`: a capture by another writer; the key pair recorded for it is the recipient's. */
const MECHANISMS = {
  x25519: { keyEncap: 1, kemCtLen: 32, seedBytes: 32, fixture: "md-enc-x25519", title: "X25519" },
  "ml-kem-768": { keyEncap: 2, kemCtLen: 1088, seedBytes: 32, fixture: "md-enc-mlkem768", title: "ML-KEM-768" },
  "ml-kem-1024": { keyEncap: 3, kemCtLen: 1568, seedBytes: 32, fixture: "md-enc-mlkem1024", title: "ML-KEM-1024" },
  "x25519-ml-kem-768": { keyEncap: 4, kemCtLen: 1120, seedBytes: 64, fixture: "md-enc-hybrid", title: "X25519 and ML-KEM-768" },
} as const satisfies Record<KemMechanism, object>;

/** Argon2id parameters: the minimum of the specification. */
const PASSES = 3;
const MEMORY_KIB = 65_536;
const LANES = 4;

type Making = (facts: Facts, cipher: Cipher) => EncryptionRecipe | Promise<EncryptionRecipe>;

export const ENC_RAW = encrypted("aes-256-gcm", "raw", "a raw key", withRawKey);

export const ENCRYPTED: readonly CaptureKind[] = [
  ENC_RAW,
  encrypted("xchacha20-poly1305", "raw", "a raw key", withRawKey),
  encrypted("aes-256-gcm", "passphrase", "a passphrase", withPassphrase),
  encrypted("aes-256-gcm", "x25519", MECHANISMS.x25519.title, forRecipient("x25519")),
  encrypted("xchacha20-poly1305", "ml-kem-768", MECHANISMS["ml-kem-768"].title, forRecipient("ml-kem-768")),
  encrypted("aes-256-gcm", "ml-kem-1024", MECHANISMS["ml-kem-1024"].title, forRecipient("ml-kem-1024")),
  encrypted("xchacha20-poly1305", "hybrid", MECHANISMS["x25519-ml-kem-768"].title, forRecipient("x25519-ml-kem-768")),
];

function encrypted(cipher: Cipher, name: string, secret: string, making: Making): CaptureKind {
  const { short, title } = CIPHERS[cipher];
  return {
    name: `enc-${short}-${name}`,
    about: `encrypted with ${title}, the key by ${secret}; plain and compressed blocks inside`,
    features: ["encrypted"],
    async recipe(facts) {
      const encryption = await making(facts, cipher);
      const blocks = () => {
        const heap = region(facts, 40, { hasKeyHints: true });
        const memory = [...someMemory(facts, "zstd"), region(facts, 9, { compression: "lz4" })];
        return [processIdentity(facts), ...modules(facts, 2), heap, ...memory, keyHint(facts, heap, 4096)];
      };
      return recipe(facts, blocks, { encryption });
    },
  };
}

function withRawKey({ random }: Facts, cipher: Cipher): EncryptionRecipe {
  const key = random.bytes(32);
  return encryptionRecipe(
    { cipher, key },
    cipher,
    { nonce: random.bytes(CIPHERS[cipher].nonceBytes) },
    { rawKeyHex: hexOf(key) },
  );
}

async function withPassphrase({ random }: Facts, cipher: Cipher): Promise<EncryptionRecipe> {
  const passphrase = `pässwörd ${random.u32()}`;
  const salt = random.bytes(16);
  const nonce = random.bytes(CIPHERS[cipher].nonceBytes);
  const derivedKeyHex = await argon2id({
    password: passphrase,
    salt,
    iterations: PASSES,
    memorySize: MEMORY_KIB,
    parallelism: LANES,
    hashLength: 32,
    outputType: "hex",
  });
  const kdf = { kdfType: 1, kdfTime: PASSES, kdfMemoryKiB: MEMORY_KIB, kdfLanes: LANES, kdfSaltHex: hexOf(salt) };
  return encryptionRecipe({ cipher, passphrase }, cipher, { nonce, salt }, { passphrase, derivedKeyHex }, kdf);
}

function forRecipient(mechanism: KemMechanism): Making {
  return ({ random }, cipher) => {
    const { keyEncap, kemCtLen, seedBytes, fixture } = MECHANISMS[mechanism];
    const { publicKey, kemPrivateKeyHex } = keyPairOf(fixture);
    const nonce = random.bytes(CIPHERS[cipher].nonceBytes);
    const randomness = { nonce, encapsulationSeed: random.bytes(seedBytes) };
    const options = { cipher, mechanism, recipientPublicKey: publicKey };
    return encryptionRecipe(options, cipher, randomness, { kemPrivateKeyHex }, { keyEncap, kemCtLen });
  };
}

/** A key pair made by another implementation. */
function keyPairOf(fixture: string): { publicKey: Uint8Array; kemPrivateKeyHex: string } {
  const { secrets } = JSON.parse(readFileSync(join(FIXTURES, `${fixture}.json`), "utf8"));
  return { publicKey: new Uint8Array(Buffer.from(secrets.kemPublicKeyHex, "hex")), kemPrivateKeyHex: secrets.kemPrivateKeyHex };
}

function encryptionRecipe(
  options: EncryptionOptions,
  cipher: Cipher,
  randomness: Partial<SealRandomness> & { readonly nonce: Uint8Array },
  secrets: Readonly<Record<string, string>>,
  extension: Partial<EncryptionExtension> = {},
): EncryptionRecipe {
  const none = { kdfType: 0, keyEncap: 0, kdfTime: 0, kdfMemoryKiB: 0, kdfLanes: 0, kemCtLen: 0, kdfSaltHex: "00".repeat(16) };
  const nonceHex = hexOf(randomness.nonce).padEnd(48, "0");
  return { options, randomness, secrets, extension: { encAlgo: CIPHERS[cipher].encAlgo, nonceHex, ...none, ...extension } };
}
