/** What editors show about the packed declarations: the meaning, the range and the unit of a field, and types by their names. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ts from "typescript-6.0";
import { afterAll, beforeAll, expect, it } from "vitest";
import { unpackPackages } from "../src/launch/installation.js";

/** Each comment stands behind the name that is hovered over. */
const PROGRAM = `
import type { FileHeader, KeyHintPayload, Payload, WritableKeyHint } from "@memslice/msl";
import { MslWriter, openCapture } from "@memslice/msl";
export function shown(payload/*payload*/: Payload, header: FileHeader, hint: KeyHintPayload): unknown {
  if (payload.kind === "ModuleEntry") {
    const entry/*entry*/ = payload;
    return entry.baseAddr/*baseAddr*/;
  }
  if (payload.kind === "ProcessTable") {
    const [process/*process*/] = payload.entries;
    return process?.rss/*rss*/;
  }
  const { pid/*pid*/, timestampNs/*timestampNs*/ } = header;
  return [pid, timestampNs, header.capBitmap/*capBitmap*/, hint.keyType/*keyType*/, hint.keyTypeName/*keyTypeName*/];
}
export async function written(writer: MslWriter, hint: WritableKeyHint): Promise<void> {
  await writer.keyHint/*method*/({ ...hint, keyState/*keyState*/: "active" });
  const capture = await openCapture("evidence.msl");
  for (const block of capture.blocks) console.log((await block.decode()).payload/*decoded*/);
}
`;

let folder: string;
let service: ts.LanguageService;
let file: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "memslice-hovers-"));
  unpackPackages(folder);
  file = join(folder, "program.ts");
  const options: ts.CompilerOptions = {
    ...{ strict: true, target: ts.ScriptTarget.ES2022, types: [], lib: ["lib.es2023.d.ts", "lib.dom.d.ts"] },
    ...{ module: ts.ModuleKind.NodeNext, moduleResolution: ts.ModuleResolutionKind.NodeNext },
  };
  service = ts.createLanguageService({
    ...{ getCompilationSettings: () => options, getScriptFileNames: () => [file], getScriptVersion: () => "1" },
    ...{ getCurrentDirectory: () => folder, getDefaultLibFileName: ts.getDefaultLibFilePath },
    ...{ fileExists: ts.sys.fileExists, readDirectory: ts.sys.readDirectory, directoryExists: ts.sys.directoryExists },
    readFile: (path) => (path === file ? PROGRAM : ts.sys.readFile(path)),
    getScriptSnapshot: (path) => {
      const text = path === file ? PROGRAM : ts.sys.readFile(path);
      return text === undefined ? undefined : ts.ScriptSnapshot.fromString(text);
    },
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

/** The declaration and the text that an editor shows for the name before the comment. */
function hover(comment: string): { readonly declaration: string; readonly text: string } {
  const info = service.getQuickInfoAtPosition(file, PROGRAM.indexOf(`/*${comment}*/`) - 1);
  return { declaration: ts.displayPartsToString(info?.displayParts), text: ts.displayPartsToString(info?.documentation) };
}

it("the program has no errors", () => {
  const found = [...service.getSemanticDiagnostics(file), ...service.getSyntacticDiagnostics(file)];
  expect(found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))).toEqual([]);
});

it.each([
  ["baseAddr", "Virtual address at which the module is loaded. u64: 0 to 2^64 - 1."],
  ["rss", "Resident memory in bytes, 0 unknown. u64: 0 to 2^64 - 1."],
  ["pid", "Process id of the captured process, 0 unknown. u32: 0 to 2^32 - 1."],
  ["timestampNs", "Start of the acquisition: nanoseconds since 1970-01-01 UTC, 0 unknown. u64: 0 to 2^64 - 1."],
  [
    "capBitmap",
    "CapBitmap: the kinds of blocks that the capture announces, one bit each; bit 0 is MemoryRegions. u64: 0 to 2^64 - 1.",
  ],
  ["keyType", "Kind of key. u16: code, 0 to 65,535. `KEY_TYPE` names the registered codes."],
  ["keyTypeName", "Registered name of `keyType`; of an unknown code its number, such as `0x00ff`."],
  ["keyState", "Whether the key was in use at acquisition. u8: code, 0 to 255. `KEY_STATE` names the registered codes."],
])("the hover over %s says meaning, unit and range", (name, text) => {
  expect(hover(name).text).toBe(text);
});

it.each([
  ["payload", "(parameter) payload: Payload"],
  ["entry", "const entry: ModuleEntryPayload"],
  ["process", "const process: ProcessEntry"],
  ["baseAddr", "(property) ModuleEntryPayload.baseAddr: bigint"],
  ["decoded", "(property) PayloadResult.payload?: Payload | undefined"],
  ["method", "(method) MslWriter.keyHint(value: WritableKeyHint, options?: HintOptions): Promise<WrittenBlock>"],
])("the hover over %s shows types by their names", (name, declaration) => {
  expect(hover(name).declaration).toBe(declaration);
});
