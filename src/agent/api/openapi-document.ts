import { z } from 'zod';
import { problemAnswer } from '../../contract/api.ts';
import { errorCodes, type ErrorCode } from '../../contract/error-codes.ts';
import type { Route } from './route.ts';

type Json = Record<string, unknown>;

/** OpenAPI 3.1 from the schemas that validate and from the table of error codes. */
export function openApiDocument(routes: readonly Route[], version: string): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) {
    const path = route.path.replace(/:([a-zA-Z]+)/g, '{$1}');
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: operationOf(route) };
  }
  const schemas: Json = {
    Problem: jsonSchema(problemAnswer, 'output'),
    ErrorCode: {
      type: 'string',
      enum: Object.keys(errorCodes),
      description: Object.entries(errorCodes)
        .map(([code, entry]) => `- \`${code}\` (${entry.number}, HTTP ${entry.status}${entry.retriable ? ', retriable' : ''}): ${entry.ja} / ${entry.en}`)
        .join('\n'),
    },
  };
  return {
    openapi: '3.1.0',
    info: {
      title: 'HPKI署名エージェント / hpki-agent local API',
      version,
      description:
        '電子処方箋・調剤結果への署名を、利用者のPCで受け付けるローカルAPI。 The local API by which an EHR has prescriptions and dispensing results signed.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [
      {
        url: 'http://127.0.0.1:{port}',
        variables: { port: { default: '17090', description: '17090–17099: probe /health in order' } },
      },
    ],
    security: [{ token: [] }],
    paths: hoistRecursive(paths, schemas),
    components: {
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'The token that the EHR made when it was paired' },
      },
      schemas,
    },
    'x-error-codes': errorCodes,
  };
}

function operationOf(route: Route): Json {
  const { description } = route;
  const parameters = [
    ...[...route.path.matchAll(/:([a-zA-Z]+)/g)].map((match) => ({
      name: match[1],
      in: 'path',
      required: true,
      schema: { type: 'string' },
    })),
    ...Object.entries(description.query ?? {}).map(([name, text]) => ({
      name,
      in: 'query',
      required: false,
      description: text,
      schema: name === 'wait' ? { type: 'integer', minimum: 0, maximum: 120 } : { type: 'string' },
    })),
    ...Object.entries(description.headers ?? {}).map(([name, header]) => ({
      name,
      in: 'header',
      required: header.required,
      description: header.description,
      schema: { type: 'string' },
    })),
  ];
  return {
    summary: `${description.summary.ja} ${description.summary.en}`,
    ...(route.access === 'client' ? {} : { security: [] }),
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(description.request === undefined
      ? {}
      : {
          requestBody: {
            required: true,
            content: { 'application/json': { schema: jsonSchema(description.request, 'input') } },
          },
        }),
    responses: { ...answersOf(route), ...problemsOf(route) },
  };
}

function answersOf({ description }: Route): Json {
  return Object.fromEntries(
    Object.entries(description.answers).map(([status, { description: text, schema, mediaType }]) => [
      status,
      {
        description: text,
        ...(schema === undefined
          ? {}
          : { content: { [mediaType ?? 'application/json']: { schema: jsonSchema(schema, 'output') } } }),
      },
    ]),
  );
}

/** Problems of a route by status, each with its codes. */
function problemsOf(route: Route): Json {
  const byStatus = Object.groupBy(codesOf(route), (code) => String(errorCodes[code].status));
  return Object.fromEntries(
    Object.entries(byStatus).map(([status, codes = []]) => [
      status,
      {
        description: codes.map((code) => `\`${code}\` ${errorCodes[code].ja} / ${errorCodes[code].en}`).join('\n\n'),
        content: {
          'application/problem+json': {
            schema: {
              allOf: [{ $ref: '#/components/schemas/Problem' }, { properties: { code: { enum: codes } } }],
            },
          },
        },
      },
    ]),
  );
}

function codesOf(route: Route): readonly ErrorCode[] {
  const codes: ErrorCode[] = ['HOST_NOT_ALLOWED', 'PEER_NOT_ALLOWED', 'TOO_LARGE', 'RATE_LIMITED', 'INTERNAL', 'REQUEST_INVALID'];
  if (route.access !== 'anyOrigin') codes.push('ORIGIN_NOT_ALLOWED');
  if (route.access === 'client') codes.push('NOT_PAIRED');
  if (route.method === 'POST') codes.push('MEDIA_TYPE');
  if (route.path.includes(':')) codes.push('NOT_FOUND');
  return [...codes, ...route.description.problems];
}

function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): Json {
  const described: Json = { ...z.toJSONSchema(schema, { io }) };
  // OpenAPI 3.1 names the dialect once for the whole document.
  delete described['$schema'];
  return described;
}

/** A schema that holds itself must be a component: its `#` would mean the whole document here. */
function hoistRecursive(document: Json, schemas: Json): Json {
  const hoist = (node: unknown): unknown => {
    if (Array.isArray(node)) return node.map(hoist);
    if (node === null || typeof node !== 'object') return node;
    const entries = Object.entries(node).map(([name, member]) => [name, hoist(member)] as const);
    const rebuilt: Json = Object.fromEntries(entries);
    const { title } = rebuilt;
    if (typeof title !== 'string' || !JSON.stringify(rebuilt).includes('"$ref":"#"')) return rebuilt;
    const reference = `#/components/schemas/${title}`;
    schemas[title] = JSON.parse(JSON.stringify(rebuilt).replaceAll('"$ref":"#"', `"$ref":"${reference}"`)) as unknown;
    return { $ref: reference };
  };
  return hoist(document) as Json;
}
