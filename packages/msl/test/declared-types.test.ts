/** The declared types of headers, payloads and values to write, against the tables that decode and encode them. */
import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { declaredTypes } from "../scripts/declared-types.mjs";
import { FIELD_TEXTS } from "../scripts/field-texts.mjs";
import { BLOCK_HEADER } from "../src/format/block-header.js";
import { ENCRYPTION_EXTENSION } from "../src/format/encryption-extension.js";
import { FILE_HEADER } from "../src/format/file-header.js";
import type { AnyField, Decoded, Encodable, Layout } from "../src/format/layout/fields.js";
import { LEGACY_MEMORY_REGION, MEMORY_REGION } from "../src/format/payloads/memory-region.js";
import { KERNEL_SYMBOL_BUNDLE } from "../src/format/payloads/producer-tables.js";
import { PAYLOAD_LAYOUTS, type TablePayload } from "../src/format/payloads/registry.js";
import type { EncryptionExtensionFields, FileHeaderFields, MemoryRegionFields, Payload } from "../src/index.js";
import type { BLOCK_KINDS, KindInput, TableKind } from "../src/write/block-kinds.js";

/** True if the types have the same properties with the same types and modifiers; false otherwise. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
/** Names of the members of a record of booleans that are not true. */
type Failing<R> = { [K in keyof R]: R[K] extends true ? never : K }[keyof R];

type Tables = (typeof PAYLOAD_LAYOUTS)[keyof typeof PAYLOAD_LAYOUTS] | typeof KERNEL_SYMBOL_BUNDLE;
type ByName<Name> = Extract<Tables, { readonly name: Name }>;
type Fields<P> = P extends unknown ? { [K in keyof Omit<P, "kind">]: P[K] } : never;

/** Kinds of payloads whose declared type differs from the type that follows from the table. */
type DifferingPayloads = Failing<{ [P in TablePayload as P["kind"]]: Same<Fields<P>, Decoded<ByName<P["kind"]>>> }>;
type DifferingInputs = Failing<{ [K in TableKind]: Same<KindInput<K>, Encodable<(typeof BLOCK_KINDS)[K]["layout"]>> }>;
type DifferingHeaders = Failing<{
  FileHeader: Same<FileHeaderFields, Decoded<typeof FILE_HEADER>>;
  EncryptionExtension: Same<EncryptionExtensionFields, Decoded<typeof ENCRYPTION_EXTENSION>>;
  MemoryRegion: Same<MemoryRegionFields, Decoded<typeof MEMORY_REGION>>;
  kinds: Same<TablePayload["kind"], Tables["name"]>;
}>;

it("the compiler finds the declared types equal to the types that follow from the tables", () => {
  // `npm run types` fails here and names the kinds that differ.
  const differing: Record<DifferingPayloads | DifferingInputs | DifferingHeaders, never> = {};
  // The comparison sees a property that is missing, optional, mutable or of another type.
  const seen: [Same<{ readonly a: 1 }, { a: 1 }>, Same<{ a?: 1 }, { a: 1 }>, Same<{ a: 1 }, { a: 2 }>] = [false, false, false];
  const kinds: Payload["kind"] = "ModuleEntry";
  expect([differing, seen.some(Boolean), kinds]).toEqual([{}, false, "ModuleEntry"]);
});

it.each(Object.entries(declaredTypes()))("src/%s is what the tables say; if not: npm run reference", (name, source) => {
  expect(readFileSync(new URL(`../src/${name}`, import.meta.url), "utf8")).toBe(source);
});

it("every field with a value has a text, and no text is without its field", () => {
  const named = new Set<string>();
  const visit = (layout: Layout) => {
    const add = (field: AnyField) => {
      if (field.kind === "optional") field.fields.forEach(add);
      else if (field.kind !== "zeros" && (field.kind !== "length" || field.shown)) named.add(`${layout.name}.${field.name}`);
      if (field.kind === "entries") visit(field.layout);
      if (field.kind === "rows") Object.values(field.bodies).forEach(visit);
    };
    layout.fields.forEach(add);
  };
  const headers: Layout[] = [FILE_HEADER, ENCRYPTION_EXTENSION, BLOCK_HEADER, MEMORY_REGION, LEGACY_MEMORY_REGION];
  [...headers, ...Object.values(PAYLOAD_LAYOUTS), KERNEL_SYMBOL_BUNDLE].forEach(visit);
  const texts = Object.entries(FIELD_TEXTS).flatMap(([layout, fields]) =>
    Object.keys(fields).map((field) => `${layout}.${field}`),
  );
  expect(texts.sort()).toEqual([...named].sort());
});
