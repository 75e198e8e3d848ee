import { createHash } from 'node:crypto'
import type { Datetime } from '../../standard/datetime.js'
import type { Store } from '../database/database.js'
import { bumpChangeset, lockCatalog } from './changeset.js'

/** A service as named by imported rows. */
export interface NamedService {
  /** Empty: derived from group and name. */
  service_code: string
  service_name: string
  group: string
  agency_responsible: string | null
}

/**
 * Returns the service_code, or derives one from letters, digits and dashes of group and name
 * (GR-SVC-08). Adds a hash if that changes the code or makes it too long.
 */
export function makeServiceCode({ service_code, service_name, group }: NamedService): string {
  const text = service_code || `${group}-${service_name}`
  const slug = text
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9_]+/g, '-')
    .replace(/^-+|-+$/g, '')
  const isUnchanged = slug === text && slug.length <= 64 && slug !== '0'
  if (service_code ? isUnchanged : slug.length <= 64 && slug !== '')
    return service_code ? slug : slug.toUpperCase()
  const hash = createHash('sha256').update(text).digest('hex').slice(0, 8)
  return `${slug.slice(0, 55)}-${hash}`.replace(/^-/, '').toUpperCase()
}

/** GR-SVC-10: service names are unique, so that clients can distinguish services. */
function makeUniqueName(
  { service_name, group }: NamedService,
  code: string,
  names: ReadonlySet<string>,
): string {
  const name = [service_name, `${service_name} (${group})`, `${service_name} (${code})`].find(
    (each) => !names.has(each),
  )
  for (let number = 2; ; number++) {
    const candidate = name ?? `${service_name} (${code} ${number})`
    if (!names.has(candidate)) return candidate
  }
}

/** Creates missing services, with a new changeset if there are any. Returns their number. */
export async function ensureServices(
  store: Store,
  jurisdiction_id: string,
  services: readonly NamedService[],
  now: Datetime,
): Promise<number> {
  return store.transaction().execute(async (transaction) => {
    await lockCatalog(transaction, jurisdiction_id)
    const existing = await transaction
      .selectFrom('service')
      .where('jurisdiction_id', '=', jurisdiction_id)
      .select(['service_code', 'service_name'])
      .execute()
    const codes = new Set(existing.map((each) => each.service_code))
    const names = new Set(existing.map((each) => each.service_name))
    let created = 0
    for (const service of services) {
      const service_code = makeServiceCode(service)
      if (codes.has(service_code)) continue
      const service_name = makeUniqueName(service, service_code, names)
      const { group, agency_responsible } = service
      await transaction
        .insertInto('service')
        .values({
          jurisdiction_id,
          service_code,
          service_name,
          group,
          agency_responsible,
          service_notice: null,
          origin: 'import',
          position: 1_000_000 + codes.size,
        })
        .execute()
      codes.add(service_code)
      names.add(service_name)
      created++
    }
    if (created > 0) await bumpChangeset(transaction, jurisdiction_id, now)
    return created
  })
}
