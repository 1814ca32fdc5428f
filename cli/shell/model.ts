import { join } from 'node:path'
import { type Command, Option } from 'commander'
import { packageRoot, wantedCacheFolder } from '../../embedded/host/cache-folder.ts'
import { DEFAULT_MODEL, loadModel, type Model } from '../../models/index.ts'

export interface ModelFlags {
  readonly model: string
}

/** The option of every command that encodes or queries. */
export function withModel(command: Command): Command {
  return command.addOption(
    new Option('--model <reference>', 'bundled name, folder (./mine) or hub name (org/name)').default(
      DEFAULT_MODEL,
    ),
  )
}

/** Loads the model that the option names; a model from the hub is kept in the project's cache folder. */
export function openModel(flags: ModelFlags): Promise<Model> {
  return loadModel(flags.model, { cacheDirectory: modelCache() })
}

/** The folder for models from the hub. */
export function modelCache(): string {
  return join(wantedCacheFolder(packageRoot(), process.env), 'models')
}
