import { createTestCa } from '../ca/test-ca.ts';
import { createTestTlsCa } from '../ca/test-tls-ca.ts';
import { createTestTsa } from '../ca/test-tsa.ts';
import { CardAssertions } from './authorization/card-assertion.ts';
import { hpkiAuthority, jpkiAuthority } from './authorization/card-authorities.ts';
import { createCscAuthorizationServer, cscClientId } from './authorization/csc-authorization-server.ts';
import { generateIssuerKey } from './authorization/issuer-key.ts';
import { discoveryRoutes, handOver, ServedExchanges } from './authorization/oauth-routes.ts';
import { ProviderStorage } from './authorization/provider-storage.ts';
import { oauthRoutes } from './authorization/shared-configuration.ts';
import { cscAccess } from './csc/csc-access.ts';
import { cscRoutes } from './csc/csc-api.ts';
import { CallCounter } from './faults/calls.ts';
import { controlRoutes } from './faults/control-api.ts';
import { FaultInjector } from './faults/fault-injector.ts';
import { RemoteControl } from './faults/remote-control.ts';
import { Gate } from './http/gate.ts';
import { cardRoutes } from './kagura/card-pages.ts';
import { IdTokens } from './kagura/id-tokens.ts';
import { createKaguraAuthorizationServer } from './kagura/kagura-authorization-server.ts';
import { sandboxKaguraContract } from './kagura/kagura-contract.ts';
import { LoginDesk } from './kagura/login-desk.ts';
import { loginRoutes } from './kagura/login-pages.ts';
import { kaguraSignatureRoute } from './kagura/signature-api.ts';
import { openListeners } from './open-listeners.ts';
import { assetRoutes } from './pages/page.ts';
import { PeopleDirectory } from './people.ts';
import { Passkeys } from './phone/passkeys.ts';
import { registrationRoutes } from './phone/registration-pages.ts';
import { RegistrationTickets } from './phone/registration-tickets.ts';
import { SignInDesk } from './phone/sign-in-desk.ts';
import { signInRoutes } from './phone/sign-in-pages.ts';
import type { RemoteService, RemoteServiceAddresses, RemoteServiceOptions } from './remote-service.ts';
import { ServiceClock } from './service-clock.ts';
import { SigningDesk } from './signing-desk.ts';
import { timeStampRoute } from './time-stamps/time-stamp-route.ts';

