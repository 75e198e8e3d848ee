import { described } from '../http/argument-docs.js'
import { once } from '../http/arguments.js'
import { scalar } from '../http/request.js'
import { preferences } from '../standard/accept-header.js'
import type { Jurisdiction, Service } from '../standard/catalog.js'
import type { Call } from './operation.js'

/** the argument that names a language. */
export const languageArguments = { locale: described(once, 'language of names and descriptions') }

/** The languages a jurisdiction has texts in: its own and those of translations. */
function languagesOf({ language, services }: Jurisdiction): ReadonlySet<string> {
  return new Set([
    language,
    ...[...services.values()].flatMap((service) => Object.keys(service.translations)),
  ])
}

/**
 * The language to answer in: the argument `locale` or the best of `Accept-Language` that the catalog has;
 * null: the jurisdiction's own. `es-MX` is served by `es`.
 */
export function languageOf(call: Pick<Call, 'said' | 'acceptLanguage' | 'jurisdiction'>): string | null {
  const wanted = scalar(call.said, 'locale') ?? call.acceptLanguage
  if (!wanted) return null
  const available = languagesOf(call.jurisdiction)
  if (available.size === 1) return null
  for (const range of preferences(wanted.replaceAll('_', '-'))) {
    const found = [range, range.split('-')[0]!].find((tag) => available.has(tag))
    if (found) return found === call.jurisdiction.language ? null : found
  }
  return null
}

/** `service` with its texts in `language`; what is not translated stays as it is, codes and keys always do. */
export function translate(service: Service, language: string | null): Service {
  const words = language ? ownOf(service.translations, language) : undefined
  if (!words) return service
  return {
    ...service,
    service_name: words.service_name ?? service.service_name,
    description: words.description ?? service.description,
    group: words.group ?? service.group,
    service_notice: words.service_notice ?? service.service_notice,
    attributes: service.attributes.map((attribute) => {
      const own = ownOf(words.attributes, attribute.code)
      return {
        ...attribute,
        description: own?.description ?? attribute.description,
        datatype_description: own?.datatype_description ?? attribute.datatype_description,
        values: attribute.values.map(({ key, name }) => ({ key, name: ownOf(own?.values, key) ?? name })),
      }
    }),
  }
}

/** Codes and keys are chosen by a city: `constructor` may be one. */
function ownOf<Value>(values: Readonly<Record<string, Value>> | undefined, name: string): Value | undefined {
  return values && Object.hasOwn(values, name) ? values[name] : undefined
}
