import { expect, test } from 'vitest'
import { allSettings, type ConfigErrors, readConfig } from '../src/config.js'

test('all problems are reported at once, without values', () => {
  const environment = {
    PORT: 'eighty',
    PUBLIC_URL: 'ftp://x',
    DATABASE_URL: 'mysql://me:secret@host/db',
    DEMO: 'yes',
    TOKEN_DAYS: '1',
    MEDIA_S3_ENDPOINT: 'http://127.0.0.1:9000',
  }
  let problems: readonly string[] = []
  try {
    readConfig(environment)
  } catch (error) {
    problems = (error as ConfigErrors).problems
  }
  expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
    'PORT',
    'PUBLIC_URL',
    'DATABASE_URL',
    'DEMO',
    'TOKEN_DAYS',
    'MEDIA_S3_ENDPOINT',
  ])
  expect(problems.join()).not.toContain('secret')
})

test('defaults, and what follows from other settings', () => {
  expect(readConfig({})).toMatchObject({
    PORT: 3110,
    HOST: '127.0.0.1',
    PUBLIC_URL: 'http://127.0.0.1:3110',
    DEMO: true,
    LIST_MAX_ROWS: 1000,
  })
  expect(readConfig({ DATABASE_URL: 'postgres://h/d', PORT: '', HOST: '::1' })).toMatchObject({
    DEMO: false,
    PORT: 3110,
    PUBLIC_URL: 'http://[::1]:3110',
  })
  expect(readConfig({ PUBLIC_URL: 'https://api.city.example/' }).PUBLIC_URL).toBe('https://api.city.example')
  expect(Object.isFrozen(readConfig({}))).toBe(true)
})

test('.env.example holds every setting', async () => {
  const lines = allSettings.map(
    ({ name, meaning, default: value }) =>
      `# ${meaning.replaceAll('`', '')}\n${value === undefined ? '# ' : ''}${name}=${value ?? ''}\n`,
  )
  await expect(lines.join('\n')).toMatchFileSnapshot('../.env.example')
})

test('spec/settings.md holds every setting', async () => {
  const rows = allSettings.map(
    ({ name, meaning, default: value }) =>
      `| \`${name}\` | ${value === undefined ? '' : `\`${value}\``} | ${meaning} |`,
  )
  const lines = [
    '# Settings',
    '',
    'Environment variables, or lines of a file `.env` (see `.env.example`). Generated from `src/config.ts`.',
    '',
    '| variable | default | meaning |',
    '|---|---|---|',
    ...rows,
  ]
  await expect(`${lines.join('\n')}\n`).toMatchFileSnapshot('../spec/settings.md')
})
