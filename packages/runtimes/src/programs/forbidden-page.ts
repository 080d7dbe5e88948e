/** For a page whose policy forbids WebAssembly: sends how each call ended. */
import { outcomesOf } from "./outcomes.js";

const response = await fetch("/samples/ms-basic-plain.msl");
const outcomes = await outcomesOf(new Uint8Array(await response.arrayBuffer()));
await fetch("/results/forbidden", { method: "POST", body: JSON.stringify(outcomes) });
