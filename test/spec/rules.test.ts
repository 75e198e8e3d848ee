import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'

interface Rule {
  id: string
  level: string
  text: string
  status: number | null
  state: 'done' | 'open' | 'info'
  note?: string
}

const rules: Rule[] = JSON.parse(readFileSync('spec/rules.json', 'utf8'))
const ids = new Set(rules.map((rule) => rule.id))
const ID = /\b(?:GR-[A-Z]+|DISC|A)-\d\d\b/g

/** All files below the folders that git knows or would take. */
function filesIn(...folders: string[]): string[] {
  const listed = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...folders],
    { encoding: 'utf8' },
  )
  return listed.split('\n').filter((file) => file !== '')
}
const idsIn = (text: string) => text.match(ID) ?? []
/** `GR-POST-04, 05` and `GR-POST-06 to 08` in a comment name all of them. */
function spelledOut(text: string): string {
  const number = (digits: string) => Number(digits)
  return text.replace(
    /\b((?:GR-[A-Z]+|DISC|A)-)(\d\d)((?:(?:, | to | and )\d\d)+)/g,
    (_, theme: string, first: string, rest: string) => {
      const named = [first]
      for (const [, word, digits] of rest.matchAll(/(, | to | and )(\d\d)/g)) {
        const from = word === ' to ' ? number(named.at(-1)!) + 1 : number(digits!)
        for (let next = from; next <= number(digits!); next++) named.push(String(next).padStart(2, '0'))
      }
      return named.map((digits) => theme + digits).join(' ')
    },
  )
}

const code = new Set(
  filesIn('src', 'migrations').flatMap((file) => idsIn(spelledOut(readFileSync(file, 'utf8')))),
)
const titles = new Set(
  filesIn('test')
    .filter((file) => file.endsWith('.test.ts'))
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/['"`]((?:(?:GR-[A-Z]+|DISC|A)-\d\d )+)/g)])
    .flatMap(([, named]) => idsIn(named!)),
)

describe('every rule', () => {
  test('is there once, with a text, a level and a state', () => {
    expect(rules.length).toBe(ids.size)
    for (const { id, level, text, state, note } of rules) {
      expect(
        ['MUST', 'MUST-NOT', 'SHOULD', 'SHOULD-NOT', 'MAY', 'CONV', 'REC', 'CHOICE', 'INFO'],
        id,
      ).toContain(level)
      expect(['done', 'open', 'info'], id).toContain(state)
      expect(text.length, id).toBeGreaterThan(10)
      if (state !== 'done') expect(note, `${id} needs a reason`).toBeTruthy()
    }
  })

  test.each(rules.filter((rule) => rule.state === 'done').map((rule) => rule.id))(
    '%s is kept in code and proved by a test',
    (id) => {
      expect(code.has(id), `no code names ${id}`).toBe(true)
      expect(titles.has(id), `no test title begins with ${id}`).toBe(true)
    },
  )

  test('that is open or has nothing to implement is not claimed by a test', () => {
    for (const { id, state } of rules) if (state === 'open') expect(titles.has(id), id).toBe(false)
  })
})

test('no id is unknown, in code, tests and prose', () => {
  const files = filesIn('src', 'migrations', 'test', 'spec', 'README.md', 'fixtures')
  for (const file of files) {
    if (/\.(geojson|gz)$/.test(file)) continue
    for (const id of idsIn(spelledOut(readFileSync(file, 'utf8'))))
      expect(ids.has(id), `${file} names ${id}`).toBe(true)
  }
})

test('every choice and every extension has its entry', () => {
  const choices = readFileSync('spec/choices.md', 'utf8')
  for (const { id, level } of rules) if (level === 'CHOICE') expect(choices, id).toContain(id)
  const extensions = new Set(readFileSync('spec/extensions.md', 'utf8').match(/\bEXT-\d\d\b/g))
  for (const file of filesIn('src')) {
    for (const id of readFileSync(file, 'utf8').match(/\bEXT-\d\d\b/g) ?? [])
      expect(extensions.has(id), `${file} names ${id}`).toBe(true)
  }
})
