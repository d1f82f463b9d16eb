/** One challenge of a Proxy-Authenticate field (RFC 9110 §11.3). Names are in lower case. */
export interface AuthChallenge {
  readonly scheme: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** More than a proxy has reason to send; what follows is not read. */
const longestField = 8192;

/**
 * Reads all challenges of a field, or of several that were joined by commas. A comma stands between challenges and between
 * the parameters of one, so a word that no `=` follows is what begins a challenge (RFC 9110 §11.6.1). What cannot be read
 * ends the list: a challenge that was understood is not lost by what comes after it.
 */
export function readChallenges(field: string): AuthChallenge[] {
  const challenges: { readonly scheme: string; readonly parameters: Map<string, string> }[] = [];
  let rest = field.slice(0, longestField);
  for (;;) {
    rest = rest.replace(/^[\s,]+/, '');
    if (rest === '') return challenges;
    const parameter = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([!#$%&'*+.^_`|~0-9A-Za-z-]+))(?=[\s,]|$)/.exec(rest);
    if (parameter !== null) {
      const [whole, name = '', inQuotes, token] = parameter;
      const current = challenges.at(-1);
      if (current === undefined) return challenges;
      // The first one counts: a second realm or nonce is nothing that an honest proxy sends.
      const key = name.toLowerCase();
      if (!current.parameters.has(key)) current.parameters.set(key, inQuotes?.replace(/\\(.)/g, '$1') ?? token ?? '');
      rest = rest.slice(whole.length);
      continue;
    }
    // The token68 of Negotiate and NTLM is passed over: nothing here could answer it.
    const scheme = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+)(?:[ \t]+[A-Za-z0-9._~+/-]+=*(?=\s*(?:,|$)))?(?=[\s,]|$)/.exec(rest);
    if (scheme === null) return challenges;
    challenges.push({ scheme: (scheme[1] ?? '').toLowerCase(), parameters: new Map() });
    rest = rest.slice(scheme[0].length);
  }
}
