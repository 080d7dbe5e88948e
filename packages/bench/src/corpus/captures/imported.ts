/** Captures made from dumps of other formats. */

import type { Facts } from "../facts.js";
import { modules, PAGE_LOG2, processIdentity, recipe, region, someMemory } from "../process.js";
import type { CaptureKind, TableRecipe } from "../recipe.js";

const RAW = 1;
const ELF_CORE = 2;
const UNKNOWN = 0xffff;

export const IMPORT_ELF: CaptureKind = {
  name: "import-elf",
  about: "imported from an ELF core: provenance, then identity and modules",
  features: ["import"],
  recipe: (facts) =>
    recipe(
      facts,
      () => [
        provenance(facts, ELF_CORE, "psargs was full: the command line may be cut"),
        processIdentity(facts),
        ...modules(facts, 3),
        ...someMemory(facts),
      ],
      { header: { imported: true } },
    ),
};

export const IMPORT_RAW: CaptureKind = {
  name: "import-raw",
  about: "imported from a raw byte stream: nothing is known but bytes",
  features: ["import"],
  recipe: (facts) =>
    recipe(
      facts,
      () => [provenance(facts, RAW, ""), region(facts, 300, { baseAddr: 0n, regionType: 0, pageSizeLog2: PAGE_LOG2 })],
      {
        header: { imported: true, osType: UNKNOWN, archType: UNKNOWN, pid: 0, clockSource: 0, timestampNs: 0n },
      },
    ),
};

function provenance(facts: Facts, sourceFormat: number, note: string): TableRecipe {
  return {
    uuid: facts.uuid(),
    payload: {
      kind: "ImportProvenance",
      sourceFormat,
      toolName: "memslice samples",
      importTimeNs: facts.nextTime(),
      origFileSize: BigInt(facts.random.u32()),
      note,
    },
  };
}
