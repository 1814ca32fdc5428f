import { LexpandError } from './sparse/errors.ts'

/** The same version as `engines` in package.json. */
const MINIMUM = [22, 22] as const

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number)
if (major < MINIMUM[0] || (major === MINIMUM[0] && minor < MINIMUM[1])) {
  throw new LexpandError(
    'CONFIGURATION',
    `[lexpand] expected Node ${MINIMUM.join('.')} or newer, got ${process.versions.node}. Update Node; the command line brings one by itself.`,
  )
}
