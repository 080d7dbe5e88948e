#!/usr/bin/env node
/** The program `msl`. The version is printed without loading the rest of the program: scripts ask for it, and wait. */
import { readFileSync } from "node:fs";
import { ignoreStreamErrors, StandardOutput } from "./streams/standard-output.js";

const words = process.argv.slice(2);
const output = new StandardOutput();
const [first = ""] = words;

if (first === "--version" || first === "-V") {
  ignoreStreamErrors();
  const manifest: { version: string } = JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8"));
  await output.write(`${manifest.version}\n`);
}
// Also reports what kept the version from being written.
if (output.loss !== undefined || (first !== "--version" && first !== "-V")) {
  const { runProgram } = await import("./program.js");
  process.exitCode = await runProgram(words, output);
}
