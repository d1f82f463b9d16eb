import { RefusedRequest } from '../http/exchange.ts';

/** An error as CSC API v2 §10.2 writes it: most conditions share `invalid_request` and differ by their description. */
export function cscError(description: string, error = 'invalid_request', status = 400): RefusedRequest {
  return new RefusedRequest(status, { error, error_description: description });
}

/** §11: the parameter's value, or the error that the specification names for its absence. */
export function requiredString(body: Readonly<Record<string, unknown>>, name: string): string {
  const value = body[name];
  if (typeof value === 'string' && value !== '') return value;
  throw cscError(`Missing (or invalid type) string parameter ${name}`);
}

export function optionalBoolean(body: Readonly<Record<string, unknown>>, name: string): boolean {
  const value = body[name];
  if (value === undefined || typeof value === 'boolean') return value ?? false;
  throw cscError(`Invalid parameter ${name}`);
}
