import type { ClientOptions } from '@opensearch-project/opensearch'
import { AwsSigv4Signer } from '@opensearch-project/opensearch/aws-v3'
import { LexpandError } from '../../sparse/errors.ts'

/** Signature version 4 for OpenSearch Service (`es`) or for Serverless collections (`aoss`). */
export interface AwsSigning {
  readonly region: string
  readonly service: 'es' | 'aoss'
  /** @default the SDK's chain: environment, profile, web identity, container, machine */
  readonly credentials?: (() => Promise<AwsCredentials>) | undefined
}

export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string | undefined
  readonly expiration?: Date | undefined
}

type Chain = (options?: object) => () => Promise<AwsCredentials>

/** Options that make a client sign with its own signer. */
export function signedBy({ region, service, credentials }: AwsSigning): ClientOptions {
  let chain: Promise<() => Promise<AwsCredentials>> | undefined
  const getCredentials =
    credentials ??
    (async () => {
      chain ??= credentialChain()
      return read(await chain)
    })
  return AwsSigv4Signer({ region, service, getCredentials }) as ClientOptions
}

/** An optional package, so it is named as a string and loaded when it is needed. */
const SDK = '@aws-sdk/credential-provider-node'

async function credentialChain(): Promise<() => Promise<AwsCredentials>> {
  try {
    const { defaultProvider } = (await import(SDK)) as { defaultProvider: Chain }
    return defaultProvider()
  } catch (cause) {
    throw new LexpandError(
      'CONFIGURATION',
      `[aws] expected the package ${SDK}, which finds the credentials, got none. Run npm install ${SDK}.`,
      { cause },
    )
  }
}

async function read(provider: () => Promise<AwsCredentials>): Promise<AwsCredentials> {
  try {
    return await provider()
  } catch (cause) {
    throw new LexpandError(
      'CONFIGURATION',
      `[aws] expected credentials in the environment, a profile, a web identity, a container or the machine, got none (${cause instanceof Error ? cause.message : String(cause)}). Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY.`,
      { cause },
    )
  }
}
