import { Option } from 'commander'
import type { Versioning } from '../../mappings/index.ts'

export interface VersioningFlags {
  readonly versioning?: Versioning | undefined
}

export function versioningOption(): Option {
  return new Option(
    '--versioning <who>',
    'who numbers the versions of documents; external: clients, by version_type=external (default: that of the index, else internal)',
  ).choices(['internal', 'external'])
}
