/** The expected result of verification (`integrity` in a manifest), derived from a walk over the bytes. */
import type { Walk } from "./byte-walk.js";

const ZERO_HASH = "0".repeat(64);

export interface Integrity {
  readonly verdict: string;
  readonly wire: Readonly<Record<string, unknown>>;
}

export function plainIntegrity(walk: Walk): Integrity {
  const { blocks, trailingBytes, end } = walk;
  const [first] = blocks;
  const anchor = !first
    ? null
    : first.prevHash === first.previous
      ? "header-hash"
      : first.prevHash === ZERO_HASH
        ? "zero"
        : "other";
  const chainBreaks = blocks.flatMap(({ prevHash, previous }, index) => (prevHash === previous ? [] : [index]));
  const broken = anchor === "other" || chainBreaks.some((index) => index > 0 && !blocks[index]?.afterEnd);
  const truncated = blocks.findIndex(({ stored }) => stored === undefined);
  const fileHash = fileHashOf(end);
  const words = [
    broken ? "chain-broken" : "chain-ok",
    ...(anchor === "zero" ? ["anchor-zero"] : []),
    fileHash === "absent" ? "no-eoc" : `filehash-${fileHash}`,
    ...(truncated >= 0 ? ["truncated-block"] : []),
  ];
  return {
    verdict: words.join("+"),
    wire: {
      blocks: blocks.length,
      trailingBytes,
      eocIndex: end?.index ?? null,
      anchor,
      chainBreaks,
      fileHash,
      ...(truncated >= 0 && { truncatedBlock: truncated }),
    },
  };
}

/** For an encrypted capture with a matching tag; `walk`: the walk over its plaintext. */
export function sealedIntegrity({ blocks, trailingBytes, end }: Walk): Integrity {
  const fileHash = fileHashOf(end);
  const tail = fileHash === "ok" ? "" : fileHash === "absent" ? "+no-eoc" : "+filehash-mismatch";
  const prevHashAllZero = blocks.every(({ prevHash }) => prevHash === ZERO_HASH);
  const wire = { blocks: blocks.length, trailingBytes, eocIndex: end?.index ?? null, prevHashAllZero, fileHash };
  return { verdict: `aead-ok${tail}`, wire };
}

/** For an encrypted capture whose tag does not match: readers must reveal nothing of it. */
export const UNAUTHENTIC: Integrity = {
  verdict: "aead-fail",
  wire: { blocks: 0, trailingBytes: 0, eocIndex: null, prevHashAllZero: true, fileHash: "absent" },
};

function fileHashOf(end: Walk["end"]): "ok" | "mismatch" | "absent" {
  if (!end) return "absent";
  return end.stored === end.expected ? "ok" : "mismatch";
}
