import { errors } from '@opensearch-project/opensearch'
import { Command, CommanderError } from 'commander'
import { translateEngineError } from '../opensearch/failures/engine-error.ts'
import packageJson from '../package.json' with { type: 'json' }
import { EXIT, reportFailure } from './shell/output.ts'

const program = new Command('lexpand')
  .description('Learned sparse search for OpenSearch without a model at query time.')
  .version(packageJson.version)
  .showHelpAfterError('(run with --help for options and examples)')
  .exitOverride()
  .configureHelp({ showGlobalOptions: true })

// One line a command, in the order of the design: services, documents, queries, proof.
const commands = [
  import('./services/up.ts'),
  import('./services/down.ts'),
  import('./services/status.ts'),
  import('./index/index-documents.ts'),
  import('./operate/worker.ts'),
  import('./operate/sweep.ts'),
  import('./operate/indices.ts'),
  import('./operate/queue.ts'),
  import('./reindex/reindex.ts'),
  import('./operate/dead.ts'),
  import('./operate/audit.ts'),
  import('./operate/forget.ts'),
  import('./advise/advise.ts'),
  import('./search.ts'),
  import('./encode.ts'),
  import('./eval/eval.ts'),
  benchCommand(),
  import('./doctor/doctor.ts'),
  import('./demo/demo.ts'),
]
for (const { register } of await Promise.all(commands)) register(program)

/** The npm package carries no benchmarks: there the command says where they are. */
async function benchCommand(): Promise<{ register(program: Command): void }> {
  const benchmarks: string = './bench/bench.ts'
  try {
    return (await import(benchmarks)) as { register(program: Command): void }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw error
    return import('./no-bench.ts')
  }
}

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
