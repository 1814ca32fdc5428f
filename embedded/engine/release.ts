import { EngineError } from '../host/errors.ts'

/** A release of OpenSearch that Lexpand can download and run. */
export interface Release {
  readonly version: string
  /** Releases of Java that it runs on; without `most`, any newer one. */
  readonly java: { readonly least: number; readonly most?: number | undefined }
  /** A node without a JDK, published as a Maven artifact by the OpenSearch project; absent for a release that is made of its jars. */
  readonly zip?: { readonly sha256: string; readonly megabytes: number } | undefined
  /** Parts that the zip lacks; absent where the zip is a whole node. */
  readonly parts?: Parts | undefined
}

/** Jars that complete a node whose parts are published separately. */
export interface Parts {
  /** Jars of `lib` with all their dependencies: `group:artifact:version`. */
  readonly lib: readonly string[]
  /** Modules built from the artifacts of this release. */
  readonly modules: readonly ModuleName[]
  /** Whole release whose security policies and modules replace those that this release does not publish. */
  readonly lender: string
  /** Modules taken from the lender, since this release does not publish its own. */
  readonly borrowed: readonly ModuleName[]
  /** Digest of the list of all jars, see `digestOfJars`. */
  readonly sha256: string
}

export type ModuleName =
  | 'transport-netty4'
  | 'lang-painless'
  | 'mapper-extras'
  | 'ingest-common'
  | 'search-pipeline-common'
  | 'analysis-common'
  | 'reindex'
  | 'parent-join'

/** The default release; LEXPAND_OPENSEARCH_VERSION names another one. */
export const OPENSEARCH_VERSION = '3.6.0'

/** Oldest first. `npm run report:matrix` runs the integration tests on each; docs/versions.md shows the results. */
export const RELEASES: readonly Release[] = [
  {
    version: '2.19.6',
    // OpenSearch 2 needs Java's security manager, which Java 24 removed.
    java: { least: 17, most: 23 },
    zip: { sha256: '71d6d8b1c637f3faecda0752b184b1cc526fc6eaad59ec1408c6327bb00b9293', megabytes: 56 },
    parts: {
      lib: [],
      modules: [
        'lang-painless',
        'mapper-extras',
        'ingest-common',
        'search-pipeline-common',
        'analysis-common',
        'reindex',
        'parent-join',
      ],
      lender: OPENSEARCH_VERSION,
      borrowed: [],
      sha256: '1481731c4d20fef20024358cc02fb4828c75026d29f5bd21bd54b7202170dff3',
    },
  },
  {
    version: OPENSEARCH_VERSION,
    java: { least: 21 },
    zip: { sha256: 'a91faa1dc1cadc78cb278b4f63847e19e1627a4e9de698e14e7efc14ee37b286', megabytes: 162 },
  },
  {
    version: '3.8.0',
    java: { least: 21 },
    zip: { sha256: '196c3cf4602c394f2e40e6174ccbf2a924eae37246f08fa6bbb6b75f9fd5ff1f', megabytes: 161 },
  },
  {
    version: '3.9.0',
    java: { least: 21 },
    parts: {
      lib: [
        'org.opensearch:opensearch:3.9.0',
        'org.opensearch:opensearch-plugin-classloader:3.9.0',
        'org.opensearch:opensearch-agent-bootstrap:3.9.0',
        'org.apache.logging.log4j:log4j-core:2.25.5',
      ],
      modules: [
        'transport-netty4',
        'lang-painless',
        'mapper-extras',
        'analysis-common',
        'reindex',
        'parent-join',
      ],
      lender: '3.8.0',
      borrowed: ['ingest-common', 'search-pipeline-common'],
      sha256: '1ba0e923cd4e43938028a01242be69ec023eb3b54c82a7e1656c92d4e23340cc',
    },
  },
]

/**
 * The release that LEXPAND_OPENSEARCH_VERSION names, else the default.
 *
 * @throws EngineError ENGINE_SETTING
 */
export function embeddedRelease(environment: NodeJS.ProcessEnv): Release {
  return releaseOf(environment.LEXPAND_OPENSEARCH_VERSION || OPENSEARCH_VERSION)
}

/** @throws EngineError ENGINE_SETTING */
export function releaseOf(version: string): Release {
  const release = RELEASES.find((known) => known.version === version)
  if (release !== undefined) return release
  throw new EngineError(
    'ENGINE_SETTING',
    `expected LEXPAND_OPENSEARCH_VERSION as one of ${RELEASES.map((known) => known.version).join(', ')}, got ${JSON.stringify(version)}. Correct it, unset it for ${OPENSEARCH_VERSION}, or name a cluster of that version in OPENSEARCH_URL.`,
  )
}
