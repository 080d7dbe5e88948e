/** Writes all captures of the corpus and their manifests to a folder. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileSink } from "@memslice/msl";
import { requireRoom } from "../captures/capture-file.js";
import { HUGE_BLOCK, MANY_REGIONS, SMALL_BLOCKS } from "./captures/big.js";
import { COMPRESSED } from "./captures/compressed.js";
import { CONTINUATION } from "./captures/continuation.js";
import { ENCRYPTED } from "./captures/encrypted.js";
import { IMPORT_ELF, IMPORT_RAW } from "./captures/imported.js";
import { INVESTIGATION, INVESTIGATION_BARE } from "./captures/investigation.js";
import { HASH_ALGORITHMS, MINIMAL, PLAIN } from "./captures/live.js";
import { PAGE_SIZES, PARTIAL_FAILURE } from "./captures/partial-failure.js";
import { THREADS } from "./captures/threads.js";
import { ALTERED_BYTES } from "./defects/altered.js";
import { COMPRESSION } from "./defects/compression.js";
import { CUT } from "./defects/cut.js";
import type { Defect } from "./defects/defect.js";
import { FRAMING } from "./defects/framing.js";
import { PAYLOADS } from "./defects/payloads.js";
import { UNAUTHENTIC_CAPTURES } from "./defects/unauthentic.js";
import { INDEX_FILE, INDEX_KIND, prepareFolder } from "./folder.js";
import { type CorpusOptions, makeCapture } from "./make-capture.js";
import { type DamagedCapture, damaged, sealedBase, soundBase, unauthentic } from "./make-damaged.js";
import type { Manifest } from "./manifest.js";
import type { CaptureKind } from "./recipe.js";

/** All sound captures, in the order in which they are written. */
const CAPTURES: readonly CaptureKind[] = [
  MINIMAL,
  PLAIN,
  ...HASH_ALGORITHMS,
  ...COMPRESSED,
  PARTIAL_FAILURE,
  PAGE_SIZES,
  CONTINUATION,
  INVESTIGATION,
  INVESTIGATION_BARE,
  ...THREADS,
  IMPORT_ELF,
  IMPORT_RAW,
  ...ENCRYPTED,
  SMALL_BLOCKS,
  MANY_REGIONS,
  HUGE_BLOCK,
];

const DEFECTS: readonly Defect[] = [...ALTERED_BYTES, ...CUT, ...FRAMING, ...PAYLOADS, ...COMPRESSION];
export const NAMES: readonly string[] = [...CAPTURES, ...DEFECTS, ...UNAUTHENTIC_CAPTURES].map(({ name }) => name);

/** Number of captures that grow with the size, and the space that all others need at most. */
const BIG_CAPTURES = 2;
const REST_BYTES = 48 * 2 ** 20;

export interface Corpus {
  readonly captures: number;
  /** Total size of the captures, without manifests. */
  readonly bytes: number;
}

/** Throws an `Error` if the folder holds other files, if the disk has too little space, and if a file cannot be written. */
export async function makeCorpus(folder: string, options: CorpusOptions): Promise<Corpus> {
  prepareFolder(folder, NAMES);
  requireRoom(folder, BIG_CAPTURES * options.size + REST_BYTES);
  const made: object[] = [];
  let bytes = 0;
  const index = () => writeJson(folder, INDEX_FILE, { kind: INDEX_KIND, ...options, captures: made });
  const note = (manifest: Manifest) => {
    const { name, size, fileBlake3, notes, features } = manifest;
    writeJson(folder, `${name}.json`, manifest);
    made.push({ name, about: notes[0], features, size, fileBlake3 });
    bytes += size;
  };
  // Written first, so that the folder is recognised as a corpus even after a failure.
  index();
  for (const kind of CAPTURES) {
    const sink = await fileSink(join(folder, `${kind.name}.msl`), { sync: "never" });
    note(await makeCapture(kind, options, sink));
  }
  for await (const { bytes: damagedBytes, manifest } of damagedCaptures(options)) {
    writeFileSync(join(folder, manifest.file), damagedBytes);
    note(manifest);
  }
  index();
  return { captures: made.length, bytes };
}

async function* damagedCaptures(options: CorpusOptions): AsyncGenerator<DamagedCapture> {
  const base = await soundBase(options);
  for (const defect of DEFECTS) yield damaged(base, defect, options.seed);
  const sealed = await sealedBase(options);
  for (const defect of UNAUTHENTIC_CAPTURES) yield unauthentic(sealed, defect);
}

function writeJson(folder: string, name: string, value: object): void {
  writeFileSync(join(folder, name), `${JSON.stringify(value, null, 1)}\n`);
}
