import { existsSync } from 'node:fs'
import { isAbsolute, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { LexpandError } from '../sparse/errors.ts'
import type { HubAccess } from './hub.ts'
import { type Model, readModelFolder } from './model-folder.ts'

/** The encoder that comes with the package. */
export const DEFAULT_MODEL = 'lexpand-mini-v1'

export type { Model }

export interface LoadOptions extends HubAccess {
  /** Folder for models loaded by hub name; only these need it. */
  readonly cacheDirectory?: string | undefined
}

/**
 * Loads a model and checks its files against the manifest, on every load.
 *
 * @param reference a bundled name (`lexpand-mini-v1`), a folder (`./my-model`, `/models/mine`), or a hub name
 *   (`org/name`), which is downloaded once into `cacheDirectory` and read from there afterwards. An existing folder
 *   `org/name` wins over the hub.
 * @throws LexpandError MODEL when the model is unknown, incomplete or damaged; CONFIGURATION when the reference cannot
 *   be one, or a hub name comes without a cache folder; SERVICE when the hub cannot be reached
 */
export async function loadModel(
  reference: string = DEFAULT_MODEL,
  options: LoadOptions = {},
): Promise<Model> {
  if (isFolder(reference)) {
    return readModelFolder(
      resolve(reference),
      'Restore the folder from where it came, or load another model.',
    )
  }
  if (BUNDLED_NAME.test(reference)) return loadBundled(reference)
  if (HUB_NAME.test(reference)) return (await hub()).loadFromHub(reference, options)
  throw new LexpandError(
    'CONFIGURATION',
    `[model] expected a bundled name, a folder or a hub name like org/name, got ${JSON.stringify(reference)}. ` +
      'Write a folder with a leading ./ or as an absolute path.',
  )
}

/** Loads the hub's client when it is needed: it is an optional package. */
async function hub(): Promise<typeof import('./hub.ts')> {
  try {
    return await import('./hub.ts')
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause
    throw new LexpandError(
      'MODEL',
      '[model] expected the package @huggingface/hub, which loads models by hub name, got none. Install it: npm install @huggingface/hub; or give the folder of a model.',
      { cause },
    )
  }
}

// The first character is a letter or digit, so that neither "..", nor a hidden folder, nor an option is a name.
const NAME = '[A-Za-z0-9](?:[A-Za-z0-9_-]|\\.(?!\\.))*'
const BUNDLED_NAME = new RegExp(`^${NAME}$`)
const HUB_NAME = new RegExp(`^${NAME}/${NAME}$`)

function isFolder(reference: string): boolean {
  if (isAbsolute(reference) || /^\.\.?([\\/]|$)/.test(reference)) return true
  return HUB_NAME.test(reference) && existsSync(join(reference, 'manifest.json'))
}

async function loadBundled(name: string): Promise<Model> {
  const directory = bundledFolders()
    .map((folder) => join(folder, name))
    .find(existsSync)
  if (directory === undefined) {
    throw new LexpandError(
      'MODEL',
      `[model] expected a bundled model, got ${JSON.stringify(name)}. Use ${DEFAULT_MODEL}, a folder (./name) or a hub name (org/name).`,
    )
  }
  return readModelFolder(directory, 'Install the package lexpand again.')
}

/** The folder beside this file in the sources; two levels up from the compiled file, which stands in dist/models. */
function bundledFolders(): string[] {
  return ['.', '../../models'].map((path) => fileURLToPath(new URL(path, import.meta.url)))
}
