/** Notes of Key Hints in the JSON of blocks, without the bytes of keys that they tell. */
import { BlockType, type Capture, type CaptureBlock, type JsonObject, type JsonValue } from "@memslice/msl";

/** The members of a block's JSON that may have a note. */
const PARTS = ["payload", "partial"] as const;

export class HintNotes {
  readonly #capture: Capture;
  readonly #signal: AbortSignal;
  /** The notes of the hints that can be read, without keys, by the index of their block. */
  #hidden: Promise<ReadonlyMap<number, string>> | undefined;

  constructor(capture: Capture, signal: AbortSignal) {
    this.#capture = capture;
    this.#signal = signal;
  }

  /** The JSON of the block as it is, or with the note that `msl keys` shows. */
  async withoutKeys(block: CaptureBlock, json: JsonObject): Promise<JsonObject> {
    if (block.type !== BlockType.KeyHint) return json;
    const hidden = { ...json };
    for (const part of PARTS) {
      const fields = json[part];
      if (!isObject(fields)) continue;
      const { note } = fields;
      if (typeof note === "string" && note !== "") hidden[part] = { ...fields, note: await this.#noteOf(block, note) };
    }
    return hidden;
  }

  async #noteOf({ index }: CaptureBlock, note: string): Promise<string> {
    const { maskedNote } = await import("@memslice/analysis");
    this.#hidden ??= this.#read();
    // Of a hint that cannot be read, or that stands behind End-of-Capture, the key is not known: secrets behind names are hidden.
    return (await this.#hidden).get(index) ?? maskedNote(note, []);
  }

  async #read(): Promise<ReadonlyMap<number, string>> {
    const { hintedKeys } = await import("@memslice/analysis");
    const notes = new Map<number, string>();
    for (const { block, hint } of hintedKeys(await this.#capture.keyHints(this.#signal))) notes.set(block, hint.note);
    return notes;
  }
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
