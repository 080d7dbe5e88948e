/** Runs the checks in workerd, bundled as its tools do. The situation is the body of a request; results are the response. */
import "./count-webassembly.js";
import * as analysis from "@memslice/analysis";
import * as core from "@memslice/core-wasm";
import * as msl from "@memslice/msl";
import { runList } from "./run-list.js";

export default {
  async fetch(request: Request): Promise<Response> {
    return Response.json(await runList({ msl, core, analysis }, await request.json()));
  },
};
