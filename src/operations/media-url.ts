import { argumentDocs } from '../http/argument-docs.js'
import { LIST_DOCS, verbatimList } from '../http/arguments.js'
import type { Arguments } from '../http/request.js'
import { MAX_URL_LENGTH } from '../standard/limits.js'
import type { Faults } from '../standard/refusal.js'

const MAX_MEDIA_URLS = 10

/** GR-POST-11, A-33 */
export const mediaUrlArgument = verbatimList.clone().register(argumentDocs, {
  ...LIST_DOCS,
  items: { type: 'string', format: 'uri', maxLength: MAX_URL_LENGTH },
  maxItems: MAX_MEDIA_URLS,
  separated: 'by repeating',
})

/** Reads media_url: absolute URLs; the first is the media_url of the standard (GR-POST-11, A-33). */
export function readMediaUrls(args: Arguments, faults: Faults): string[] {
  const urls = [...new Set((args.get('media_url') ?? []).map((url) => url.trim()))]
  if (urls.length > MAX_MEDIA_URLS)
    faults.add('A-33', 400, `media_url may be given at most ${MAX_MEDIA_URLS} times.`)
  if (!urls.every(isMediaUrl)) {
    const expected = `an absolute http or https address of at most ${MAX_URL_LENGTH} characters`
    faults.add('GR-POST-11', 400, `media_url has to be ${expected}.`)
  }
  return urls
}

function isMediaUrl(url: string): boolean {
  return url.length <= MAX_URL_LENGTH && /^https?:\/\/\S+$/i.test(url) && URL.canParse(url)
}
