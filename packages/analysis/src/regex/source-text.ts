/** The text of a regular expression while it is read. */
import { MslError } from "@memslice/msl";

const CONTROL_ESCAPES: Readonly<Record<string, number>> = { 0: 0, a: 7, t: 9, n: 10, v: 11, f: 12, r: 13, e: 27 };

/** Characters of an expression in a message. */
const SHOWN = 60;

export class SourceText {
  readonly #source: string;
  #at = 0;

  constructor(source: string) {
    this.#source = source;
  }

  get ends(): boolean {
    return this.#at >= this.#source.length;
  }

  /** The next character, or a half of it; an empty text at the end. */
  get next(): string {
    return this.#source.charAt(this.#at);
  }

  starts(text: string): boolean {
    return this.#source.startsWith(text, this.#at);
  }

  /** `pattern`: a sticky expression. */
  match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    return pattern.exec(this.#source);
  }

  skip(characters: number): void {
    this.#at += characters;
  }

  takes(text: string): boolean {
    const takes = this.starts(text);
    if (takes) this.#at += text.length;
    return takes;
  }

  /** The next character, whole. */
  take(): string {
    const character = String.fromCodePoint(this.#source.codePointAt(this.#at) ?? 0);
    this.#at += character.length;
    return character;
  }

  /** The byte that `\x41`, `\n` or an escaped sign stands for. Throws `usage` for other escapes. */
  takeEscapedByte(): number {
    const [whole, digits, letter = ""] = this.match(/\\(?:x([0-9a-fA-F]{2})|([\s\S]))/y) ?? [];
    if (whole === undefined) throw this.error("ends with a \\", "write \\\\ for the character");
    const control = CONTROL_ESCAPES[letter];
    const isSign = digits === undefined && /^[\x20-\x7e]$/.test(letter) && !/[A-Za-z0-9]/.test(letter);
    if (digits === undefined && control === undefined && !isSign) {
      throw this.error(`has the escape ${whole}`, "expected \\xNN, \\n, \\r, \\t, \\0, \\d, \\w, \\s or an escaped sign");
    }
    this.#at += whole.length;
    return digits !== undefined ? Number.parseInt(digits, 16) : (control ?? letter.charCodeAt(0));
  }

  /** The error for what stands here: `found` continues "The regular expression ...". */
  error(found: string, remedy: string): MslError {
    const shown = JSON.stringify(this.#source.length > SHOWN ? `${this.#source.slice(0, SHOWN)}…` : this.#source);
    return new MslError("usage", `The regular expression ${shown} ${found} at character ${this.#at + 1}: ${remedy}`);
  }
}
