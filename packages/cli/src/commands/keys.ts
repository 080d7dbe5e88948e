import type { FoundKey, KeyKind } from "@memslice/analysis";
import { MslError } from "@memslice/msl";
import { ASK_DETAILS, askCaptures, askOptions, type View } from "../asking/ask-captures.js";
import { type Command, type Invocation, openOptions } from "../command.js";
import { paddedAddress } from "../documents/place-text.js";
import { ExitStatus } from "../exit-status.js";
import { commentsOf } from "../exporting/key-log.js";
import { forEachCapture } from "../for-each-file.js";
import { wordsOf } from "../options.js";
import { HINTS, hintRows, unreadableHints } from "../tables/hints-table.js";
import { showTables, tableDetails, tableOptions, withoutEnd } from "../tables/table-command.js";
import { flowed } from "../terminal/columns.js";
import { hexText } from "../terminal/hex-text.js";
import { counted } from "../terminal/quantity-text.js";
import { safeText } from "../terminal/safe-text.js";
import { withCapture } from "../with-capture.js";

const KINDS: readonly KeyKind[] = ["aes", "chacha20", "rsa", "ec", "ed25519", "x25519", "certificate"];
/** Kinds that are looked for at multiples of 4 without --every-byte. */
const ALIGNED_KINDS: readonly KeyKind[] = ["aes", "chacha20"];
const ALIGNED_ONLY = "AES and ChaCha20 keys at multiples of 4 only (--every-byte: at all addresses)";
/** Options for the table of hints, and options for the search. */
const ONLY_HINTS = ["sort", "reverse", "csv", "key-log"];
const ONLY_FIND = ["kind", "every-byte", "range", "block", "threads"];

export const keys: Command = {
  name: "keys",
  summary: "list the keys that the capture points at, or find keys in memory",
  operands: "FILE...",
  options: {
    find: { type: "boolean", help: "search memory for keys and certificates, in place of listing Key Hints" },
    kind: { type: "strings", value: "KIND", words: KINDS, help: `find only ${KINDS.join(", ")}; may be given several times` },
    "every-byte": { type: "boolean", help: "find AES and ChaCha20 keys at every address, not only at multiples of 4" },
    "show-secrets": { type: "boolean", help: "show the bytes of keys" },
    "key-log": {
      type: "boolean",
      help: "print the TLS secrets of Key Hints as lines of a key log (RFC 9850): shows the bytes of keys",
    },
    ...askOptions("keys", "key"),
    ...tableOptions(HINTS),
  },
  details: [
    "Without --find: a line for each Key Hint: the address of the key, its kind, its protocol, its bytes in the capture (and those that the hint states),",
    "how sure the producer is, a fingerprint, its note. With --find: a line for each AES key schedule, ChaCha20 state, private key (PKCS #1, PKCS #8, SEC 1,",
    "OpenSSH; DER and PEM) and X.509 certificate, with its proof: `arithmetic` (its parts were computed from each other), `structure` or `layout`.",
    "AES schedules and ChaCha20 states that do not begin at a multiple of 4 are found with --every-byte only: a note says so. A ChaCha20 state with a key of 32",
    "bytes has `layout` as its proof: nothing in it depends on the key. EC keys are found on the curves P-256, P-384, P-521 and secp256k1, and on no others",
    "(such as brainpoolP256r1 and secp224r1), whatever the coverage says.",
    "A fingerprint is the same for the same key anywhere, and does not tell the key. Bytes of keys are shown with --show-secrets only.",
    "A hint that can be read in two ways (KEY-AMBIGUOUS) has a line for each, with `reading`: its offset counts captured bytes (`page data`) or addresses (`region`).",
    "Bytes of keys in a note are hidden as well, where they are the key in hexadecimal digits, base64 or decimal numbers, stand as in a key log, or are one run of",
    "hexadecimal digits behind `secret`, `key` or `master`. Other forms, such as octal numbers, are not recognised: they stand in the note as in the file.",
    "A line of a key log needs the client random, which the note of a hint may tell. The lines of a hint that can be read in two ways are comments (#):",
    "a program that reads them would take the wrong one for the right one. The status is 4 if there are only such lines.",
    ...ASK_DETAILS.slice(0, 2),
    "Exit status of --find: 0 a key was found, 1 none was found and everything was searched, 4 none was found, and not everything could be searched.",
    ...tableDetails(HINTS),
  ],
  examples: [
    ["msl keys evidence.msl", "the keys that the capture points at."],
    ["msl keys --find evidence.msl --kind rsa", "private RSA keys in memory."],
    ["msl keys evidence.msl --key-log > keys.log", "TLS secrets in the form that Wireshark reads."],
  ],
  run: async (invocation) => {
    const finds = invocation.options["find"] === true;
    const other = (finds ? ONLY_HINTS : ONLY_FIND).find((name) => invocation.options[name] !== undefined);
    if (other !== undefined) {
      throw new MslError("usage", `--${other} is for msl keys ${finds ? "without" : "with"} --find; see: msl help keys`);
    }
    if (finds) return findKeys(invocation);
    return invocation.options["key-log"] === true ? writeKeyLog(invocation) : listHints(invocation);
  },
};

