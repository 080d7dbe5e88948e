/** The case log: a text file to which every capture adds one line of JSON. */
import { appendFile } from "node:fs/promises";
import { MslError } from "@memslice/msl";
import { jsonPieces } from "../terminal/json-pieces.js";

const OWNER_READS_AND_WRITES = 0o600;

/** Throws `sink` with the system's reason. A new file is readable by its owner alone. */
export async function appendToLog(path: string, document: object): Promise<void> {
  const line = [...jsonPieces({ time: new Date().toISOString(), ...document })].join("").replaceAll("\n", "");
  try {
    await appendFile(path, `${line}\n`, { mode: OWNER_READS_AND_WRITES });
  } catch (cause) {
    throw new MslError("sink", `${path} cannot be written: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
}
