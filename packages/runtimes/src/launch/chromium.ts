/**
 * Chromium, as packaged by Debian, in three situations: a plain page, a cross-origin isolated page, and a worker whose script is
 * bundled.
 */
import { mkdtempSync } from "node:fs";
import { join } from "node:path";
import { chromiumParameters, findChromium } from "../../../bench/src/processes/chromium.js";
import type { CheckResult, Facility } from "../checks/check.js";
import { withChild } from "./child.js";
import type { Ground, Runtime } from "./runtime.js";

interface Page {
  readonly program: string;
  readonly isolated: boolean;
  readonly facilities: readonly Facility[];
}

export const CHROMIUM: Runtime = page("Chromium", {
  program: "page",
  isolated: false,
  facilities: ["delayed timers"],
});
export const CHROMIUM_ISOLATED: Runtime = page("Chromium, isolated", {
  program: "page",
  isolated: true,
  facilities: ["shared memory", "delayed timers"],
});
export const CHROMIUM_WORKER: Runtime = page("Chromium, bundled in a worker", {
  program: "worker-page",
  isolated: false,
  facilities: ["delayed timers"],
});

function page(name: string, { program: script, isolated, facilities }: Page): Runtime {
  return {
    name,
    facilities,
    program: findChromium(),
    run: (program, ground) => checksOfPage(program, ground, { name, path: `page/${script}`, isolated, facilities }),
  };
}

/** Runs the checks in the page that the server has at `path`. */
export async function checksOfPage(
  program: string,
  { installation, server }: Ground,
  { name, path, isolated, facilities }: Pick<Page, "isolated" | "facilities"> & { readonly name: string; readonly path: string },
): Promise<CheckResult[]> {
  const situation = JSON.stringify({ server: server.origin, folder: "", facilities });
  const query = new URLSearchParams({ run: name, situation, ...(isolated ? { isolated: "" } : {}) });
  const answer = await answerOfPage(program, { installation, server }, name, `${path}?${query}`);
  if (!Array.isArray(answer)) throw new Error(`${name}: ${JSON.stringify(answer)}`);
  return answer;
}

/** What the page at `address` of the server sends as the results of run `id`. */
export async function answerOfPage(program: string, ground: Ground, id: string, address: string): Promise<unknown> {
  const { installation, server } = ground;
  const results = server.results(id);
  const profile = mkdtempSync(join(installation.folder, "profile-"));
  return withPage(program, profile, `${server.origin}/${address}`, () => results);
}

/** Opens the page at `address` in a Chromium with the profile folder `profile`, does `work`, and ends Chromium. */
export function withPage<T>(program: string, profile: string, address: string, work: () => Promise<T>): Promise<T> {
  return withChild(program, [...chromiumParameters(profile), address], {}, work);
}
