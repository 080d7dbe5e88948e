/**
 * `npm run corpus -- DIR [--seed N] [--size SIZE]`: writes the corpus of sample captures. Exit status: 0 written, 1 not written, 2
 * wrong usage.
 */
import { parseArgs } from "node:util";
import { fromCaller } from "../from-caller.js";
import { makeCorpus } from "./corpus.js";
import { parseSeed, parseSize, sizeText } from "./quantity.js";

const USAGE = `Usage: npm run corpus -- DIR [--seed N] [--size SIZE]

Writes sample captures of every kind to the folder DIR, sound and damaged ones, each with a JSON file
that says what a reader has to find in it. The same seed and size give the same bytes everywhere.

  --seed N      another number gives other captures; 0 to 4294967295, default 1
  --size SIZE   memory in each of the captures huge-block and many-regions, such as 64MiB, 1GiB or 10GiB; default 16MiB
  --help        shows this

DIR is created, or must be empty, or hold nothing but such captures, which are replaced.
`;

process.exitCode = await main();

async function main(): Promise<number> {
  const asked = request();
  if (asked === "help") {
    process.stdout.write(USAGE);
    return 0;
  }
  if (typeof asked === "string") {
    process.stderr.write(`${asked}\n\n${USAGE}`);
    return 2;
  }
  const { folder, seed, size } = asked;
  try {
    const { captures, bytes } = await makeCorpus(fromCaller(folder), { seed, size });
    process.stdout.write(`Wrote ${captures} captures, ${sizeText(bytes)}, to ${folder} (seed ${seed}, size ${sizeText(size)})\n`);
    return 0;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    return 1;
  }
}

/** Parses `process.argv`. Returns a sentence about the mistake on wrong usage. */
function request(): { folder: string; seed: number; size: number } | string {
  try {
    const { values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        seed: { type: "string", default: "1" },
        size: { type: "string", default: "16MiB" },
        help: { type: "boolean", default: false },
      },
    });
    if (values.help) return "help";
    const [folder, ...others] = positionals;
    if (folder === undefined || others.length > 0) return `One folder is needed, not ${positionals.length}.`;
    return { folder, seed: parseSeed(values.seed), size: parseSize(values.size) };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
