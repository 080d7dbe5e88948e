/** How the payload of a block was compressed elsewhere: it goes over as it is where that holds the very payload. */

export interface OfferedPayload {
  /** Most bytes that `load` brings into memory. */
  readonly size: number;
  /** Data in which the payload may be, in arrays of their own. */
  load(): Promise<readonly Uint8Array[]>;
  /** It went over. */
  take(): void;
}
