import type { default as Provider, KoaContextWithOIDC } from 'oidc-provider';
import type { FaultInjector } from '../faults/fault-injector.ts';
import type { RemotePerson } from '../people.ts';
import type { SignInDesk, SignInDisplay } from '../phone/sign-in-desk.ts';
import type { ServiceClock } from '../service-clock.ts';
import { amrOf, grantService } from './authenticated-person.ts';

/** Seconds between two polls (RFC 8628 §3.2), and by how much an impatient client has to slow down (§3.5). */
const firstInterval = 2;
const slowDownBy = 5;

interface DeviceAnswer {
  user_code: string;
  device_code: string;
  verification_uri: string;
  verification_uri_complete: string;
  interval?: number;
}

export interface DeviceGrantParts {
  readonly provider: Provider;
  readonly desk: SignInDesk;
  readonly clock: ServiceClock;
  readonly faults: FaultInjector;
  /** Origin of the phone pages. */
  readonly phoneOrigin: string;
  /** The resource that a phone's approval is for. */
  readonly resource: string;
}

/** Kept with the device code as oidc-provider's `deviceInfo`. */
export interface SignInInfo extends Record<string, unknown> {
  readonly number: string;
  readonly display: SignInDisplay;
}

/**
 * RFC 8628 around oidc-provider's device flow, which knows neither `interval` nor `slow_down`, and which makes the
 * verification address from the Host header: a phone cannot reach the host that terminals talk to.
 */
export function deviceGrant(parts: DeviceGrantParts): Parameters<Provider['use']>[0] {
  const pace = new PollingPace(parts.clock);
  return async (context, next) => {
    await next();
    // oidc-provider's own handlers have run; a path that is none of its has no such context.
    const { oidc } = context as unknown as Partial<KoaContextWithOIDC>;
    if (oidc === undefined) return;
    if (oidc.route === 'device_authorization' && context.status === 200) {
      openSignIn(parts, context as unknown as KoaContextWithOIDC, context.body as DeviceAnswer);
    }
    if (oidc.route === 'token' && isPending(context.body)) {
      const tooEarly = pace.poll(String(oidc.params?.['device_code']));
      if (tooEarly || parts.faults.take('slow-down', 'oauth.token') !== null) {
        pace.slowDown(String(oidc.params?.['device_code']));
        context.body = { error: 'slow_down', error_description: 'polled too often: wait 5 seconds longer from now on' };
      }
    }
  };
}

function openSignIn(parts: DeviceGrantParts, context: KoaContextWithOIDC, answer: DeviceAnswer): void {
  const { provider, desk, phoneOrigin, resource } = parts;
  const userCode = answer.user_code;
  const { number, display } = context.oidc.entities.DeviceCode?.deviceInfo as SignInInfo;
  desk.open({
    code: userCode,
    number,
    display,
    approved: (person) => approve(provider, userCode, person, resource),
    refused: () => refuse(provider, userCode),
  });
  answer.verification_uri = `${phoneOrigin}/s`;
  answer.verification_uri_complete = `${phoneOrigin}/s/${userCode}`;
  answer.interval = firstInterval;
}

async function approve(provider: Provider, userCode: string, person: RemotePerson, resource: string): Promise<void> {
  const code = await provider.DeviceCode.findByUserCode(userCode.replace('-', ''));
  if (code?.clientId === undefined) return;
  const scope = code.params?.['scope'];
  const grant = await grantService(provider, { clientId: code.clientId }, person, resource);
  Object.assign(code, {
    accountId: person.subject,
    grantId: grant.jti,
    acr: 'FIDO',
    amr: amrOf('FIDO'),
    authTime: Math.floor(Date.now() / 1000),
    scope: typeof scope === 'string' ? scope : '',
    resource,
  });
  await code.save();
}

async function refuse(provider: Provider, userCode: string): Promise<void> {
  const code = await provider.DeviceCode.findByUserCode(userCode.replace('-', ''));
  if (code === undefined) return;
  Object.assign(code, { error: 'access_denied', errorDescription: 'the sign-in was refused on the phone' });
  await code.save();
}

function isPending(body: unknown): boolean {
  return typeof body === 'object' && body !== null && 'error' in body && body.error === 'authorization_pending';
}

/** When each device code was polled last, and how patient its client has to be. */
class PollingPace {
  readonly #clock: ServiceClock;
  readonly #polls = new Map<string, { at: number; interval: number }>();

  constructor(clock: ServiceClock) {
    this.#clock = clock;
  }

  /** True where it is too early. */
  poll(deviceCode: string): boolean {
    const now = this.#clock.now();
    const last = this.#polls.get(deviceCode);
    const interval = last?.interval ?? firstInterval;
    this.#polls.set(deviceCode, { at: now, interval });
    // Half a second for the network: a client that counts from its own last answer is patient enough.
    return last !== undefined && now - last.at < interval * 1000 - 500;
  }

  slowDown(deviceCode: string): void {
    const poll = this.#polls.get(deviceCode);
    if (poll !== undefined) poll.interval += slowDownBy;
  }
}
