import { type DocumentSchema, isTable, type Row, toRows } from '../documents/document.js'
import { compileEncoders, compileListEncoders, type Encoders } from '../formats/encoders.js'
import { compileEventStream } from '../formats/event-stream.js'
import {
  authorizeKey,
  authorizeUpload,
  checkKeyJurisdiction,
  resolveJurisdiction,
} from '../http/authorize.js'
import { NO_BODY, readBody, type UploadPolicy } from '../http/body.js'
import { readConditionalHeaders } from '../http/conditional.js'
import type { AppContext } from '../http/context.js'
import { encodeBody, encodeWithCache } from '../http/encoded-body.js'
import {
  acceptsEventStream,
  eventStreamResponse,
  openEventStream,
  type StreamRound,
  withLongPoll,
} from '../http/event-stream.js'
import { buildLimitHeaders } from '../http/limits.js'
import { ENDPOINT_PATHS } from '../http/paths.js'
import { defineHandler, type Handler } from '../http/pipeline.js'
import { type Arguments, type PathFormat, readArguments } from '../http/request.js'
import type { RequestContext } from '../http/request-context.js'
import { respondFromCatalog } from '../http/respond-from-catalog.js'
import { conditionalResponse, formatResponse } from '../http/response.js'
import type { Upload } from '../media/uploads.js'
import type { ApiKey, Catalog, Jurisdiction } from '../standard/catalog.js'
import { formatDatetime } from '../standard/datetime.js'
import { Faults } from '../standard/refusal.js'
import { type Endpoint, FORMATS, LIST_FORMATS, type Scope } from '../standard/terms.js'
import type { GeoReportRequest, Operation, OperationDependencies, OperationResult } from './operation.js'

interface Input {
  args: Arguments
  uploads: readonly Upload[]
  /** Broken rules so far; the key is checked before they are reported (GR-POST-02). */
  faults: Faults
}

interface Access {
  catalog: Catalog
  jurisdiction: Jurisdiction
  key: ApiKey | null
}

interface Planned {
  catalog: Catalog
  geoReport: GeoReportRequest
  /** Undefined for an event stream, which plans each round. */
  plan: unknown
}

/** A stream of events, or the result of one query. */
type Result = { stream: ReadableStream<Uint8Array> | null } | OperationResult

/** The pipeline stages of one GeoReport operation on one endpoint. */
export function georeportHandler(app: AppContext, operation: Operation, endpoint: Endpoint): Handler {
  const dependencies: OperationDependencies = { store: app.store, media: app.media.library }
  const encodings = compileEncodings(operation)
  const isJsonOnly = !operation.document || operation.isJsonOnly === true
  const standardFormat = (request: RequestContext) => (isJsonOnly ? 'json' : request.format)
  const limitHeaders = operation.listFormats && !operation.longPolls ? buildLimitHeaders(app.limits) : null

  return defineHandler<Input, Access, Planned, Result>({
    name: operation.name,
    formats: listFormats(operation),

    parse: async (request) => {
      const faults = new Faults()
      const policy = operation.acceptsUploads ? uploadPolicy(app, operation.scope, request) : null
      const { body, uploads } =
        operation.method === 'POST'
          ? await readBody(request, app.policy.maxBodyBytes, policy, faults)
          : NO_BODY
      if (uploads.length > 0) request.onEnd(() => app.media.uploads.discard(uploads))
      return { args: await readArguments(request.url.query, body, faults), uploads, faults }
    },

    authorize: (request, { args, faults }) => {
      const catalog = app.catalog()
      // GR-POST-02: the key is checked first, before faults of the body are reported.
      const key = operation.scope ? authorizeKey(app, request, args, operation.scope) : null
      faults.refuse()
      const jurisdiction = resolveJurisdiction(args, catalog, app.policy)
      if (key) checkKeyJurisdiction(key, jurisdiction)
      const { jurisdiction_id } = jurisdiction
      Object.assign(request.logFields, { endpoint, jurisdiction_id, key_id: key?.key_id })
      return { catalog, jurisdiction, key }
    },

    plan: (request, { args, uploads }, { catalog, jurisdiction, key }) => {
      const geoReport: GeoReportRequest = {
        args,
        uploads,
        id: request.pathId('id'),
        listFormat: readListFormat(request),
        jurisdiction,
        endpoint,
        key,
        idempotencyKey: request.header('idempotency-key'),
        acceptLanguage: request.header('accept-language'),
        stream: null,
        now: formatDatetime(Date.now()),
        limits: app.limits,
      }
      const isStream = operation.longPolls !== undefined && acceptsEventStream(request)
      return { catalog, geoReport, plan: isStream ? undefined : operation.plan(geoReport) }
    },

    respondFromCache: (request, { catalog, geoReport, plan }) => {
      const policy = operation.cache?.(geoReport)
      if (!policy) return null
      const format = standardFormat(request)
      return respondFromCatalog(app, request, catalog, {
        ...policy,
        format,
        owner: geoReport.jurisdiction,
        key: `${operation.name} ${policy.key}`,
        changeset: geoReport.jurisdiction.changeset,
        encode: () => encodings.plain[format]((operation.query(plan, dependencies) as OperationResult).value),
      })
    },

    query: async (request, { geoReport, plan }) => {
      if (operation.longPolls && acceptsEventStream(request))
        return { stream: await streamOperation(app, request, operation, geoReport, dependencies) }
      if (!operation.longPolls?.(plan)) return operation.query(plan, dependencies)
      return withLongPoll(app, request, (pollChanges) =>
        operation.query(plan, { ...dependencies, pollChanges }),
      )
    },

    encode: (request, { geoReport }, result) => {
      if ('stream' in result) return eventStreamResponse(request, result.stream)
      const { value } = result
      const { listFormat } = geoReport
      const format = standardFormat(request)
      const body = listFormat
        ? encodeBody([
            encodings.list![listFormat](
              isTable(value) ? toRows(value) : (value as Row[]),
              feedInfo(app, geoReport),
            ),
          ])
        : encodings.cached[format](value)
      const headers: Record<string, string> = Object.assign(
        { vary: 'Accept, Accept-Encoding', 'server-timing': request.serverTiming() },
        request.headers,
        limitHeaders,
        result.headers,
      )
      if (operation.method !== 'GET') {
        app.sequencer.wake()
        headers['cache-control'] = 'no-store'
        return formatResponse(listFormat ?? format, body.bytes, headers)
      }
      // short, as lists may change at any moment.
      headers['cache-control'] ??= 'public, max-age=5'
      return conditionalResponse(listFormat ?? format, body, headers, readConditionalHeaders(request))
    },
  })
}

