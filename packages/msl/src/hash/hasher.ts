/** Takes bytes in pieces of any size; `digest` returns 32 bytes and may be called in between without ending the message. */
export interface Hasher {
  update(bytes: Uint8Array): unknown;
  digest(): Uint8Array;
  release(): void;
}

export type Sha2Name = "sha256" | "sha512-256";
