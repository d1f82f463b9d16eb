import { z } from 'zod';

/** A host name in its ASCII form, an IPv4 address, or an IPv6 address in brackets, with or without a port. */
const hostAndPort = String.raw`(?:[a-z0-9](?:[a-z0-9.-]{0,252}[a-z0-9])?|\[[0-9a-f:.]{2,45}\])(?::[0-9]{1,5})?`;

/** What the pattern cannot tell: the port is at most 65535, an IPv6 address is one. */
const isAddress = (address: string): boolean => URL.canParse(address);

/**
 * Address of a signing service or of one of its pages. Only policy names one, and it is always https, on loopback too: the
 * sandbox has a CA of its own (`network.extraCa`), so that no exception is needed that a production build would carry.
 * SECURITY: test/attacks/row-28-provider-addresses.test.ts
 */
export const serviceAddress = z
  .string()
  .max(2048)
  .regex(new RegExp(String.raw`^https://${hostAndPort}(?:/[!-~]*)?$`), 'https://host/path, in lower case, without user and password')
  .refine(isAddress, 'a host and a port that can be');

/**
 * A proxy by its address alone. Policy is a file that every user may read, so the password lies elsewhere.
 * SECURITY: test/unit/agent/config/addresses.test.ts
 */
export const proxyAddress = z
  .string()
  .regex(new RegExp(`^https?://${hostAndPort}/?$`), 'http://host:port or https://host:port, without user, password and path')
  .refine(isAddress, 'a host and a port that can be');

/** A host that is reached without the proxy: itself, or with a dot before it all hosts below. */
export const bypassHost = z.string().regex(/^\.?[a-z0-9][a-z0-9.-]{0,252}$/, 'host, or .domain');
