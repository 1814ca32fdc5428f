import { errors } from '@opensearch-project/opensearch'
import { Command, CommanderError } from 'commander'
import { translateEngineError } from '../mappings/engine-error.ts'
import packageJson from '../package.json' with { type: 'json' }
import { EXIT, reportFailure } from './output.ts'

const program = new Command('lexpand')
  .description('Learned sparse search for OpenSearch without a model at query time.')
  .version(packageJson.version)
  .showHelpAfterError('(run with --help for options and examples)')
  .exitOverride()
  .configureHelp({ showGlobalOptions: true })

// One line a command, in the order of the design: services, documents, queries, proof.
const commands = [
  import('./up.ts'),
  import('./down.ts'),
  import('./status.ts'),
  import('./index-documents.ts'),
  import('./worker.ts'),
  import('./sweep.ts'),
  import('./reindex.ts'),
  import('./dead.ts'),
  import('./audit.ts'),
  import('./advise.ts'),
  import('./search.ts'),
  import('./encode.ts'),
  import('./eval.ts'),
  import('./bench.ts'),
  import('./doctor.ts'),
  import('./demo.ts'),
]
for (const { register } of await Promise.all(commands)) register(program)

// `lexpand ... | head` has seen enough: that ends the command and is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit()
  throw error
})

try {
  await program.parseAsync()
} catch (error) {
  // Commander has already said what is wrong with the call; its help and version requests exit 0.
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage
  else reportFailure(inOurWords(error), process.argv.includes('--json'))
}

/** Parts of Lexpand translate what the client throws; a command that asks the engine itself ends up here. */
function inOurWords(error: unknown): unknown {
  return error instanceof errors.OpenSearchClientError
    ? translateEngineError(error, { part: 'engine' })
    : error
}
