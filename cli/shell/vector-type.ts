import { Option } from 'commander'
import { VECTOR_TYPES, type VectorType } from '../../mappings/index.ts'

export interface VectorTypeFlags {
  readonly vectorType?: VectorType | undefined
}

/** @param standard what holds without the option */
export function vectorTypeOption(standard: string): Option {
  return new Option(
    '--vector-type <type>',
    `field type of the vectors of a new index (default: ${standard}). lexpand_impacts is smaller, rounds to 1/128, and needs the plugin on every node`,
  ).choices(VECTOR_TYPES)
}
