import type { DocumentSchema, Row } from '../documents/document.js'
import { stripIllegalCharacters } from '../standard/text.js'
import { formatScalar } from './text.js'
import { escapeText } from './xml.js'

export const contentType = 'application/rss+xml; charset=utf-8'

/** What a feed tells about itself, besides its rows. */
export interface FeedInfo {
  /** The endpoint, without a slash at its end; a query (`?jurisdiction_id=…`) goes along to every link. */
  url: string
  title: string
  /** Datetime of the newest change; null: not told. */
  updated: string | null
}

const HEAD =
  '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0" xmlns:georss="http://www.georss.org/georss"><channel>'

/**
 * Compiles a writer of RSS 2.0 with GeoRSS-Simple. The elements are those of RSS, fed by fields of service requests, so
 * that the schema, which all formats are compiled from, has nothing to add.
 */
export function compileRss(_schema: DocumentSchema, self: FeedInfo): (rows: readonly Row[]) => string {
  const open =
    HEAD +
    element('title', self.title) +
    element('link', self.url) +
    element('description', `Service requests: ${self.title}`) +
    element('lastBuildDate', date(self.updated))
  const item = compileItem(self.url)
  return (rows) => {
    let items = ''
    for (const row of rows) items += item(row)
    return `${open}${items}</channel></rss>\n`
  }
}

function compileItem(url: string): (row: Row) => string {
  const queryAt = url.indexOf('?')
  const before = escapeText(`${queryAt < 0 ? url : url.slice(0, queryAt)}/requests/`)
  const after = escapeText(`.xml${queryAt < 0 ? '' : url.slice(queryAt)}`)
  return (row) => {
    const link = before + encodeURIComponent(stripIllegalCharacters(String(row.service_request_id))) + after
    const title = [row.service_name, row.address].filter(Boolean).join(', ')
    return (
      `<item>${element('title', title)}<link>${link}</link>` +
      element('description', asHtml(row.description)) +
      element('category', row.service_name) +
      `<guid isPermaLink="true">${link}</guid>` +
      element('pubDate', date(row.requested_datetime)) +
      `${point(row)}</item>`
    )
  }
}

/** An element of RSS that may be left out when there is nothing to say. */
function element(name: string, value: unknown): string {
  const content = value === null || value === undefined ? '' : escapeText(value as string)
  return content === '' ? '' : `<${name}>${content}</${name}>`
}

/** Feed readers take a description for HTML: what a reporter wrote must neither become a tag nor lose its lines. */
function asHtml(text: unknown): string | null {
  return typeof text === 'string' ? escapeText(text).replaceAll('\n', '<br>') : null
}

/** A datetime as RFC 822 has it, with the four digits of a year that RSS prefers. */
function date(datetime: unknown): string | null {
  return typeof datetime === 'string' ? new Date(datetime).toUTCString() : null
}

/** GeoRSS-Simple: latitude first. */
function point({ lat, long }: Row): string {
  if (lat === null || lat === undefined || long === null || long === undefined) return ''
  return `<georss:point>${formatScalar('decimal', lat)} ${formatScalar('decimal', long)}</georss:point>`
}
