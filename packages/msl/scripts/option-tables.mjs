/** All tables of options, for the reference page and for tests. */

import { BLOCK_JSON } from "../src/json/block-json.js";
import { KEY_MATERIAL } from "../src/options/keys.js";
import {
  DECODE_ALL,
  HTTP_SOURCE,
  INSPECT_CAPTURE,
  LINT,
  OPEN_CAPTURE,
  STREAM_DECODE_ALL,
  STREAM_READER,
  VERIFY,
  VERIFY_CAPTURE,
} from "../src/options/reading.js";
import { REPAIR, TRANSCODE } from "../src/options/transcoding.js";
import {
  END,
  FILE_SINK,
  KIND_OPTIONS,
  MEMORY_REGION,
  RESUME,
  WRITE,
  WRITE_CAPTURE,
  WRITE_RAW,
  WRITER,
} from "../src/options/writing.js";
import { SLICE_READER } from "../src/read/slice-reader.js";
import { INITIALISE } from "../src/runtime.js";
import { CACHING_SOURCE } from "../src/source/caching-source.js";
import { COALESCING_SOURCE } from "../src/source/coalescing-source.js";
import { VERIFY_STREAM } from "../src/verify/verify-stream.js";

export const OPTION_TABLES = [
  OPEN_CAPTURE,
  INSPECT_CAPTURE,
  VERIFY_CAPTURE,
  VERIFY,
  DECODE_ALL,
  VERIFY_STREAM,
  LINT,
  STREAM_READER,
  STREAM_DECODE_ALL,
  SLICE_READER,
  BLOCK_JSON,
  KEY_MATERIAL,
  HTTP_SOURCE,
  CACHING_SOURCE,
  COALESCING_SOURCE,
  INITIALISE,

  WRITER,
  ...Object.values(KIND_OPTIONS),
  MEMORY_REGION,
  WRITE,
  WRITE_RAW,
  END,
  RESUME,
  WRITE_CAPTURE,
  FILE_SINK,
  TRANSCODE,
  REPAIR,
];
