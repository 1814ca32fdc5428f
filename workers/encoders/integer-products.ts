import { readFileSync } from 'node:fs'

/**
 * Whether onnxruntime's products of uint8 and int8 saturate on this processor. Those of x64 with AVX2 or AVX-512 but
 * without VNNI add two products in 16 bits, and weights are then silently wrong. The session option
 * `session.x64quantprecision` avoids it (onnxruntime_session_options_config_keys.h) at half the speed on every
 * processor, so it is set only where it is needed.
 *
 * @param architecture `process.arch`
 * @param flags text of /proc/cpuinfo; undefined where there is none, which counts as a processor without VNNI
 */
export function integerProductsSaturate(architecture: string, flags: string | undefined): boolean {
  if (architecture !== 'x64') return false
  return flags === undefined || !/\b(avx512_vnni|avx_vnni)\b/.test(flags)
}

/** @returns the text of /proc/cpuinfo, undefined where the system has none */
export function processorFlags(): string | undefined {
  try {
    return readFileSync('/proc/cpuinfo', 'utf8')
  } catch {
    return undefined
  }
}
