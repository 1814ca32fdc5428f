import { type Command, Option } from 'commander'
import type { ServiceChoice } from '../../embedded/index.ts'

/** Flags of `up` and `down`. */
export interface ServiceFlags {
  readonly only?: 'opensearch' | 'redis' | undefined
  readonly json: boolean
}

export function withService(command: Command): Command {
  return command.addOption(new Option('--only <service>', 'one of the two').choices(['opensearch', 'redis']))
}

export function servicesOf({ only }: ServiceFlags): Required<Pick<ServiceChoice, 'opensearch' | 'redis'>> {
  return { opensearch: only !== 'redis', redis: only !== 'opensearch' }
}
