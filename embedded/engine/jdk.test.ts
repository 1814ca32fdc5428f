import { chmodSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { program, testFolder } from '../../testing/test-folder.ts'
import { findJdk } from './jdk.ts'

const ALL_MODULES = 'java.base jdk.incubator.vector jdk.localedata'

function jdkIn(
  home: string,
  version: string,
  { modules = ALL_MODULES, jar = true, release = true } = {},
): string {
  program(join(home, 'bin', 'java'), `echo 'openjdk version "${version}"' >&2`)
  if (jar) program(join(home, 'bin', 'jar'), 'exit 0')
  if (release) writeFileSync(join(home, 'release'), `JAVA_VERSION="${version}"\nMODULES="${modules}"\n`)
  return home
}

const find = (environment: NodeJS.ProcessEnv, folders: readonly string[] = []) =>
  findJdk({ environment, user: undefined, folders })

describe('order', () => {
  test('an older JAVA_HOME is passed over for one in the usual folders', async () => {
    const folder = testFolder()
    const old = jdkIn(join(folder, 'java-17'), '17.0.15')
    const good = jdkIn(join(folder, 'jvm', 'temurin-25'), '25.0.3')
    const found = await find({ JAVA_HOME: old, PATH: join(old, 'bin') }, [join(folder, 'jvm')])
    expect(found).toEqual({ home: good, version: '25.0.3', feature: 25 })
  })

  test('OPENSEARCH_JAVA_HOME comes before JAVA_HOME, and both before PATH', async () => {
    const folder = testFolder()
    const [first, second, third] = ['21', '22', '23'].map((version) => jdkIn(join(folder, version), version))
    const PATH = join(third ?? '', 'bin')
    expect((await find({ OPENSEARCH_JAVA_HOME: first, JAVA_HOME: second, PATH })).home).toBe(first)
    expect((await find({ JAVA_HOME: second, PATH })).home).toBe(second)
    expect((await find({ PATH })).home).toBe(third)
  })

  test('a java on PATH is followed through its links to the home', async () => {
    const folder = testFolder()
    const home = jdkIn(join(folder, 'real'), '21.0.1')
    mkdirSync(join(folder, 'bin'))
    symlinkSync(join(home, 'bin', 'java'), join(folder, 'bin', 'java'))
    expect((await find({ PATH: join(folder, 'bin') })).home).toBe(home)
  })

  test('of several in the usual folders the tested release wins, then older, then newer ones', async () => {
    const folder = testFolder()
    const versions = async (...present: string[]) => {
      const place = join(folder, present.join('-'))
      for (const version of present) jdkIn(join(place, version), version)
      return (await find({}, [place])).version
    }
    expect(await versions('21.0.1', '26', '25.0.3')).toBe('25.0.3')
    expect(await versions('21.0.1', '24.0.2', '26')).toBe('24.0.2')
    expect(await versions('26', '27')).toBe('26')
  })

  test('the home that macOS keeps under Contents/Home is found', async () => {
    const folder = testFolder()
    const home = jdkIn(join(folder, 'temurin-25.jdk', 'Contents', 'Home'), '25')
    expect((await find({}, [folder])).home).toBe(home)
  })
})

describe('refusals', () => {
  test('a LEXPAND_JAVA_HOME that will not do is an error even where another JDK would', async () => {
    const folder = testFolder()
    const old = jdkIn(join(folder, 'old'), '17.0.15')
    jdkIn(join(folder, 'jvm', 'good'), '25')
    const search = find({ LEXPAND_JAVA_HOME: old }, [join(folder, 'jvm')])
    await expect(search).rejects.toThrow(`LEXPAND_JAVA_HOME=${old} is version 17.0.15`)
    await expect(search).rejects.toMatchObject({ code: 'ENGINE_NO_JDK' })
  })

  test('the error names every place and the reason', async () => {
    const folder = testFolder()
    const runtime = jdkIn(join(folder, 'jvm', 'jre'), '25', { jar: false })
    const trimmed = jdkIn(join(folder, 'jvm', 'trimmed'), '25', { modules: 'java.base' })
    const message = await find({ JAVA_HOME: '/nowhere' }, [join(folder, 'jvm')]).catch(String)
    expect(message).toContain('JAVA_HOME=/nowhere has no bin/java')
    expect(message).toContain(`${runtime} is a runtime of version 25, not a JDK`)
    expect(message).toContain(`${trimmed} is a cut-down runtime of version 25`)
    expect(message).toContain(`nothing else in ${join(folder, 'jvm')}`)
  })

  test('a JDK that the service user cannot reach will not do', async () => {
    const folder = testFolder()
    const home = jdkIn(join(folder, 'home', '.sdkman'), '25')
    chmodSync(join(folder, 'home'), 0o700)
    const search = findJdk({
      environment: { JAVA_HOME: home },
      user: { uid: 10_001, gid: 10_001 },
      folders: [],
    })
    await expect(search).rejects.toThrow(`${join(folder, 'home')} is closed to uid 10001`)
  })
})

test('without a release file the JDK itself is asked', async () => {
  const home = jdkIn(join(testFolder(), 'jdk'), '21.0.9', { release: false })
  expect(await find({ JAVA_HOME: home })).toMatchObject({ version: '21.0.9', feature: 21 })
})