/** Formats that the suffix may name; without one the Accept header decides. */
function listFormats({ document, isJsonOnly, listFormats = [] }: Operation): PathFormat[] {
  return [null, ...(document && !isJsonOnly ? FORMATS : (['json'] as const)), ...listFormats]
}

function readListFormat({ url }: RequestContext) {
  return LIST_FORMATS.find((format) => format === url.format) ?? null
}

/** Documents that are any JSON value. */
const JSON_ENCODERS: Encoders = { json: (value) => [JSON.stringify(value)], xml: () => [] }

function compileEncodings({ document }: Operation) {
  const plain = document ? compileEncoders(document) : JSON_ENCODERS
  return {
    plain,
    cached: { json: encodeWithCache(plain.json), xml: encodeWithCache(plain.xml) },
    list: document ? compileListEncoders(document) : null,
  }
}

/** EXT-38: the key decides on the upload quota; it is in the URL, a header or the body. */
function uploadPolicy(app: AppContext, scope: Scope | undefined, request: RequestContext): UploadPolicy {
  return {
    uploads: app.media.uploads,
    identifyCaller: async (keyInBody) => {
      if (!scope) return 'unknown'
      const args = await readArguments(request.url.query, null, new Faults())
      return authorizeUpload(app.catalog(), request, args, keyInBody, scope)
    },
  }
}

/**
 * EXT-36: an event stream repeats the operation; each round begins after the last event of the round
 * before.
 */
function streamOperation(
  app: AppContext,
  request: RequestContext,
  operation: Operation,
  geoReport: GeoReportRequest,
  dependencies: OperationDependencies,
): Promise<ReadableStream<Uint8Array> | null> {
  const encode = compileEventStream(operation.document as DocumentSchema)
  return openEventStream(
    app,
    request,
    async (lastEventId, wait, pollChanges): Promise<StreamRound | null> => {
      // Names in the catalog may have changed since the last round.
      const jurisdiction = app.catalog().jurisdictions.get(geoReport.jurisdiction.jurisdiction_id)
      if (!jurisdiction) return null
      const plan = operation.plan({ ...geoReport, jurisdiction, stream: { lastEventId, wait } })
      const result = await operation.query(plan, { ...dependencies, pollChanges })
      return { events: encode(result.value as Row[]), lastEventId: result.lastEventId ?? null }
    },
  )
}

/** Title and link of an RSS feed. */
function feedInfo(app: AppContext, { jurisdiction, endpoint }: GeoReportRequest) {
  const isOneOfSeveral = app.catalog().jurisdictions.size > 1
  const query = isOneOfSeveral ? `?jurisdiction_id=${encodeURIComponent(jurisdiction.jurisdiction_id)}` : ''
  return {
    url: app.publicUrl + ENDPOINT_PATHS[endpoint] + query,
    title: `Open311 for ${jurisdiction.name}`,
    updated: null,
  }
}
