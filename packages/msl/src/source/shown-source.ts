/** What stands behind a source, for the source that shows it. */
import { Shown } from "../json/shown.js";
import type { Source } from "./source.js";

/** A source of somebody else's making may hold addresses with keys in them: nothing of it is shown. */
export function shownBehind(source: Source): { readonly source?: object } {
  return source instanceof Shown ? { source } : {};
}
