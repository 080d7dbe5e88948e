/** TLS secrets of key hints as lines of a key log (RFC 9850), the file that Wireshark and others decrypt connections with. */
import type { KeyHint } from "@memslice/msl";
import { callback, requireOptions, tableOf } from "@memslice/msl/work";
import { hexOf } from "./fingerprint.js";
import { isAmbiguous } from "./hinted-keys.js";

/** Labels of TLS 1.3 (RFC 9850, section 2.1), which also DTLS 1.3 and QUIC use; CLIENT_RANDOM is that of TLS 1.2 and before (section 2.2). */
const LABELS = [
  "CLIENT_RANDOM",
  "CLIENT_EARLY_TRAFFIC_SECRET",
  "EARLY_EXPORTER_SECRET",
  "CLIENT_HANDSHAKE_TRAFFIC_SECRET",
  "SERVER_HANDSHAKE_TRAFFIC_SECRET",
  "CLIENT_TRAFFIC_SECRET_0",
  "SERVER_TRAFFIC_SECRET_0",
  "EXPORTER_SECRET",
] as const;

/** What a secret is for. */
export type KeyLogLabel = (typeof LABELS)[number];

/** Options of `keyLogLines`. */
export interface KeyLogOptions {
  /** The 32 bytes of ClientHello.random of the connection that a hint belongs to. Default: the note of the hint tells it. */
  readonly clientRandomOf?: (hint: KeyHint) => Uint8Array | undefined;
  /** The label of a hint. Default: CLIENT_RANDOM for a master secret of TLS 1.2 or DTLS 1.2; otherwise the label that the note of the hint names. */
  readonly labelOf?: (hint: KeyHint) => KeyLogLabel | undefined;
}

export const KEY_LOG = tableOf<KeyLogOptions>("keyLogLines")({ clientRandomOf: callback(), labelOf: callback() });

/** Why a hint has no line. */
export type KeyLogGap = "not TLS" | "no label" | "no client random" | "no secret of the right size" | "can be read in two ways";

/** A hint that has no line. */
export interface KeyLogOmission {
  readonly hint: KeyHint;
  readonly reason: KeyLogGap;
  /** Of a hint that can be read in two ways, the lines that it could have: at most one of them is right. They have the bytes of keys. */
  readonly candidates?: readonly string[];
}

/** The lines of a key log (RFC 9850), and the hints that have none. */
export interface KeyLog {
  /** A line for each secret, without line breaks. They have the bytes of keys. */
  readonly lines: readonly string[];
  readonly leftOut: readonly KeyLogOmission[];
}

/** Protocol of a Key Hint: TLS 1.2, TLS 1.3, DTLS 1.2, DTLS 1.3, QUIC, PQ-TLS. */
const TLS_PROTOCOLS: ReadonlySet<number> = new Set([1, 2, 3, 4, 5, 9]);
const BEFORE_1_3: ReadonlySet<number> = new Set([1, 3]);
const MASTER_SECRET = 2;

const RANDOM_BYTES = 32;
/** A master secret of TLS 1.2; a secret of TLS 1.3 is as long as the hash of its cipher suite. */
const MASTER_BYTES = 48;
const SECRET_BYTES: ReadonlySet<number> = new Set([32, 48]);

/** More characters of a note are not read. */
const NOTE_CHARACTERS = 4096;

/**
 * The secrets of `capture.keyHints()` as lines of a key log. Notes tell a client random as `client_random`, `client random` or a label, followed by 64
 * hex digits. A hint that can be read in two ways has no line: programs that read key
 * logs keep one secret for each label and client random, and a wrong one would hide a right one of another line. Throws `usage`.
 */
export function keyLogLines(hints: readonly KeyHint[], options: KeyLogOptions = {}): KeyLog {
  requireOptions(KEY_LOG, options);
  const { clientRandomOf = randomInNote, labelOf = labelOfHint } = options;
  const lines: string[] = [];
  const leftOut: KeyLogOmission[] = [];
  for (const hint of hints) {
    const line = lineOf(hint, clientRandomOf, labelOf);
    if ("reason" in line) leftOut.push({ hint, ...line });
    else lines.push(line.text);
  }
  return { lines, leftOut };
}

type Line = { readonly text: string } | Omit<KeyLogOmission, "hint">;

function lineOf(
  hint: KeyHint,
  clientRandomOf: (hint: KeyHint) => Uint8Array | undefined,
  labelOf: (hint: KeyHint) => KeyLogLabel | undefined,
): Line {
  if (!TLS_PROTOCOLS.has(hint.hint.protocol)) return { reason: "not TLS" };
  const label = labelOf(hint);
  if (!label || !LABELS.includes(label)) return { reason: "no label" };
  const random = clientRandomOf(hint);
  if (random?.length !== RANDOM_BYTES) return { reason: "no client random" };
  const isSized = ({ length }: Uint8Array) => (label === "CLIENT_RANDOM" ? length === MASTER_BYTES : SECRET_BYTES.has(length));
  const secrets = hint.candidates
    .map(({ bytes }) => bytes)
    .filter((bytes) => bytes.length === hint.hint.keyLen && isSized(bytes));
  const lines = secrets.map((secret) => `${label} ${hexOf(random)} ${hexOf(secret)}`);
  const [text] = lines;
  if (text === undefined) return { reason: "no secret of the right size" };
  return isAmbiguous(hint) || lines.length > 1 ? { reason: "can be read in two ways", candidates: lines } : { text };
}

/** A note may name its label and, as lines of a key log do, CLIENT_RANDOM as the name of the random. */
function labelOfHint({ hint }: KeyHint): KeyLogLabel | undefined {
  if (BEFORE_1_3.has(hint.protocol)) return hint.keyType === MASTER_SECRET ? "CLIENT_RANDOM" : undefined;
  const note = hint.note.slice(0, NOTE_CHARACTERS);
  return LABELS.find((label) => label !== "CLIENT_RANDOM" && new RegExp(`(?<![A-Z_])${label}(?![A-Z_0-9])`).test(note));
}

function randomInNote({ hint }: KeyHint): Uint8Array | undefined {
  const note = hint.note.slice(0, NOTE_CHARACTERS);
  const names = ["client[ _-]?random", ...LABELS].join("|");
  const digits = new RegExp(`(?:${names})[ :=]{1,3}([0-9a-f]{64})(?![0-9a-f])`, "i").exec(note)?.[1];
  if (digits === undefined) return undefined;
  return Uint8Array.from({ length: RANDOM_BYTES }, (_, i) => Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16));
}
