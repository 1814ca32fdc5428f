import { type Command, Option } from 'commander'

/** Flags of every command that talks to services. */
export function withConnection(command: Command): Command {
  return command
    .addOption(
      new Option(
        '--opensearch <url>',
        'OpenSearch to use (default: OPENSEARCH_URL, else the embedded engine)',
      ),
    )
    .addOption(
      new Option(
        '--aws-sigv4 [service]',
        'sign requests for OpenSearch Service (es, the default) or a Serverless collection (aoss) in AWS_REGION (default: OPENSEARCH_AWS_SIGV4)',
      ).choices(['es', 'aoss']),
    )
    .addOption(new Option('--redis <url>', 'Redis to use (default: REDIS_URL, else the embedded one)'))
}

/** The option for machines: one JSON object (or JSON lines) on stdout and nothing else there. */
export function withJson(command: Command): Command {
  return command.option('--json', 'print the result as JSON on stdout', false)
}

/** Third block of the help, after usage and options: complete calls as examples. */
export function withExamples(command: Command, examples: readonly string[]): Command {
  return command.addHelpText('after', `\nExamples:\n${examples.map((line) => `  $ ${line}`).join('\n')}`)
}
