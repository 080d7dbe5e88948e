/** Takes decoded modules as a caller would, and tells afterwards whether they were right. */
import { isDeepStrictEqual } from "node:util";
import type { ModuleValue } from "../../workloads/module-list.js";

/** How many of the last modules are kept: with none, an engine could leave out the objects of a loop that it has inlined. */
const KEPT = 256;

type DecodedModule = Omit<ModuleValue, "uuid">;

export class DecodedModules {
  readonly #modules: DecodedModule[] = [];
  readonly #uuids: string[] = [];
  #count = 0;
  #characters = 0;

  take(uuid: string, module: DecodedModule): void {
    const at = this.#count % KEPT;
    this.#modules[at] = module;
    this.#uuids[at] = uuid;
    this.#count++;
    this.#characters += module.path.length + module.version.length;
  }

  /** Describes the first difference from `expected`; undefined if there is none. Compares the values of the last 256 modules, and the lengths of the texts of all. */
  difference(expected: readonly ModuleValue[]): string | undefined {
    if (this.#count !== expected.length) return `decodes ${this.#count} modules, not ${expected.length}`;
    const characters = expected.reduce((sum, { path, version }) => sum + path.length + version.length, 0);
    if (this.#characters !== characters) return `decodes ${this.#characters} characters, not ${characters}`;
    for (let number = Math.max(0, expected.length - KEPT); number < expected.length; number++) {
      const [wanted, found] = [expected[number], this.#modules[number % KEPT]];
      if (!wanted || !found || !isSame({ ...found, uuid: this.#uuids[number % KEPT] ?? "" }, wanted))
        return `is wrong about module ${number}`;
    }
    return undefined;
  }
}

function isSame(found: ModuleValue, wanted: ModuleValue): boolean {
  return isDeepStrictEqual(comparable(found), comparable(wanted));
}

/** The fields of a module, with its bytes as arrays of numbers: a Buffer and a Uint8Array are equal here. */
function comparable({ uuid, baseAddr, moduleSize, path, version, diskHash, nativeBlob }: ModuleValue) {
  return { uuid, baseAddr, moduleSize, path, version, diskHash: [...diskHash], nativeBlob: [...nativeBlob] };
}
