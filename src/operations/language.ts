import { withDescription } from '../http/argument-docs.js'
import { singleValue } from '../http/arguments.js'
import { readScalar } from '../http/request.js'
import { parsePreferences } from '../standard/accept-header.js'
import type { Jurisdiction, Service } from '../standard/catalog.js'
import type { GeoReportRequest } from './operation.js'

/** the argument that names a language. */
export const languageArguments = {
  locale: withDescription(
    singleValue,
    'Language tag for names and descriptions, for example es. Overrides Accept-Language.',
  ),
}

/** The languages a jurisdiction has texts in: its own and those of translations. */
function listLanguages({ language, services }: Jurisdiction): ReadonlySet<string> {
  return new Set([
    language,
    ...[...services.values()].flatMap((service) => Object.keys(service.translations)),
  ])
}

/**
 * The language to answer in: the argument `locale` or the best of `Accept-Language` that the catalog has;
 * null: the jurisdiction's own. `es-MX` is served by `es`.
 */
export function negotiateLanguage(
  call: Pick<GeoReportRequest, 'args' | 'acceptLanguage' | 'jurisdiction'>,
): string | null {
  const wanted = readScalar(call.args, 'locale') ?? call.acceptLanguage
  if (!wanted) return null
  const available = listLanguages(call.jurisdiction)
  if (available.size === 1) return null
  for (const range of parsePreferences(wanted.replaceAll('_', '-'))) {
    const found = [range, range.split('-')[0]!].find((tag) => available.has(tag))
    if (found) return found === call.jurisdiction.language ? null : found
  }
  return null
}

/** `service` with its texts in `language`; what is not translated stays as it is, codes and keys always do. */
export function translate(service: Service, language: string | null): Service {
  const words = language ? getOwn(service.translations, language) : undefined
  if (!words) return service
  return {
    ...service,
    service_name: words.service_name ?? service.service_name,
    description: words.description ?? service.description,
    group: words.group ?? service.group,
    service_notice: words.service_notice ?? service.service_notice,
    attributes: service.attributes.map((attribute) => {
      const own = getOwn(words.attributes, attribute.code)
      return {
        ...attribute,
        description: own?.description ?? attribute.description,
        datatype_description: own?.datatype_description ?? attribute.datatype_description,
        values: attribute.values.map(({ key, name }) => ({ key, name: getOwn(own?.values, key) ?? name })),
      }
    }),
  }
}

/** Codes and keys are chosen by a city: `constructor` may be one. */
function getOwn<Value>(values: Readonly<Record<string, Value>> | undefined, name: string): Value | undefined {
  return values && Object.hasOwn(values, name) ? values[name] : undefined
}
