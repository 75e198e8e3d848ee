import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { isPublicAddress, lookupPublic, validateTargetUrl } from '../../src/webhooks/target-address.js'

const readLines = (file: string) =>
  readFileSync(new URL(file, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))

test.each(readLines('target-address.public.txt'))('EXT-37 %s is a public address', (address) => {
  expect(isPublicAddress(address)).toBe(true)
})

test.each(readLines('target-address.refused.txt'))('EXT-37 %s is not a public address', (address) => {
  expect(isPublicAddress(address)).toBe(false)
})

test.each([
  ['http://127.0.0.1/', 'is in a private network'],
  ['http://127.1/', 'is in a private network'],
  ['http://0x7f.0.0.1/', 'is in a private network'],
  ['http://0177.0.0.1/', 'is in a private network'],
  ['http://2130706433/', 'is in a private network'],
  ['http://127.0.0.1./', 'is in a private network'],
  ['http://①②⑦.0.0.1/', 'is in a private network'],
  ['https://[::1]:8443/', 'is in a private network'],
  ['https://[::ffff:7f00:1]/', 'is in a private network'],
  ['http://169.254.169.254/latest/meta-data', 'is in a private network'],
  ['ftp://city.example/', 'has to be an http or https address'],
  ['file:///etc/passwd', 'has to be an http or https address'],
  ['gopher://city.example/', 'has to be an http or https address'],
  ['//city.example/', 'has to be an http or https address'],
  ['city.example', 'has to be an http or https address'],
  ['http://', 'has to be an http or https address'],
  ['http://1.2.3.4.5.999/', 'has to be an http or https address'],
  ['https://me:secret@city.example/', 'may not hold a name and a password'],
  [`https://city.example/${'x'.repeat(2000)}`, 'may have at most 2000 characters'],
  ['https://city.example:8443/hook?of=us', null],
  ['http://8.8.8.8/', null],
])('EXT-37 target URL %s: %s', (url, error) => {
  expect(validateTargetUrl(url, false)).toBe(error)
})

test('EXT-37 where private networks are allowed, only invalid URLs are refused', () => {
  expect(validateTargetUrl('http://127.0.0.1:8080/', true)).toBeNull()
  expect(validateTargetUrl('https://[fd00::1]/', true)).toBeNull()
  expect(validateTargetUrl('ftp://127.0.0.1/', true)).not.toBeNull()
})

test.each([{}, { all: true }, { family: 4 }, { family: 6 }])(
  'EXT-37 a host name of this machine is refused, with lookup options %j',
  async (options) => {
    const error = await new Promise((done) => lookupPublic('localhost', options, done))
    expect(error).toMatchObject({ code: expect.stringMatching(/^(PRIVATE_ADDRESS|ENOTFOUND)$/) })
  },
)
