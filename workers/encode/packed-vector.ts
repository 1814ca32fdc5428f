import { crc32 } from 'node:zlib'
import type { ExpandedText } from '../../sparse/expand.ts'

/*
 * Layout, little-endian: check, tokens, windows, truncated (4 bytes each), the token ids (4 bytes each), the weights (4
 * bytes each). The check covers the key as well, so that a vector stored under the key of another text is rejected.
 */
const HEAD_BYTES = 16
const ENTRY_BYTES = 8

export function packVector(key: Uint8Array, { vector, tokens, windows, truncated }: ExpandedText): Buffer {
  const { tokenIds, weights } = vector
  const packed = Buffer.alloc(HEAD_BYTES + ENTRY_BYTES * tokenIds.length)
  packed.writeUInt32LE(tokens, 4)
  packed.writeUInt32LE(windows, 8)
  packed.writeUInt32LE(truncated, 12)
  tokenIds.forEach((id, at) => {
    packed.writeUInt32LE(id, HEAD_BYTES + 4 * at)
  })
  weights.forEach((weight, at) => {
    packed.writeFloatLE(weight, HEAD_BYTES + 4 * (tokenIds.length + at))
  })
  packed.writeUInt32LE(check(key, packed), 0)
  return packed
}

/** @returns undefined for a value that was not packed under this key */
export function unpackVector(key: Uint8Array, value: Uint8Array): ExpandedText | undefined {
  const packed = Buffer.from(value.buffer, value.byteOffset, value.byteLength)
  const count = (packed.length - HEAD_BYTES) / ENTRY_BYTES
  if (!Number.isInteger(count) || count < 0 || packed.readUInt32LE(0) !== check(key, packed)) return undefined
  const tokenIds = Uint32Array.from({ length: count }, (_, at) => packed.readUInt32LE(HEAD_BYTES + 4 * at))
  const weights = Float32Array.from({ length: count }, (_, at) =>
    packed.readFloatLE(HEAD_BYTES + 4 * (count + at)),
  )
  return {
    vector: { tokenIds, weights },
    tokens: packed.readUInt32LE(4),
    windows: packed.readUInt32LE(8),
    truncated: packed.readUInt32LE(12),
  }
}

function check(key: Uint8Array, packed: Buffer): number {
  return crc32(packed.subarray(4), crc32(key))
}
