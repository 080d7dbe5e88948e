/** The project of a user who bundles: the packed packages, the tools, and a folder for each application and each result. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Installation, install } from "../launch/installation.js";
import { linkTools } from "./tools.js";

/** A program of `src/programs`. */
export type Program = "bundled-page" | "bundled-process" | "bundled-worker" | "reading" | "reading-edge";

export interface UserProject {
  readonly installation: Installation;
  /** A new application: `main.js` is the program, after `line` if there is one; `files` are its further files. */
  application(name: string, program: Program, files: Readonly<Record<string, string>>, line?: string): string;
  /** The folder of the results of an application, outside of the project, so that no package of the project can be found from there. */
  output(name: string): string;
  remove(): void;
}

export async function userProject(): Promise<UserProject> {
  const installation = await install();
  const outputs = mkdtempSync(join(tmpdir(), "memslice-bundles-"));
  linkTools(installation.folder);
  return {
    installation,
    application: (name, program, files, line = "") => {
      const folder = join(installation.folder, "applications", name);
      const text = readFileSync(join(installation.folder, "programs", `${program}.js`), "utf8");
      for (const [path, content] of Object.entries({ "main.js": `${line}\n${text}`, ...files })) {
        mkdirSync(dirname(join(folder, path)), { recursive: true });
        writeFileSync(join(folder, path), content);
      }
      return folder;
    },
    output: (name) => {
      const folder = join(outputs, name);
      mkdirSync(folder, { recursive: true });
      return folder;
    },
    remove: () => {
      installation.remove();
      rmSync(outputs, { recursive: true });
    },
  };
}
