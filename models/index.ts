export { modelIdentity } from './identity.ts'
export { DEFAULT_MODEL, type LoadOptions, loadModel } from './load.ts'
export { type Manifest, manifestSchema } from './manifest.ts'
export type { Model } from './model-folder.ts'
