import { cityOperations } from '../city/city-operations.js'
import { takingOf } from '../http/catalog-response-cache.js'
import { type Written, written } from '../http/encoded-body.js'
import type { Parts, Walk } from '../http/pipeline.js'
import { addressOf } from '../http/request.js'
import { answerRead } from '../http/response.js'
import { operations } from '../operations/geo-report-operations.js'
import { refuse } from '../standard/refusal.js'
import { openApiOf } from './document.js'

/** Answers with the OpenAPI document of this server, made when it is first asked for (EXT-46). */
export function openApiAnswer({ publicUrl }: Parts): (walk: Walk) => Promise<Response> {
  let document: Written | undefined
  return async ({ context, headers }) => {
    if (addressOf(context.req.url).format !== 'json')
      refuse('GR-ERR-05', 404, 'There is nothing at this address.')
    document ??= written([JSON.stringify(openApiOf(publicUrl, operations, cityOperations))])
    return answerRead(
      'json',
      document,
      { ...headers, 'cache-control': 'public, max-age=60' },
      takingOf(context),
    )
  }
}
