import { MslError } from "../errors.js";
import { KEM_MECHANISMS, type KemMechanism } from "../format/codes-encryption.js";
import type { KeyPair } from "./kem.js";

/** A new key pair of a recipient, from the platform's random generator. Throws `usage` for a name that is no mechanism's. */
export async function generateKeyPair(mechanism: KemMechanism): Promise<KeyPair> {
  const code = KEM_MECHANISMS[mechanism];
  if (code === undefined) {
    throw new MslError("usage", `There is no mechanism ${mechanism}; there are: ${Object.keys(KEM_MECHANISMS).join(", ")}`);
  }
  const { keyPairOf, newKeySeed } = await import("./kem.js");
  const seed = newKeySeed(code);
  try {
    return keyPairOf(code, seed);
  } finally {
    seed.fill(0);
  }
}
