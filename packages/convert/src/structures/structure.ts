/**
 * Tables of C structures at fixed offsets, as headers of operating systems state them. Decoding, encoding, sizes and bounds checks follow from the one table.
 * The engine of payload tables in @memslice/msl is for sequences of padded fields with lint ids; foreign structures have offsets, unions and parts that
 * older versions do not have.
 */
import { MslError } from "@memslice/msl/work";

/** Order of the bytes of integers. */
export type StructureOrder = "little" | "big";

/** A field at `at` bytes from the start of its structure, `size` bytes long. */
export interface StructureField<T> {
  readonly at: number;
  readonly size: number;
  /** `at`: bytes from the start of the view, the field's own offset included. */
  readonly get: (view: DataView, at: number, littleEndian: boolean) => T;
  readonly set: (view: DataView, at: number, value: T, littleEndian: boolean) => void;
}

type Fields = Readonly<Record<string, StructureField<number> | StructureField<bigint> | StructureField<Uint8Array>>>;

/** The object that the fields of a structure decode to. */
type ValuesOf<F extends Fields> = { readonly [K in keyof F]: F[K] extends StructureField<infer T> ? T : never };

export const u8 = (at: number): StructureField<number> => ({
  at,
  size: 1,
  get: (view, place) => view.getUint8(place),
  set: (view, place, value) => view.setUint8(place, value),
});

export const u16 = (at: number): StructureField<number> => ({
  at,
  size: 2,
  get: (view, place, little) => view.getUint16(place, little),
  set: (view, place, value, little) => view.setUint16(place, value, little),
});

export const u32 = (at: number): StructureField<number> => ({
  at,
  size: 4,
  get: (view, place, little) => view.getUint32(place, little),
  set: (view, place, value, little) => view.setUint32(place, value, little),
});

export const u64 = (at: number): StructureField<bigint> => ({
  at,
  size: 8,
  get: (view, place, little) => view.getBigUint64(place, little),
  set: (view, place, value, little) => view.setBigUint64(place, value, little),
});

/** `size` bytes without an order: a copy. */
export const bytes = (at: number, size: number): StructureField<Uint8Array> => ({
  at,
  size,
  get: (view, place) => new Uint8Array(view.buffer, view.byteOffset + place, size).slice(),
  set: (view, place, value) => new Uint8Array(view.buffer, view.byteOffset + place, size).set(value.subarray(0, size)),
});

/** A structure of a foreign format. `name` and the offsets are those of its documentation. */
export class Structure<const F extends Fields> {
  readonly name: string;
  /** Bytes in all, fields that nobody reads included. */
  readonly size: number;
  readonly fields: F;
  readonly #entries: readonly (readonly [string, StructureField<unknown>])[];

  /** Throws `internal` for fields that share bytes or pass the end: a table that contradicts itself. */
  constructor(name: string, size: number, fields: F) {
    this.name = name;
    this.size = size;
    this.fields = fields;
    this.#entries = Object.entries(fields) as [string, StructureField<unknown>][];
    let end = 0;
    for (const [field, { at, size: length }] of this.#entries) {
      if (at < end || at + length > size)
        throw new MslError("internal", `${name}.${field} at ${at} does not fit behind byte ${end} of ${size}`);
      end = at + length;
    }
  }

  /** The structure at `at` of `data`. Throws `truncated` where the bytes end before the structure. */
  decode(data: Uint8Array, at = 0, order: StructureOrder = "little"): ValuesOf<F> {
    if (data.length - at < this.size) {
      const message = `${this.name} needs ${this.size} bytes, found ${Math.max(0, data.length - at)}`;
      throw new MslError("truncated", message, { offset: at });
    }
    return this.decodePart(data, at, order) as ValuesOf<F>;
  }

  /** The fields that lie wholly inside `data`, for structures that grew: older versions end earlier. */
  decodePart(data: Uint8Array, at = 0, order: StructureOrder = "little"): Partial<ValuesOf<F>> {
    const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
    const values: Record<string, unknown> = {};
    for (const [name, field] of this.#entries) {
      if (at + field.at + field.size > data.length) break;
      values[name] = field.get(view, at + field.at, order === "little");
    }
    return values as Partial<ValuesOf<F>>;
  }

  /** Bytes of a structure; fields that are not given, and bytes that no field names, are zero. */
  encode(values: Partial<ValuesOf<F>>, order: StructureOrder = "little"): Uint8Array {
    const data = new Uint8Array(this.size);
    this.encodeInto(data, 0, values, order);
    return data;
  }

  /** Writes the given fields at `at` of `target`, and leaves all other bytes. */
  encodeInto(target: Uint8Array, at: number, values: Partial<ValuesOf<F>>, order: StructureOrder = "little"): void {
    const view = new DataView(target.buffer, target.byteOffset, target.byteLength);
    const given = values as Readonly<Record<string, unknown>>;
    for (const [name, field] of this.#entries)
      if (given[name] !== undefined) field.set(view, at + field.at, given[name], order === "little");
  }
}
