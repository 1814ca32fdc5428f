import { existsSync } from 'node:fs'
import { fetchDistribution } from '../engine/distribution.ts'
import { findJdk } from '../engine/jdk.ts'
import { homeWithPlugin, pluginZip } from '../engine/plugin.ts'
import { machineSettings } from '../engine/settings.ts'
import { peerHome } from './peer-home.ts'

/**
 * An unpacked distribution of another OpenSearch with the plugin built for it (README of plugin/), to run the tests on
 * that release.
 */
const OTHER_HOME = process.env.LEXPAND_PLUGIN_HOME ?? ''

/** Whether the plugin was built. `npm test` does that first, where the machine has Maven and a JDK. */
export const hasPlugin = OTHER_HOME !== '' || pluginZip() !== undefined

/** Whether {@link pluginPeerHome} has OpenSearch's neural-search, too: not published for every release. */
export const hasPeer = OTHER_HOME === ''

/** A home of the engine with our plugin. @throws Error when it was not built */
export async function pluginHome(): Promise<string> {
  if (OTHER_HOME !== '') return OTHER_HOME
  const { settings, jdk, zip } = await tools()
  return homeWithPlugin(await fetchDistribution(settings.cache, jdk, () => undefined), zip, jdk)
}

/** A home with our plugin beside OpenSearch's own neural-search. @throws Error when ours was not built */
export async function pluginPeerHome(): Promise<string> {
  if (OTHER_HOME !== '') return OTHER_HOME
  const { jdk, zip } = await tools()
  return homeWithPlugin(await peerHome(), zip, jdk)
}

async function tools() {
  const settings = machineSettings()
  const zip = pluginZip()
  if (zip === undefined || !existsSync(zip)) {
    throw new Error('[test] expected the plugin in plugin/target, got none. Run npm run plugin:build.')
  }
  return { settings, jdk: await findJdk(settings), zip }
}
