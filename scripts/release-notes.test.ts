import { expect, test } from 'vitest'
import { nextVersion, releasedChangelog } from './release-notes.ts'

test('versions rise by their kind', () => {
  expect([
    nextVersion('0.1.4', 'patch'),
    nextVersion('0.1.4', 'minor'),
    nextVersion('0.1.4', 'major'),
  ]).toEqual(['0.1.5', '0.2.0', '1.0.0'])
})

test('what was unreleased stands under the version, and new entries have their place above', () => {
  const changelog = '# Changelog\n\n## Unreleased\n\n- Something new.\n\n## 0.1.0 (2026-01-01)\n\n- Old.\n'
  expect(releasedChangelog(changelog, '0.2.0', '2026-12-01')).toBe(
    '# Changelog\n\n## Unreleased\n\n## 0.2.0 (2026-12-01)\n\n- Something new.\n\n## 0.1.0 (2026-01-01)\n\n- Old.\n',
  )
})

test('a release without entries is refused', () => {
  expect(() =>
    releasedChangelog('# Changelog\n\n## Unreleased\n\n## 0.1.0\n\n- Old.\n', '0.2.0', ''),
  ).toThrow(/got none/)
})
