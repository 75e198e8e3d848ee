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

/** All files in the folders, except files that git ignores. */
function listFiles(...folders: string[]): string[] {
  const listed = execFileSync(
    'git',
    ['ls-files', '--cached', '--others', '--exclude-standard', '--', ...folders],
    { encoding: 'utf8' },
  )
  return listed.split('\n').filter((file) => file !== '')
}
const findIds = (text: string) => text.match(ID) ?? []
/** Expands abbreviated lists in comments: `GR-POST-04, 05` and `GR-POST-06 to 08`. */
function expandIds(text: string): string {
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
  listFiles('src', 'migrations').flatMap((file) => findIds(expandIds(readFileSync(file, 'utf8')))),
)
const titles = new Set(
  listFiles('test')
    .filter((file) => file.endsWith('.test.ts'))
    .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/['"`]((?:(?:GR-[A-Z]+|DISC|A)-\d\d )+)/g)])
    .flatMap(([, named]) => findIds(named!)),
)

describe('the rules of spec/rules.json', () => {
  test('have unique ids, a text, a level and a state', () => {
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
    '%s is cited in code and in a test title',
    (id) => {
      expect(code.has(id), `no code names ${id}`).toBe(true)
      expect(titles.has(id), `no test title begins with ${id}`).toBe(true)
    },
  )

  test('that are open are not cited in a test title', () => {
    for (const { id, state } of rules) if (state === 'open') expect(titles.has(id), id).toBe(false)
  })
})

test('code, tests and documentation cite only known rule ids', () => {
  const files = listFiles('src', 'migrations', 'test', 'spec', 'README.md', 'fixtures')
  for (const file of files) {
    if (/\.(geojson|gz)$/.test(file)) continue
    for (const id of findIds(expandIds(readFileSync(file, 'utf8'))))
      expect(ids.has(id), `${file} names ${id}`).toBe(true)
  }
})

test('every choice is in choices.md, and every cited extension is in extensions.md', () => {
  const choices = readFileSync('spec/choices.md', 'utf8')
  for (const { id, level } of rules) if (level === 'CHOICE') expect(choices, id).toContain(id)
  const extensions = new Set(readFileSync('spec/extensions.md', 'utf8').match(/\bEXT-\d\d\b/g))
  for (const file of listFiles('src')) {
    for (const id of readFileSync(file, 'utf8').match(/\bEXT-\d\d\b/g) ?? [])
      expect(extensions.has(id), `${file} names ${id}`).toBe(true)
  }
})
