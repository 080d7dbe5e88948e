/** What the program that wrote a capture was given, or what an independent decoder read: NAME.json beside NAME.msl. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

interface RecordedBlock {
  readonly type: number;
  readonly afterEoc?: boolean;
  /** Whether the data ends inside the block. */
  readonly truncated?: boolean;
  readonly payload?: object;
}

interface Recorded {
  readonly header: { readonly capBitmap: string };
  readonly blocks: readonly RecordedBlock[];
  readonly integrity: { readonly verdict: string };
  readonly features?: readonly string[] | null;
  readonly secrets?: Readonly<Record<string, string>> | null;
}

/** The option that takes each kind of secret. */
const OPTIONS = [
  ["passphrase", "--passphrase-file"],
  ["rawKeyHex", "--key-file"],
  ["kemPrivateKeyHex", "--private-key-file"],
] as const;

export class RecordedCapture {
  readonly #json: Recorded;
  readonly #name: string;

  constructor(path: string) {
    this.#json = JSON.parse(readFileSync(path, "utf8"));
    this.#name = basename(path, ".json");
  }

  /** The options that open the capture; none if it is not encrypted. Writes the secret into a file of `folder`. */
  keyOptions(folder: string): string[] {
    const secrets = this.#json.secrets ?? {};
    const [kind, option] = OPTIONS.find(([kind]) => secrets[kind] !== undefined) ?? [];
    if (kind === undefined || option === undefined) return [];
    const path = join(folder, `${this.#name}.secret`);
    writeFileSync(path, secrets[kind] ?? "");
    return [option, path];
  }

  /** The status of every command if the capture cannot be opened. */
  get statusOfRefusal(): 1 | 3 | undefined {
    if (this.#json.features?.includes("reject")) return 3;
    return this.#json.integrity.verdict === "aead-fail" ? 1 : undefined;
  }

  /** Whether the data ends before End-of-Capture. */
  get isCutOff(): boolean {
    return /no-eoc|truncated-block/.test(this.#json.integrity.verdict);
  }

  /** Whether a block cannot be decoded as a whole. */
  get hasDamage(): boolean {
    return this.#json.blocks.some(isDamaged);
  }

  /** Whether a block of one of the types cannot be decoded as a whole, or has another layout than its type. */
  hasUnread(types: readonly number[]): boolean {
    const blocks = this.#json.blocks.filter(({ type }) => types.includes(type));
    return blocks.some((block) => isDamaged(block) || (block.payload !== undefined && "raw" in block.payload));
  }

  /** Whether the bit of CapBitmap announces a content, and no block has one of its types. */
  lacks(bit: number, types: readonly number[]): boolean {
    const announced = ((BigInt(this.#json.header.capBitmap) >> BigInt(bit)) & 1n) === 1n;
    return announced && !this.#json.blocks.some(({ type, afterEoc }) => types.includes(type) && afterEoc !== true);
  }
}

function isDamaged({ payload, truncated }: RecordedBlock): boolean {
  return payload === undefined || truncated === true;
}

/** undefined if nothing was recorded about the capture. */
export function recordedOf(capture: string): RecordedCapture | undefined {
  const path = capture.replace(/msl$/, "json");
  return existsSync(path) ? new RecordedCapture(path) : undefined;
}
