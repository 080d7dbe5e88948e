/**
 * One message of a batch, 16 bytes in linear memory:
 *
 *    0 u32 address of the message
 *    4 u32 length of the message in bytes
 *    8 u32 address of its digest, 32 bytes, which must not overlap a message of the batch
 *   12 u32 zero
 */
export const DESCRIPTOR_BYTES: usize = 16;

@inline
export function descriptorMessage(descriptor: usize): usize {
  return load<u32>(descriptor);
}

@inline
export function descriptorLength(descriptor: usize): u32 {
  return load<u32>(descriptor, 4);
}

@inline
export function descriptorOutput(descriptor: usize): usize {
  return load<u32>(descriptor, 8);
}
