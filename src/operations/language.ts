import { withDescription } from '../http/argument-docs.js'
import { singleValue } from '../http/arguments.js'
import { readScalar } from '../http/request.js'
import { parsePreferences } from '../standard/accept-header.js'
import type { Jurisdiction, Service } from '../standard/catalog.js'
import type { GeoReportRequest } from './operation.js'

/** */
export const languageArguments = {
  locale: withDescription(
    singleValue,
    'Language tag for names and descriptions, for example es. Overrides Accept-Language.',
  ),
}

/** The language of the jurisdiction and those of its translations. */
function listLanguages({ language, services }: Jurisdiction): ReadonlySet<string> {
  return new Set([
    language,
    ...[...services.values()].flatMap((service) => Object.keys(service.translations)),
  ])
}

/**
 * Negotiates the language of a response: the argument `locale`, else the best match of
 * `Accept-Language` among the languages of the catalog. Null: the language of the jurisdiction. `es-MX`
 * matches `es`.
 */
export function negotiateLanguage(
  request: Pick<GeoReportRequest, 'args' | 'acceptLanguage' | 'jurisdiction'>,
): string | null {
  const { args, acceptLanguage, jurisdiction } = request
  const preferences = readScalar(args, 'locale') ?? acceptLanguage
  if (!preferences) return null
  const available = listLanguages(jurisdiction)
  if (available.size === 1) return null
  for (const range of parsePreferences(preferences.replaceAll('_', '-'))) {
    const language = [range, range.split('-')[0]!].find((tag) => available.has(tag))
    if (language) return language === jurisdiction.language ? null : language
  }
  return null
}

/** Translates the texts of a service. Texts without a translation stay; codes and keys always do. */
export function translate(service: Service, language: string | null): Service {
  const translation = language ? getOwn(service.translations, language) : undefined
  if (!translation) return service
  return {
    ...service,
    service_name: translation.service_name ?? service.service_name,
    description: translation.description ?? service.description,
    group: translation.group ?? service.group,
    service_notice: translation.service_notice ?? service.service_notice,
    attributes: service.attributes.map((attribute) => {
      const own = getOwn(translation.attributes, attribute.code)
      return {
        ...attribute,
        description: own?.description ?? attribute.description,
        datatype_description: own?.datatype_description ?? attribute.datatype_description,
        values: attribute.values.map(({ key, name }) => ({ key, name: getOwn(own?.values, key) ?? name })),
      }
    }),
  }
}

/** Own properties only: a city may use `constructor` as a code or key. */
function getOwn<Value>(values: Readonly<Record<string, Value>> | undefined, name: string): Value | undefined {
  return values && Object.hasOwn(values, name) ? values[name] : undefined
}
