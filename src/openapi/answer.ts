import { answerRead } from '../answer.js'
import { takingOf } from '../catalog-answers.js'
import { cityOperations } from '../city/index.js'
import { bytesOf } from '../conditional.js'
import { addressOf } from '../door.js'
import { operations } from '../operations/index.js'
import { refuse } from '../standard/refusal.js'
import type { Parts, Walk } from '../walk.js'
import { openApiOf } from './document.js'

/** Answers with the OpenAPI document of this server, made when it is first asked for (EXT-46). */
export function openApiAnswer({ publicUrl }: Parts): (walk: Walk) => Promise<Response> {
  let bytes: Uint8Array<ArrayBuffer> | undefined
  return async ({ context, headers }) => {
    if (addressOf(context.req.url).format !== 'json')
      refuse('GR-ERR-05', 404, 'There is nothing at this address.')
    bytes ??= bytesOf([JSON.stringify(openApiOf(publicUrl, operations, cityOperations))])
    return answerRead('json', bytes, { ...headers, 'cache-control': 'public, max-age=60' }, takingOf(context))
  }
}
