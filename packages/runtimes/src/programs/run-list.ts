/** Runs every check in the current runtime. Independent of the runtime: what differs between runtimes is passed in. */
import type { RecordedValues } from "../../../bench/src/samples/recorded-values.js";
import type { Check, CheckResult, Environment, Facility } from "../checks/check.js";
import { CHECKS } from "../checks/list.js";
import { webAssemblyUses } from "./count-webassembly.js";
import { messagesHeard } from "./hear-threads.js";

/** Parameters that the program which starts a runtime passes to the program inside it. */
export interface Situation {
  /** Origin of the evidence server. */
  readonly server: string;
  /** The folder of the samples, for runtimes with files. */
  readonly folder: string;
  readonly facilities: readonly Facility[];
}

/** Where a program gets the samples from. */
export interface Samples {
  names(): Promise<string[]>;
  bytes(file: string): Promise<Uint8Array<ArrayBuffer>>;
  json(file: string): Promise<unknown>;
}

type Packages = Pick<Environment, "msl" | "core" | "analysis">;

/** A check that hangs is ended after this time, so that the results of the others are still reported. */
const CHECK_TIMEOUT_MS = 30_000;

/** `samples`: default from the evidence server. */
export async function runList(
  packages: Packages,
  situation: Situation,
  samples: Samples = servedBy(situation.server),
): Promise<CheckResult[]> {
  const webAssemblyAtImport = webAssemblyUses();
  const { server, folder, facilities } = situation;
  const environment: Environment = {
    ...packages,
    facilities,
    webAssemblyAtImport,
    webAssemblyUses,
    messagesHeard,
    samples: await samples.names(),
    bytes: (sample) => samples.bytes(`${sample}.msl`),
    expected: async (sample) => (await samples.json(`${sample}.json`)) as RecordedValues,
    url: (sample) => `${server}/samples/${sample}.msl`,
    path: (sample) => `${folder}/${sample}.msl`,
  };
  const results: CheckResult[] = [];
  for (const check of CHECKS) results.push(await runCheck(check, environment));
  return results;
}

function servedBy(server: string): Samples {
  const fetched = async (file: string): Promise<Response> => {
    const response = await fetch(`${server}/samples/${file}`);
    if (!response.ok) throw new Error(`${file}: status ${response.status}`);
    return response;
  };
  return {
    names: async () => (await fetched("")).json(),
    bytes: async (file) => new Uint8Array(await (await fetched(file)).arrayBuffer()),
    json: async (file) => (await fetched(file)).json(),
  };
}

async function runCheck({ name, needs, run }: Check, environment: Environment): Promise<CheckResult> {
  if (needs && !environment.facilities.includes(needs)) return { name, outcome: "absent" };
  let timer: ReturnType<typeof setTimeout> | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not done after ${CHECK_TIMEOUT_MS} ms`)), CHECK_TIMEOUT_MS);
  });
  try {
    await Promise.race([run(environment), timeout]);
    return { name, outcome: "passed" };
  } catch (error) {
    return { name, outcome: "failed", reason: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  } finally {
    clearTimeout(timer);
  }
}
