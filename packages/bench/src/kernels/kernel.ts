/** A kernel of the core that is measured by itself, beside a peer whose work is bound by the same parts of a processor. */
import type { Work } from "../harness/findings.js";

interface Contestant {
  /** Package and version, or what it is. */
  readonly name: string;
  run(): unknown;
  /** What the work yields, as text: ours must equal the peer's. */
  result(): string;
}

export interface Kernel {
  readonly id: string;
  readonly title: string;
  readonly work: Work;
  /**
   * Whether a busy machine was measured to slow the peer just as it slows ours: WebAssembly that computes on little memory. Only then
   * does a changed ratio mean a changed kernel; the others are guarded by counting instructions.
   */
  readonly peerIsAlike: boolean;
  /** What is worked on. Made once, and handed to every process that measures. */
  input(): Uint8Array | Promise<Uint8Array>;
  ours(input: Uint8Array): Contestant;
  peer(input: Uint8Array): Contestant | Promise<Contestant>;
}
