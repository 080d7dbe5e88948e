/** What a worker that derives a key is told, and what it tells. */
import type { Argon2Parameters } from "./argon2.js";

export interface DerivationTask {
  readonly kind: "argon2";
}

export interface DerivationJob {
  readonly password: Uint8Array;
  readonly salt: Uint8Array;
  readonly parameters: Argon2Parameters;
}

export type DerivationMessage =
  /** The first message: the worker takes its job. */
  { readonly kind: "ready" } | { readonly kind: "derived"; readonly key: Uint8Array } | { readonly kind: "failed" };
