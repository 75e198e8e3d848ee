import {
  DeleteObjectCommand,
  GetObjectCommand,
  NoSuchKey,
  PutObjectCommand,
  S3Client,
  S3ServiceException,
} from '@aws-sdk/client-s3'
import type { MediaStorage } from './storage.js'

export interface S3Options {
  bucket: string
  region: string
  /** Of an S3-compatible server; undefined: AWS. */
  endpoint: string | undefined
}

const CONNECT_TIMEOUT_MS = 5000
const REQUEST_TIMEOUT_MS = 30_000

/** Stores files in an S3 bucket. The SDK finds the credentials itself. */
export function createS3Storage({ bucket: Bucket, region, endpoint }: S3Options): MediaStorage {
  const client = new S3Client({
    region,
    // Most S3-compatible servers support neither a host name per bucket nor the newest checksums.
    ...(endpoint === undefined ? {} : { endpoint, forcePathStyle: true }),
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: CONNECT_TIMEOUT_MS, requestTimeout: REQUEST_TIMEOUT_MS },
  })

  return {
    put: async (Key, Body) => {
      await client
        .send(new PutObjectCommand({ Bucket, Key, Body, ContentType: 'image/jpeg' }))
        .catch(translateError)
    },
    get: async (Key) => {
      const object = await client.send(new GetObjectCommand({ Bucket, Key })).catch((error) => {
        if (error instanceof NoSuchKey) return null
        return translateError(error)
      })
      if (!object) return null
      return {
        body: object.Body!.transformToWebStream() as ReadableStream<Uint8Array>,
        bytes: object.ContentLength!,
      }
    },
    remove: async (Key) => {
      await client.send(new DeleteObjectCommand({ Bucket, Key })).catch(translateError)
    },
  }
}

/** Server errors and timeouts are temporary: they get the code of a refused connection. A wrong bucket is not. */
function translateError(error: unknown): never {
  const isServerError = error instanceof S3ServiceException && error.$fault === 'server'
  if (isServerError || (error as Error).name === 'TimeoutError')
    throw Object.assign(new Error('S3 is unavailable', { cause: error }), { code: 'ECONNREFUSED' })
  throw error
}
