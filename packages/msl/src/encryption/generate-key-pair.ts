import { MslError } from "../errors.js";
import { KEM_MECHANISMS, type KemMechanism } from "../format/encryption-extension.js";
import { shownName } from "../options/rule-text.js";
import type { KeyPair } from "./kem.js";

/** A new key pair of a recipient, from the platform's random generator. Throws `usage` for a name that is no mechanism's. */
export async function generateKeyPair(mechanism: KemMechanism): Promise<KeyPair> {
  if (!Object.hasOwn(KEM_MECHANISMS, mechanism)) {
    const given = typeof mechanism === "string" ? shownName(mechanism) : `of the type ${typeof mechanism}`;
    throw new MslError("usage", `There is no mechanism ${given}; there are: ${Object.keys(KEM_MECHANISMS).join(", ")}`);
  }
  const code = KEM_MECHANISMS[mechanism];
  const { keyPairOf, newKeySeed } = await import("./kem.js");
  const seed = newKeySeed(code);
  try {
    return keyPairOf(code, seed);
  } finally {
    seed.fill(0);
  }
}
