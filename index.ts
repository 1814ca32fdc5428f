/** The package's front door: text to weights, documents to an index, a query to results. */

export { installIndex, readSpecification, specificationFor } from './mappings/index.ts'
export { fingerprint, loadModel, type Model } from './models/index.ts'
export { installIngestPipeline, search } from './pipelines/index.ts'
export { LexpandError } from './sparse/index.ts'
export { audit, enqueue, openQueue, startSweeper, startWorker, sweep } from './workers/index.ts'