/** Starts the service: five ports over one state. The one place where its parts are put together. */
export async function startRemoteService(options: RemoteServiceOptions = {}): Promise<RemoteService> {
  const { tokenSeconds = 18 * 3600, codeSeconds = 120, multisign = 100, hostName = 'localhost', facility: facilityName = '架空内科クリニック' } = options;
  const contract = { ...sandboxKaguraContract, ...options.kagura };
  const clock = new ServiceClock(options.clock);
  const [ca, tlsCa, tsa, key] = await Promise.all([options.ca ?? createTestCa({ now: clock.date() }), createTestTlsCa(), createTestTsa(clock.date()), generateIssuerKey()]);
  const [valid, expired, facility] = await Promise.all([
    tlsCa.issueServer([hostName]),
    tlsCa.issueServer([hostName], tlsCa.past),
    tlsCa.issueFacility(facilityName),
  ]);

  const calls = new CallCounter();
  const faults = new FaultInjector();
  const gate = new Gate(calls, faults, clock);
  const controlGate = new Gate(new CallCounter(), new FaultInjector(), clock);
  const authorities = [hpkiAuthority(ca), ...(options.jpki === undefined ? [] : [jpkiAuthority(options.jpki)])];
  const listeners = await openListeners({ options, gate, controlGate, tlsCa, server: valid, authorities });
  const { api, login, card, phone } = listeners;

  const people = new PeopleDirectory(ca);
  const signing = new SigningDesk(people, faults);
  const signIns = new SignInDesk(clock, codeSeconds);
  const tickets = new RegistrationTickets(clock);
  const passkeys = new Passkeys(phone.origin, people);
  const assertions = new CardAssertions(authorities, clock);
  const exchanges = new ServedExchanges();
  const shared = { key, people, tokenSeconds, codeSeconds, clock };

  const csc = { issuer: api.origin, base: `${api.origin}/csc/v2`, clientId: cscClientId };
  const cscStorage = new ProviderStorage(clock);
  const cscServer = createCscAuthorizationServer({
    ...shared,
    storage: cscStorage,
    issuer: csc.issuer,
    resource: csc.base,
    phoneOrigin: phone.origin,
    desk: signIns,
    assertions,
    faults,
    exchangeOf: (context) => exchanges.of(context),
  });

  const kaguraStorage = new ProviderStorage(clock);
  const tokens = new IdTokens(clock);
  const kaguraServer = createKaguraAuthorizationServer({ ...shared, storage: kaguraStorage, issuer: login.origin, contract, tokens });
  const asked = { provider: kaguraServer, contract, logins: new LoginDesk(signIns) };

  api.serve([
    ...discoveryRoutes(cscServer, 'oauth'),
    handOver(cscServer, 'oauth.device_authorization', 'POST', oauthRoutes.device_authorization, exchanges),
    handOver(cscServer, 'oauth.token', 'POST', oauthRoutes.token),
    handOver(cscServer, 'oauth.revocation', 'POST', oauthRoutes.revocation),
    handOver(cscServer, 'oauth.jwks', 'GET', oauthRoutes.jwks),
    ...cscRoutes({ ca, signing, clock, multisign, issuer: csc.issuer, access: cscAccess(cscServer, people, csc.base) }),
    handOver(kaguraServer, 'kagura.token', 'POST', contract.tokenPath),
    handOver(kaguraServer, 'kagura.revocation', 'POST', contract.revocationPath),
    handOver(kaguraServer, 'kagura.jwks', 'GET', contract.keysPath),
    kaguraSignatureRoute({ contract, tokens, signing, faults, clock }),
  ]);
  login.serve([
    handOver(kaguraServer, 'kagura.authorization', 'GET', contract.authorizationPath),
    handOver(kaguraServer, 'kagura.resume', 'GET', `${contract.authorizationPath}/:uid`),
    ...loginRoutes({ ...asked, clock, phoneOrigin: phone.origin, cardOrigin: card.origin }),
    timeStampRoute({ tsa, clock }),
  ]);
  card.serve(cardRoutes({ ...asked, people, assertions, loginOrigin: login.origin }));
  phone.serve([
    // What a phone in the same network has to trust first.
    { name: 'phone.tls-root', method: 'GET', path: '/tls-root.pem', serve: (exchange) => exchange.answerText(200, 'application/x-x509-ca-cert', tlsCa.serverRoot) },
    ...registrationRoutes({ tickets, passkeys }),
    ...signInRoutes({ desk: signIns, passkeys, faults, clock }),
    ...assetRoutes,
  ]);

  const revokeTokens = (): void => {
    cscStorage.revokeAll();
    kaguraStorage.revokeAll();
    tokens.revokeAll();
  };
  gate.revokeTokens = revokeTokens;
  const addresses: RemoteServiceAddresses = {
    api: api.origin,
    login: login.origin,
    card: card.origin,
    phone: phone.origin,
    control: listeners.control.origin,
    timeStamps: `${login.origin}/tsa`,
    csc,
    kagura: {
      issuer: login.origin,
      authorization: `${login.origin}${contract.authorizationPath}`,
      token: `${api.origin}${contract.tokenPath}`,
      revocation: `${api.origin}${contract.revocationPath}`,
      keys: `${api.origin}${contract.keysPath}`,
      sign: `${api.origin}${contract.signaturePath}`,
      redirectUri: contract.redirectUris[0] ?? '',
      loginOrigins: [login.origin, card.origin],
    },
  };
  const control = new RemoteControl({
    clock,
    calls,
    faults,
    signing,
    people,
    tickets,
    signIns,
    listeners,
    certificates: { valid, expired },
    revokeTokens,
    phoneOrigin: phone.origin,
  });
  listeners.control.serve(controlRoutes(control, addresses));

  return {
    addresses,
    trust: { ca, tlsCa, tsa, facility },
    control,
    clock,
    calls,
    people,
    signIns,
    signing,
    get errors() {
      return [...gate.errors, ...controlGate.errors];
    },
    async close() {
      gate.close();
      await Promise.all(Object.values(listeners).map((listener) => listener.close()));
    },
  };
}
