import type { DocumentSchema, Row } from '../documents/document.js'
import { stripIllegalCharacters } from '../standard/text.js'
import { formatScalar } from './text.js'
import { escapeText } from './xml.js'

export const contentType = 'application/rss+xml; charset=utf-8'

/** Metadata of a feed. */
export interface FeedInfo {
  /**
   * Base URL of the endpoint without a trailing slash. Its query (`?jurisdiction_id=…`) is added to every
   * link.
   */
  url: string
  title: string
  /** Datetime of the newest change; null: no lastBuildDate. */
  updated: string | null
}

const HEAD =
  '<?xml version="1.0" encoding="utf-8"?>\n<rss version="2.0" xmlns:georss="http://www.georss.org/georss"><channel>'

/**
 * Compiles an encoder of RSS 2.0 with GeoRSS-Simple. The elements are fixed by RSS, so the schema is
 * unused; it is a parameter because every list format has it.
 */
export function compileRss(_schema: DocumentSchema, feed: FeedInfo): (rows: readonly Row[]) => string {
  const open =
    HEAD +
    element('title', feed.title) +
    element('link', feed.url) +
    element('description', `Service requests: ${feed.title}`) +
    element('lastBuildDate', formatRfc822(feed.updated))
  const encodeItem = compileItem(feed.url)
  return (rows) => {
    let items = ''
    for (const row of rows) items += encodeItem(row)
    return `${open}${items}</channel></rss>\n`
  }
}

function compileItem(url: string): (row: Row) => string {
  const queryAt = url.indexOf('?')
  const prefix = escapeText(`${queryAt < 0 ? url : url.slice(0, queryAt)}/requests/`)
  const suffix = escapeText(`.xml${queryAt < 0 ? '' : url.slice(queryAt)}`)
  return (row) => {
    const link = prefix + encodeURIComponent(stripIllegalCharacters(String(row.service_request_id))) + suffix
    const title = [row.service_name, row.address].filter(Boolean).join(', ')
    return (
      `<item>${element('title', title)}<link>${link}</link>` +
      element('description', asHtml(row.description)) +
      element('category', row.service_name) +
      `<guid isPermaLink="true">${link}</guid>` +
      element('pubDate', formatRfc822(row.requested_datetime)) +
      `${encodePoint(row)}</item>`
    )
  }
}

/** An optional element: omitted if `value` is null, undefined or empty. */
function element(name: string, value: unknown): string {
  const content = value === null || value === undefined ? '' : escapeText(value as string)
  return content === '' ? '' : `<${name}>${content}</${name}>`
}

/** Readers render a description as HTML: escapes markup and keeps line breaks. */
function asHtml(text: unknown): string | null {
  return typeof text === 'string' ? escapeText(text).replaceAll('\n', '<br>') : null
}

/** Formats a datetime as RFC 822 with a four-digit year, as RSS 2.0 recommends. */
function formatRfc822(datetime: unknown): string | null {
  return typeof datetime === 'string' ? new Date(datetime).toUTCString() : null
}

/** GeoRSS-Simple: latitude first. */
function encodePoint({ lat, long }: Row): string {
  if (lat === null || lat === undefined || long === null || long === undefined) return ''
  return `<georss:point>${formatScalar('decimal', lat)} ${formatScalar('decimal', long)}</georss:point>`
}
