/** Chromium as it is installed, and how it is started without a user: the page of the measurements and the checks of all runtimes use both. */
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/** Headless, and without network requests other than those of the page. */
const SWITCHES = [
  "--headless",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The path of Chromium; undefined where it is not installed. */
export function findChromium(): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return NAMES.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path));
}

/** The parameters of Chromium with the profile folder `profile`. */
export function chromiumParameters(profile: string): string[] {
  // Chromium's sandbox does not start for the user root.
  const sandbox = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return [...SWITCHES, ...sandbox, `--user-data-dir=${profile}`];
}
