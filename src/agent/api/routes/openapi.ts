import type { OpenRoute, Route } from '../route.ts';

/** The description is made when first asked for: a start of the agent does not wait for it. */
export function openApiRoute(routes: () => readonly Route[], version: string): OpenRoute {
  let text: Promise<unknown> | undefined;
  return {
    method: 'GET',
    path: '/openapi.json',
    access: 'knownOrigin',
    description: {
      summary: { ja: 'このAPIの記述（OpenAPI 3.1）。', en: 'This description (OpenAPI 3.1).' },
      answers: { 200: { description: 'OpenAPI 3.1' } },
      problems: [],
    },
    async handle() {
      text ??= import('../openapi-document.ts').then(({ openApiDocument }) => openApiDocument(routes(), version));
      return { status: 200, body: await text };
    },
  };
}
