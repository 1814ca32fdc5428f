import { existsSync } from 'node:fs'
import { EngineError, type EngineErrorCode } from '../host/errors.ts'
import { distributionHome, fetchDistribution } from './distribution.ts'
import { findJdk, type Jdk, type JdkSearch } from './jdk.ts'
import { type Engine, fetchMinimal, type MinimalContext, minimalHome } from './minimal-distribution.ts'

/**
 * The engine of this machine and the JDK that runs it, downloaded on the first call: by Maven where this machine has a
 * JDK and Maven, else (or where Maven's repository lacks it) as OpenSearch's minimal distribution with its own JDK.
 *
 * @throws EngineError that names every attempt; ENGINE_NO_JDK when LEXPAND_JAVA_HOME cannot be used
 */
export async function findEngine(context: MinimalContext & JdkSearch): Promise<Engine> {
  const { environment, onProgress } = context
  const jdk = await failingWith(['ENGINE_NO_JDK'], () => findJdk(context))
  // A JDK that the user names is binding.
  if (jdk instanceof EngineError && environment.LEXPAND_JAVA_HOME) throw jdk
  const isNamed = Boolean(environment.LEXPAND_JAVA_HOME)
  const minimal = async (): Promise<Engine> => {
    const engine = await fetchMinimal(context)
    return isNamed && !(jdk instanceof EngineError) ? { ...engine, jdk } : engine
  }
  const byMaven = async (found: Jdk): Promise<Engine> => ({
    home: await fetchDistribution(context, found),
    jdk: found,
  })
  if (!(jdk instanceof EngineError) && existsSync(distributionHome(context))) return byMaven(jdk)
  if (existsSync(minimalHome(context))) return minimal()

  const first =
    jdk instanceof EngineError
      ? jdk
      : await failingWith(['ENGINE_NO_MAVEN', 'ENGINE_FETCH'], () => byMaven(jdk))
  if (!(first instanceof EngineError)) return first
  onProgress(
    `${WHY[first.code] ?? 'Maven did not bring the engine'}: OpenSearch's own distribution brings all it needs`,
  )
  const second = await failingWith(['ENGINE_FETCH'], minimal)
  if (!(second instanceof EngineError)) return second
  throw new EngineError(
    'ENGINE_FETCH',
    `${withoutPrefix(second)}\nThe other way failed, too: ${withoutPrefix(first)}`,
    {
      cause: second,
    },
  )
}

const WHY: Partial<Record<EngineErrorCode, string>> = {
  ENGINE_NO_JDK: 'no JDK on this machine will do',
  ENGINE_NO_MAVEN: 'no Maven on this machine',
}

/** The result, or the error if it has one of these codes. */
async function failingWith<T>(
  codes: readonly EngineErrorCode[],
  action: () => Promise<T>,
): Promise<T | EngineError> {
  try {
    return await action()
  } catch (error) {
    if (error instanceof EngineError && codes.includes(error.code)) return error
    throw error
  }
}

function withoutPrefix({ message }: EngineError): string {
  return message.replace(/^\[engine\] /, '')
}
