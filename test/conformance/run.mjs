// npm run conformance -- --url http://host/open311/v2 [--key KEY] [--jurisdiction ID] [--discovery URL]
import { spawnSync } from 'node:child_process'
import { parseArgs } from 'node:util'

const text = { type: 'string' }
const { values } = parseArgs({ options: { url: text, key: text, jurisdiction: text, discovery: text } })
const environment = {
  GEOREPORT_URL: values.url,
  GEOREPORT_KEY: values.key,
  GEOREPORT_JURISDICTION: values.jurisdiction,
  GEOREPORT_DISCOVERY: values.discovery,
}
const given = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== undefined))
const { status } = spawnSync('npx', ['vitest', 'run', '--project', 'conformance', '--reporter', 'default'], {
  stdio: 'inherit',
  env: { ...process.env, ...given },
})
process.exitCode = status ?? 1
