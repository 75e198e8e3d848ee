import { createHash } from 'node:crypto'
import type { Arguments } from '../http/request.js'
import type { Upload } from '../media/uploads.js'
import type { Faults } from '../standard/refusal.js'
import { countCodePoints } from '../standard/text.js'
import type { SubmissionHandle } from '../store/service-requests/submission.js'
import type { Answers } from './attribute-answers.js'

const MAX_HANDLE_LENGTH = 255

/**
 * Reads the handles by which a repeated submission is recognised: the header Idempotency-Key,
 * and ids of other systems. The same id in two services is no repetition, so that the handle of an id
 * contains the service_code.
 */
export function readHandles(
  idempotencyKey: string | null,
  service_code: string,
  answers: Answers,
  faults: Faults,
): SubmissionHandle[] {
  const handles: SubmissionHandle[] = []
  if (idempotencyKey) handles.push({ handle_type: 'Idempotency-Key', handle: idempotencyKey })
  for (const handle_type of ['external_id', 'fixmystreet_id'] as const) {
    const id = answers[handle_type]?.[0]
    if (id) handles.push({ handle_type, handle: `${service_code} ${id}` })
  }
  for (const { handle_type, handle } of handles) {
    if (countCodePoints(handle) > MAX_HANDLE_LENGTH) {
      faults.add('A-47', 400, `${handle_type} may have at most ${MAX_HANDLE_LENGTH} characters.`)
    }
  }
  return handles.filter(({ handle }) => countCodePoints(handle) <= MAX_HANDLE_LENGTH)
}

/** Fingerprint of a submission without handles, which is not stored. */
export const NO_FINGERPRINT = Buffer.alloc(0)

/** SHA-256 of all arguments but api_key, sorted by name, and of the uploaded files. */
export function computeFingerprint(args: Arguments, uploads: readonly Upload[]): Buffer {
  const pairs = [...args].filter(([name]) => name !== 'api_key').sort(([a], [b]) => (a < b ? -1 : 1))
  const files = uploads.map(({ sha256 }) => sha256)
  return createHash('sha256')
    .update(JSON.stringify(files.length > 0 ? [pairs, files] : pairs))
    .digest()
}
