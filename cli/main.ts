import { errors } from '@opensearch-project/opensearch'
import { Command, CommanderError } from 'commander'
import { translateEngineError } from '../opensearch/failures/engine-error.ts'
import packageJson from '../package.json' with { type: 'json' }
import { COMMANDS, isCommand } from './commands.ts'
import { EXIT, reportFailure } from './shell/output.ts'

const program = new Command('lexpand')
  .description('Learned sparse search for OpenSearch without a model at query time.')
  .version(packageJson.version, '-v, --version')
  .showHelpAfterError('(run with --help for options and examples)')
  .exitOverride()
  .configureHelp({ showGlobalOptions: true })

// A call loads only its own command, which takes a fraction of the time; help and mistakes need all of them.
const [name = ''] = process.argv.slice(2)
const wanted = isCommand(name) ? [COMMANDS[name]] : Object.values(COMMANDS)
for (const { register } of await Promise.all(wanted.map((load) => load()))) register(program)

// The reader of `lexpand ... | head` has closed the pipe: this ends the command and is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit()
  throw error
})

try {
  await program.parseAsync()
} catch (error) {
  // Commander has already printed the mistake; its help and version requests exit with 0.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage
  else reportFailure(inOurWords(error), process.argv.includes('--json'))
}

/** Parts of Lexpand translate errors of the client; those of a command that asks the engine itself are translated here. */
function inOurWords(error: unknown): unknown {
  return error instanceof errors.OpenSearchClientError
    ? translateEngineError(error, { part: 'engine' })
    : error
}
