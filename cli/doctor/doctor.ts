import { type Command, Option } from 'commander'
import type { Model } from '../../models/index.ts'
import { withConnection, withExamples, withJson } from '../shell/command.ts'
import { type ConnectionFlags, readConfiguration } from '../shell/configuration.ts'
import { type ModelFlags, openModel, withModel } from '../shell/model.ts'
import { EXIT, printResult } from '../shell/output.ts'
import { type Check, check } from './doctor-check.ts'
import { machineChecks } from './doctor-machine.ts'
import { serviceChecks } from './doctor-services.ts'
import { ROLE_NAMES, type RoleName } from './privileges/roles.ts'

export function register(program: Command): void {
  const command = program
    .command('doctor')
    .description(
      'Look for what could go wrong: machine, services, model, queue, index. Exit status 1 when something fails.',
    )
    .option('--index <name>', 'index to look at as well')
    .addOption(
      new Option(
        '--privileges [role...]',
        'ask what this user may do, for all roles or for those named (exit status 1 when one of these lacks something)',
      ).choices(ROLE_NAMES),
    )
    .action(examine)
  withExamples(withJson(withModel(withConnection(command))), [
    'lexpand doctor',
    'lexpand doctor --index articles',
    'lexpand doctor --index articles --privileges worker',
    `lexpand doctor --json | jq '.checks[] | select(.status != "ok")'`,
  ])
}

interface DoctorFlags extends ModelFlags, ConnectionFlags {
  readonly index?: string | undefined
  readonly privileges?: true | readonly RoleName[] | undefined
  readonly json: boolean
}

async function examine(flags: DoctorFlags): Promise<void> {
  const configuration = readConfiguration(flags, process.env)
  let model: Model | undefined
  const modelCheck = await check('model', async () => {
    model = await openModel(flags)
    const { name, version, precision, max_length } = model.manifest
    return `${name} ${version} (${precision}, ${max_length} word pieces), checksums hold`
  })
  const checks = [
    ...(await machineChecks(configuration)),
    modelCheck,
    ...(await serviceChecks({
      configuration,
      model,
      index: flags.index,
      roles: flags.privileges === true ? [] : flags.privileges,
    })),
  ]
  printResult(flags.json, { checks }, () => checks.map(line).join('\n'))
  if (checks.some(({ status }) => status === 'fail')) process.exitCode = EXIT.problems
}

function line({ name, status, message }: Check): string {
  return `${status.padEnd(4)}  ${name.padEnd(12)}  ${message}`
}
