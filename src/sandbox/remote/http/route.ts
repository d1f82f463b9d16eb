import type { Exchange } from './exchange.ts';

/** One endpoint. Its name is what counters and faults know it by. */
export interface Route {
  readonly name: string;
  /** `ANY` also takes HEAD and OPTIONS. */
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'ANY';
  /** Segments that begin with `:` match anything; a last `*` matches the rest. */
  readonly path: string;
  serve(exchange: Exchange): Promise<void> | void;
}

export interface MatchedRoute {
  readonly route: Route;
  readonly parameters: Readonly<Record<string, string>>;
}

export function matchRoute(routes: readonly Route[], method: string, path: string): MatchedRoute | null {
  for (const route of routes) {
    if (route.method !== 'ANY' && route.method !== method) continue;
    const parameters = matchPath(route.path, path);
    if (parameters !== null) return { route, parameters };
  }
  return null;
}

function matchPath(pattern: string, path: string): Readonly<Record<string, string>> | null {
  const wanted = pattern.split('/');
  const given = path.split('/');
  const open = wanted.at(-1) === '*';
  if (open ? given.length < wanted.length : given.length !== wanted.length) return null;
  const parameters: Record<string, string> = {};
  for (const [index, segment] of wanted.entries()) {
    const value = given[index] ?? '';
    if (segment === '*' && index === wanted.length - 1) break;
    if (segment.startsWith(':')) {
      if (value === '') return null;
      parameters[segment.slice(1)] = decodeURIComponent(value);
    } else if (segment !== value) return null;
  }
  return parameters;
}
