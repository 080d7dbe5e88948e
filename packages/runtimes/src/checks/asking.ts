/**
 * Checks of questions to memory. What is expected comes from naive loops over the bytes, from definitions, or from published values: never from the
 * package itself.
 */
import type { Memory } from "@memslice/analysis";
import type { Check, Environment } from "./check.js";
import { hex, requireEqual } from "./require.js";

const SAMPLE = "ms-basic-plain";
const BASE = 0x7f00_0000_0000n;
/** Bytes of memory that is large enough for several threads. */
const LARGE = 24 << 20;
const FIRST_WAIT_MS = 100;

/** FIPS 197, appendix A.1: a key, and the last of its round keys. */
const AES_KEY = "2b7e151628aed2a6abf7158809cf4f3c";
const AES_LAST_ROUND_KEY = "d014f9a8c9ee2589e13f0cc8b6630ca6";
/** RFC 8410, section 10.3: a private key of Ed25519. */
const ED25519 = `-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC
-----END PRIVATE KEY-----
`;
/** Its seed, as the section names it. */
const ED25519_SEED = "d4ee72dbf913584ad5b6d8f1f769f8ad3afe7c28cbf1d4fbe097a88f44755842";

export const ASKING: readonly Check[] = [
  {
    name: "searches memory for bytes and texts, and for a thousand patterns at once",
    run: async (environment) => {
      const { hexPattern, search, textPattern } = environment.analysis;
      const { memory, runs } = await memoryOf(environment);
      const bytes = hexPattern("00 ?? 41 8a");
      const isMatch = (run: Uint8Array, at: number) => run[at] === 0 && run[at + 2] === 0x41 && run[at + 3] === 0x8a;
      await requireMatches("bytes", search(memory, [bytes]), placesOf(runs, 4, isMatch));
      const text = textPattern("HEAP BLOCK", { ignoreCase: true });
      const isText = (run: Uint8Array, at: number) => asText(run.subarray(at, at + 10)).toLowerCase() === "heap block";
      await requireMatches("text", search(memory, [text]), placesOf(runs, 10, isText));
      const many = Array.from({ length: 1000 }, (_, i) => textPattern(i === 500 ? "heap block" : `no such text ${i}`));
      await requireMatches("many patterns", search(memory, many), placesOf(runs, 10, isText));
    },
  },
  {
    name: "searches memory for regular expressions",
    run: async (environment) => {
      const { regexPattern, search } = environment.analysis;
      const { memory, runs } = await memoryOf(environment);
      // The engine of the runtime, over the bytes as characters of Latin-1.
      const expected = runs.flatMap(({ start, bytes }) =>
        Array.from(asText(bytes).matchAll(/[0-9a-f]{4,6} h(?:eap|op)\s+[^ -`]*b\w+/g), ({ index, 0: found }) => [
          start + BigInt(index),
          found.length,
        ]),
      );
      const found: (readonly [bigint, number])[] = [];
      const pattern = regexPattern("[0-9a-f]{4,6} h(?:eap|op)\\s+[^ -`]*b\\w+");
      for await (const matches of search(memory, [pattern]))
        for (const { address, length } of matches) found.push([address, length]);
      requireSome(expected.length);
      requireEqual("matches of an expression", found, expected);
    },
  },
  {
    name: "scans memory with YARA rules, where @virustotal/yara-x is installed",
    needs: "yara",
    run: async (environment) => {
      const { memory, runs } = await memoryOf(environment);
      const rules =
        'rule often { strings: $text = "heap block" condition: #text > 2 } rule never { strings: $no = "no such text" condition: $no }';
      const isText = (run: Uint8Array, at: number) => asText(run.subarray(at, at + 10)) === "heap block";
      const often = runs.filter((run) => placesOf([run], 10, isText).length > 2);
      await requireMatches("matches of a rule", environment.analysis.scanYara(memory, rules), placesOf(often, 10, isText));
    },
  },
  {
    name: "names the reason why YARA rules cannot be scanned",
    run: async ({ analysis }) => {
      const memory = new analysis.FlatMemory(new Uint8Array(16), BASE);
      const engine = { script: "file:///nothing/yara-x.js" };
      let reason: unknown;
      try {
        for await (const _ of analysis.scanYara(memory, "rule any { condition: true }", { engine }));
      } catch (error) {
        reason = error;
      }
      const { code, message } = (reason ?? {}) as { readonly code?: string; readonly message?: string };
      requireEqual("the code", code, "unsupported-runtime");
      requireEqual("whether the message tells about worker or package", /worker|yara-x/.test(message ?? ""), true);
    },
  },
  {
    name: "lists the strings in memory",
    run: async (environment) => {
      const { memory, runs } = await memoryOf(environment);
      const expected = runs.flatMap(({ start, bytes }) =>
        Array.from(asText(bytes).matchAll(/[\t\x20-\x7e]{8,}/g), ({ index, 0: found }) => [start + BigInt(index), found]),
      );
      const found: (readonly [bigint, string])[] = [];
      for await (const batch of environment.analysis.strings(memory, { minimum: 8, encodings: ["ascii"] })) {
        for (const { address, text } of batch) found.push([address, text]);
      }
      requireSome(found.length);
      requireEqual("strings", found, expected);
      const utf16 = Uint8Array.from([1, 1, ...Array.from("Secret", (letter) => [letter.charCodeAt(0), 0]).flat(), 1, 1]);
      const texts: (readonly [bigint, string])[] = [];
      const wide = environment.analysis.strings(new environment.analysis.FlatMemory(utf16, BASE), { encodings: ["utf-16le"] });
      for await (const batch of wide) texts.push(...batch.map(({ address, text }) => [address, text] as const));
      requireEqual("strings of UTF-16LE", texts, [[BASE + 2n, "Secret"]]);
    },
  },
  {
    name: "gives the entropy of windows of memory",
    run: async (environment) => {
      const { memory, runs } = await memoryOf(environment);
      const expected = runs.flatMap(({ start, bytes }) =>
        Array.from({ length: bytes.length / 4096 }, (_, i) => [
          start + BigInt(4096 * i),
          shannon(bytes.subarray(4096 * i, 4096 * (i + 1))).toFixed(6),
        ]),
      );
      const found: (readonly [bigint, string])[] = [];
      for await (const { addresses, entropies } of environment.analysis.entropy(memory))
        for (const [i, address] of addresses.entries()) found.push([address, (entropies[i] ?? -1).toFixed(6)]);
      requireSome(found.length);
      requireEqual("entropies", found, expected);
    },
  },
  {
    name: "finds keys in memory: AES schedules and private keys",
    run: async ({ analysis }) => {
      const bytes = new Uint8Array(0x3000);
      bytes.set(aesSchedule(AES_KEY), 0x1004);
      bytes.set(new TextEncoder().encode(ED25519), 0x2001);
      const found = [];
      for await (const keys of analysis.findKeys(new analysis.FlatMemory(bytes, BASE), { showSecrets: true }))
        found.push(...keys);
      requireEqual(
        "keys",
        found.map(({ address, kind, bits }) => [address, kind, bits]),
        [
          [BASE + 0x1004n, "aes", 128],
          [BASE + 0x2001n, "ed25519", 256],
        ],
      );
      requireEqual("the AES key", hex(found[0]?.secret ?? new Uint8Array()), AES_KEY);
      requireEqual("the seed", hex(found[1]?.secret ?? new Uint8Array()).includes(ED25519_SEED), true);
    },
  },
  {
    name: "searches in several threads with the answers of one thread (in one thread without workers)",
    run: async ({ analysis }) => {
      const bytes = largeMemory(LARGE);
      const expected = Array.from({ length: LARGE / 65_536 }, (_, i) => BASE + BigInt(65_536 * i + (i % 1000)));
      for (const threads of [1, 3, "auto"] as const) {
        const answer = analysis.search(new analysis.FlatMemory(bytes, BASE), [analysis.textPattern("needle")], { threads });
        await requireMatches(`threads: ${threads}`, answer, expected);
        requireEqual("bytes searched", answer.coverage.searched, BigInt(LARGE));
      }
    },
  },
  {
    name: "searches in a thread",
    needs: "workers",
    run: async ({ analysis, messagesHeard }) => {
      const before = messagesHeard("looked");
      const flat = new analysis.FlatMemory(largeMemory(64 << 20), BASE);
      // The caller's thread searches too: slow reads leave time for workers to start, more and more on a busy machine.
      let wait = FIRST_WAIT_MS;
      const memory: Memory = {
        ranges: (from, to) => flat.ranges(from, to),
        readInto: async (target, address) => {
          if (messagesHeard("looked") === before) await new Promise((resolve) => setTimeout(resolve, wait));
          wait *= 1.25;
          return flat.readInto(target, address);
        },
      };
      const answer = analysis.search(memory, [analysis.textPattern("needle")], { threads: 2 });
      let count = 0;
      for await (const matches of answer) count += matches.length;
      requireEqual("matches", count, (64 << 20) / 65_536);
      requireEqual("whether a thread has searched", messagesHeard("looked") > before, true);
    },
  },
];

interface Run {
  readonly start: bigint;
  readonly bytes: Uint8Array;
}

/** The memory of a sample, and its captured runs, of which no two touch. */
async function memoryOf({ msl, bytes }: Environment): Promise<{ readonly memory: Memory; readonly runs: readonly Run[] }> {
  const { memory } = await msl.openCapture(await bytes(SAMPLE));
  const runs: Run[] = [];
  for await (const { start, end } of memory.ranges())
    runs.push({ start, bytes: (await memory.read(start, Number(end - start))).bytes() });
  return { memory, runs };
}

function placesOf(runs: readonly Run[], length: number, isMatch: (bytes: Uint8Array, at: number) => boolean): bigint[] {
  const places: bigint[] = [];
  for (const { start, bytes } of runs)
    for (let at = 0; at + length <= bytes.length; at++) if (isMatch(bytes, at)) places.push(start + BigInt(at));
  return places;
}

async function requireMatches(
  what: string,
  answer: AsyncIterable<readonly { readonly address: bigint }[]>,
  expected: readonly bigint[],
): Promise<void> {
  const found: bigint[] = [];
  for await (const matches of answer) found.push(...matches.map(({ address }) => address));
  requireSome(expected.length);
  requireEqual(what, found, expected);
}

function requireSome(count: number): void {
  if (count === 0) throw new Error("nothing is expected: the check is blind");
}

function asText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => String.fromCharCode(byte)).join("");
}

/** Shannon's definition. */
function shannon(bytes: Uint8Array): number {
  const counts = new Map<number, number>();
  for (const byte of bytes) counts.set(byte, (counts.get(byte) ?? 0) + 1);
  let sum = 0;
  for (const count of counts.values()) sum -= (count / bytes.length) * Math.log2(count / bytes.length);
  return Math.abs(sum);
}

/** A needle in each 64 KiB. */
function largeMemory(length: number): Uint8Array {
  const bytes = new Uint8Array(length).fill(0x2e);
  const needle = new TextEncoder().encode("needle");
  for (let i = 0; i < length / 65_536; i++) bytes.set(needle, 65_536 * i + (i % 1000));
  return bytes;
}

/** The expanded key (FIPS 197, section 5.2), as bytes: 11 round keys. */
function aesSchedule(key: string): Uint8Array {
  const schedule = new Uint8Array(176);
  for (let i = 0; i < 16; i++) schedule[i] = Number.parseInt(key.slice(2 * i, 2 * i + 2), 16);
  let constant = 1;
  for (let at = 16; at < schedule.length; at += 4) {
    let word = Array.from(schedule.subarray(at - 4, at));
    if (at % 16 === 0) {
      word = [...word.slice(1), ...word.slice(0, 1)].map(substituted);
      word[0] = (word[0] ?? 0) ^ constant;
      constant = doubled(constant);
    }
    for (let i = 0; i < 4; i++) schedule[at + i] = (schedule[at + i - 16] ?? 0) ^ (word[i] ?? 0);
  }
  requireEqual("the last round key of FIPS 197", hex(schedule.subarray(160)), AES_LAST_ROUND_KEY);
  return schedule;
}

/** The S-box (section 5.1.1): the inverse in GF(2^8), then an affine map. */
function substituted(byte: number): number {
  let inverse = 0;
  for (let other = 1; other < 256 && byte !== 0; other++) if (product(byte, other) === 1) inverse = other;
  let result = 0x63;
  for (let turn = 0; turn < 5; turn++) result ^= ((inverse << turn) | (inverse >> (8 - turn))) & 0xff;
  return result;
}

function product(a: number, b: number): number {
  let sum = 0;
  for (let [left, right] = [a, b]; right > 0; right >>= 1, left = doubled(left)) if ((right & 1) === 1) sum ^= left;
  return sum;
}

function doubled(byte: number): number {
  return ((byte << 1) ^ (byte >= 0x80 ? 0x11b : 0)) & 0xff;
}
