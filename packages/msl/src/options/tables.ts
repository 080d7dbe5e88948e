/** All tables, for the reference page and for tests. */
import type { OptionTable } from "./checks.js";
import { KEY_MATERIAL } from "./keys.js";
import {
  BLOCK_JSON,
  CACHING_SOURCE,
  COALESCING_SOURCE,
  DECODE_ALL,
  HTTP_SOURCE,
  INITIALISE,
  INSPECT_CAPTURE,
  OPEN_CAPTURE,
  SLICE_READER,
  STREAM_READER,
  VERIFY,
  VERIFY_CAPTURE,
  VERIFY_STREAM,
} from "./reading.js";
import { TRANSCODE } from "./transcoding.js";
import { END, FILE_SINK, KIND_OPTIONS, MEMORY_REGION, RESUME, WRITE, WRITE_CAPTURE, WRITE_RAW, WRITER } from "./writing.js";

export const OPTION_TABLES: readonly OptionTable[] = [
  OPEN_CAPTURE,
  INSPECT_CAPTURE,
  VERIFY_CAPTURE,
  VERIFY,
  DECODE_ALL,
  VERIFY_STREAM,
  STREAM_READER,
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
];
