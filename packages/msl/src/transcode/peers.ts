/**
 * What other programs can read of a conforming capture (docs/interoperability.md has the versions and more). An output for one of them is
 * a conforming capture that keeps to that, and gives up the rest.
 */
import type { EncryptionOptions } from "../encryption/sealing-keys.js";
import { MslError } from "../errors.js";
import { BlockType } from "../format/codes.js";
import type { TranscodeCompression, TranscodeOptions } from "./options.js";

export type PeerName = "memslicer" | "memdiver" | "libmsl";

export interface Peer {
  /** As people write it. */
  readonly name: string;
  /** How payloads may be stored; the first is taken where the choice is to keep what the source has, and that is none of them. */
  readonly compressions: readonly TranscodeCompression[];
  /** Types that it takes for something else, and why. */
  readonly misread: ReadonlyMap<number, string>;
  /** Whether regions may be in several blocks. */
  readonly fragments: boolean;
  /** Why it cannot open the output; undefined for one that it can. */
  readonly refuses: (encryption: EncryptionOptions | undefined) => string | undefined;
  /** What it will say or show that is not so. */
  readonly remarks: readonly string[];
}

const MEMSLICER: Peer = {
  name: "memslicer",
  compressions: ["none", "zstd", "zstd-fast", "lz4", "auto"],
  misread: new Map([[BlockType.ConnectivityTable, "it uses the code of a Connectivity Table for kernel symbols of its own"]]),
  fragments: false,
  refuses: (encryption) => {
    if (encryption === undefined) return undefined;
    if ("recipientPublicKey" in encryption)
      return "it opens encrypted captures by a passphrase or a key alone, not for a recipient";
    return encryption.cipher === "xchacha20-poly1305" ? "it has no cipher but AES-256-GCM" : undefined;
  },
  remarks: [
    "memslicer writes another layout of System Context under the same type: what it makes of the specified one was not tried",
  ],
};

const MEMDIVER: Peer = {
  name: "MemDiver",
  compressions: ["none"],
  misread: new Map(),
  fragments: false,
  refuses: () => undefined,
  remarks: [
    "MemDiver reports the chain of every conforming capture as broken at block 0, since it expects zeros as PrevHash there",
    "MemDiver takes RegionOffset of Key Hints for an offset in the region, and HandleType 5 to 7 for mutex, timer and other",
  ],
};

/** Its reader ends at the first type that it does not know, and conforming captures begin with such a one. */
const LIBMSL_REFUSES =
  "libmsl reads no conforming capture: it stops at the first block type that it does not know, and captures begin with Process Identity or Import " +
  "Provenance, which are none of its types; it also takes the heads of 1.1 regions for others. What it could read would not conform";

/** Undefined where the output is for no program in particular. Throws `usage` for what that program could not read. */
export function peerOf(
  options: Pick<TranscodeOptions, "for" | "compression" | "encryption" | "keepNonConforming">,
): Peer | undefined {
  if (options.for === undefined) return undefined;
  if (options.for === "libmsl") throw new MslError("usage", LIBMSL_REFUSES);
  const peer = options.for === "memdiver" ? MEMDIVER : MEMSLICER;
  const { compression = "keep", encryption, keepNonConforming } = options;
  if (compression !== "keep" && !peer.compressions.includes(compression)) {
    throw new MslError(
      "usage",
      `${peer.name} reads no payloads compressed with ${compression}: leave the choice out, or take none`,
    );
  }
  const refused = peer.refuses(encryption);
  if (refused !== undefined) throw new MslError("usage", `${peer.name} cannot open such a capture: ${refused}`);
  if (keepNonConforming) {
    throw new MslError("usage", `What is written for ${peer.name} conforms: keepNonConforming does not go with it`);
  }
  return peer;
}

/** How payloads are stored for a peer. */
export function compressionFor({ compressions }: Peer, choice: TranscodeCompression): TranscodeCompression {
  return choice === "keep" && compressions.length === 1 ? (compressions[0] ?? choice) : choice;
}

export function fragmentsRefused({ name }: Peer): string {
  return `${name} reads no regions in several blocks`;
}
