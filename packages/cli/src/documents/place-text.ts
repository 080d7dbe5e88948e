/** Addresses and places as text and as JSON. */
import type { Place } from "@memslice/msl";
import { fileName } from "../asking/memory-words.js";

export function placeJson({ address, module, moduleOffset, region }: Place) {
  return {
    address: addressText(address),
    ...(module && moduleOffset !== undefined ? { module: module.path, moduleOffset: addressText(moduleOffset) } : {}),
    ...(region ? { regionBase: addressText(region.baseAddr) } : {}),
  };
}

/** The type of the region, then the module and the offset in it: "image libc.so.6+0x1a2b". A dash for an address in neither. */
export function placeText({ module, moduleOffset, region }: Place): string {
  const parts = [
    region?.head.regionTypeName,
    module && moduleOffset !== undefined && `${fileName(module.path)}+${addressText(moduleOffset)}`,
  ].filter(Boolean);
  return parts.length === 0 ? "-" : parts.join(" ");
}

/** `0x` and lower-case hexadecimal digits. */
export function addressText(address: bigint): string {
  return `0x${address.toString(16)}`;
}

/** `0x` and 16 digits, for columns. */
export function paddedAddress(address: bigint): string {
  return `0x${address.toString(16).padStart(16, "0")}`;
}
