/** What `#argon2` provides. Version 0x13, type id, no secret, no associated data; 32 bytes (specification, KDFType 1). */
export interface Argon2Parameters {
  /** Passes. */
  readonly kdfTime: number;
  readonly kdfMemoryKiB: number;
  readonly kdfLanes: number;
}

/** The parameters have been checked against limits. */
export type Argon2id = (password: Uint8Array, salt: Uint8Array, parameters: Argon2Parameters) => Promise<Uint8Array>;
