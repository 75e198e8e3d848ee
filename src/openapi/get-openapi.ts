import { cityOperations } from '../city/city-operations.js'
import { readConditionalHeaders } from '../http/conditional.js'
import type { AppContext } from '../http/context.js'
import { type EncodedBody, encodeBody } from '../http/encoded-body.js'
import { defineHandler, type Handler } from '../http/pipeline.js'
import { conditionalResponse } from '../http/response.js'
import { operations } from '../operations/geo-report-operations.js'
import { buildOpenApi } from './document.js'

/** EXT-46: the OpenAPI document of this server, generated when it is first requested. */
export function openApiHandler({ publicUrl }: Pick<AppContext, 'publicUrl'>): Handler {
  let document: EncodedBody | undefined
  return defineHandler({
    name: 'GET openapi.json',
    formats: ['json'],
    encode: (request) => {
      document ??= encodeBody([JSON.stringify(buildOpenApi(publicUrl, operations, cityOperations))])
      const headers = { ...request.headers, 'cache-control': 'public, max-age=60' }
      return conditionalResponse('json', document, headers, readConditionalHeaders(request))
    },
  })
}
