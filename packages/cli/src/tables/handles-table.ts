/** The table of `msl handles`: entries of Handle Tables. */
import type { HandleEntry } from "@memslice/msl";
import type { Table } from "./column.js";

export const HANDLES: Table<HandleEntry> = {
  name: "handles",
  list: "handles",
  about:
    "The document of `msl handles --json`: open files and handles of the system. `fd` is the number of the descriptor or handle, `path` its path or name, empty if it is not known.",
  columns: [
    { name: "pid", type: "count", value: ({ pid }) => pid },
    { name: "fd", type: "count", value: ({ fd }) => fd },
    { name: "type", type: "text", whole: true, value: ({ handleTypeName }) => handleTypeName },
    { name: "path", type: "text", value: ({ path }) => path },
  ],
};
