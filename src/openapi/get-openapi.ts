import { cityOperations } from '../city/city-operations.js'
import { readConditionalHeaders } from '../http/catalog-response-cache.js'
import { type EncodedBody, encodeBody } from '../http/encoded-body.js'
import type { Parts, Walk } from '../http/pipeline.js'
import { parsePath } from '../http/request.js'
import { readResponse } from '../http/response.js'
import { operations } from '../operations/geo-report-operations.js'
import { refuse } from '../standard/refusal.js'
import { buildOpenApi } from './document.js'

/** Answers with the OpenAPI document of this server, made when it is first asked for (EXT-46). */
export function openApiHandler({ publicUrl }: Parts): (walk: Walk) => Promise<Response> {
  let document: EncodedBody | undefined
  return async ({ context, headers }) => {
    if (parsePath(context.req.url).format !== 'json')
      refuse('GR-ERR-05', 404, 'There is nothing at this address.')
    document ??= encodeBody([JSON.stringify(buildOpenApi(publicUrl, operations, cityOperations))])
    return readResponse(
      'json',
      document,
      { ...headers, 'cache-control': 'public, max-age=60' },
      readConditionalHeaders(context),
    )
  }
}