function listHints(invocation: Invocation): Promise<ExitStatus> {
  const showSecrets = invocation.options["show-secrets"] === true;
  return showTables(HINTS, (capture, signal) => hintRows(capture, signal, showSecrets), invocation);
}

/** Prints the lines of a key log, and returns 0 if there is one. */
async function writeKeyLog(invocation: Invocation): Promise<ExitStatus> {
  const { keyLogLines } = await import("@memslice/analysis");
  const { output, signal } = invocation;
  if (output.format !== "text")
    throw new MslError("usage", "--key-log prints lines of RFC 9850, and excludes --json and --ndjson");
  let count = 0;
  let incomplete = 0;
  const status = await forEachCapture("keys", invocation, (file, input) =>
    withCapture(file, input, invocation, openOptions(invocation), async (capture) => {
      const hints = await capture.keyHints(signal);
      const { lines, leftOut } = keyLogLines(hints);
      for (const line of [...lines, ...commentsOf(leftOut)]) await output.line(line);
      count += lines.length;
      const reasons = [...new Set(leftOut.map(({ reason }) => reason))];
      const numbers = reasons.map((reason) => `${leftOut.filter((one) => one.reason === reason).length} ${reason}`);
      output.note(
        `${file}: ${counted(lines.length, "lines")} from ${counted(hints.length, "Key Hints")}${numbers.length > 0 ? `; left out: ${numbers.join(", ")}` : ""}`,
      );
      const problems = [...(await unreadableHints(capture, hints, signal)), ...withoutEnd(capture)];
      for (const problem of problems) output.note(`${file}: ${problem}`);
      if (problems.length > 0 || leftOut.some(({ candidates }) => candidates)) incomplete++;
      return ExitStatus.Done;
    }),
  );
  if (status !== ExitStatus.Done || count > 0) return status;
  return incomplete > 0 ? ExitStatus.Incomplete : ExitStatus.Finding;
}

async function findKeys(invocation: Invocation): Promise<ExitStatus> {
  const analysis = await import("@memslice/analysis");
  const { options } = invocation;
  const kinds = wordsOf(options["kind"]).map(kindOf);
  const asked = {
    ...(kinds.length > 0 && { kinds }),
    everyByte: options["every-byte"] === true,
    showSecrets: options["show-secrets"] === true,
  };
  const isAligned = !asked.everyByte && (kinds.length === 0 || ALIGNED_KINDS.some((kind) => kinds.includes(kind)));
  return askCaptures(
    {
      command: "keys",
      list: "keys",
      ...(isAligned && { restriction: ALIGNED_ONLY }),
      of: () => ({ ask: (memory, range) => analysis.findKeys(memory, { ...asked, ...range }), view: keyView(invocation) }),
    },
    invocation,
  );
}

function kindOf(word: string): KeyKind {
  const kind = KINDS.find((one) => one === word);
  if (kind) return kind;
  throw new MslError("usage", `--kind takes one of ${KINDS.join(", ")}, not ${JSON.stringify(word)}`);
}

function keyView({ output }: Invocation): View<FoundKey> {
  return {
    heading: "address             key               bytes  fingerprint       proof       region",
    text: (key, place) =>
      flowed(
        [
          output.style("bold", paddedAddress(key.address)),
          `${key.curve ?? key.kind} ${key.bits}${key.encrypted ? " locked" : ""}`.padEnd(16),
          String(key.length).padStart(5),
          key.fingerprint,
          key.proof.padEnd(10),
          `${safeText(place)} (${key.form}${key.pem ? ", PEM" : ""})`,
          ...(key.problem === undefined ? [] : [`problem: ${key.problem}`]),
          ...(key.secret ? [hexText(key.secret)] : []),
        ],
        output.lineWidth,
      ),
    json: ({ length, kind, form, pem, bits, curve, encrypted, proof, problem, fingerprint, secret }) => ({
      ...{ length, kind, form, pem, bits, ...(curve && { curve }), encrypted, proof, ...(problem && { problem }), fingerprint },
      ...(secret && { secret: hexText(secret) }),
    }),
  };
}
