/**
 * Own schemes in a Chromium that refuses unknown ones before anything can answer for them: `app://pages/x` is
 * `https://pages.app.electron-host.invalid/x` there (.invalid: RFC 6761 §6.4, resolves nowhere), and back for every
 * address that the app sees.
 */
export const suffix = 'electron-host.invalid';

const privileged = new Set<string>();

export function privilegedSchemes(): readonly string[] {
  return [...privileged];
}

export function allowScheme(scheme: string): void {
  privileged.add(scheme);
}

const hostFor = (scheme: string, host: string): string => `${host}.${scheme}.${suffix}`;

export function toChromium(url: string): string {
  const parts = /^([a-z][a-z0-9+.-]*):\/\/([^/?#]*)(.*)$/i.exec(url);
  if (parts === null) return url;
  const [, scheme = '', host = '', rest = ''] = parts;
  return privileged.has(scheme) ? `https://${hostFor(scheme, host)}${rest === '' ? '/' : rest}` : url;
}

export function fromChromium(url: string): string {
  const parts = /^https:\/\/([^/?#]*)\.([a-z0-9+-]+)\.electron-host\.invalid(.*)$/.exec(url);
  if (parts === null) return url;
  const [, host = '', scheme = '', rest = ''] = parts;
  return `${scheme}://${host}${rest}`;
}

/** Sources of a Content-Security-Policy that name an own scheme (CSP3 §2.3.1: scheme-source or host-source). */
export function policyForChromium(policy: string): string {
  return policy.replace(/(?<=\s)([a-z][a-z0-9+-]*):(?:\/\/([\w.-]+))?(?=[\s;]|$)/g, (source, scheme: string, host: string | undefined) =>
    privileged.has(scheme) ? `https://${hostFor(scheme, host ?? '*')}` : source,
  );
}
