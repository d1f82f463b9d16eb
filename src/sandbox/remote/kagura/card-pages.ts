import { AssertionRefused, type CardAssertions } from '../authorization/card-assertion.ts';
import type { Route } from '../http/route.ts';
import { answerNotice, assetRoutes } from '../pages/page.ts';
import type { PeopleDirectory } from '../people.ts';
import { servingLogin, type AskedLoginParts } from './asked-login.ts';
import { loginPath } from './kagura-authorization-server.ts';

export interface CardPageParts extends AskedLoginParts {
  readonly people: PeopleDirectory;
  readonly loginOrigin: string;
  readonly assertions: CardAssertions;
}

/** The port where TLS itself asks for the card. It takes any certificate, so that it can say what is wrong with it. */
export function cardRoutes(parts: CardPageParts): readonly Route[] {
  const { people, assertions, loginOrigin } = parts;
  return [
    {
      name: 'kagura.card',
      method: 'GET',
      path: `${loginPath}/:uid/card`,
      // The cookie of the login comes along, because a browser does not tell ports apart.
      serve: servingLogin(parts, (exchange, asked) => {
        const { clientCertificate } = exchange;
        if (clientCertificate === null) {
          answerNotice(exchange, 'カードの証明書が届きませんでした', 'カードをリーダーに置き、証明書を選んでください。', 401);
          return;
        }
        try {
          const { method } = assertions.checkCertificate(clientCertificate);
          const person = people.byAuthenticationCertificate(clientCertificate);
          if (method !== asked.clientId || person === undefined) throw new AssertionRefused('another kind of card, or nobody who is registered');
          asked.login.proven = { person, method };
          exchange.redirect(`${loginOrigin}${loginPath}/${asked.uid}/finish`);
        } catch (error) {
          if (!(error instanceof AssertionRefused)) throw error;
          answerNotice(exchange, 'このカードでは認証できません', '有効な認証用の証明書ではないか、登録されていません。', 403);
        }
      }),
    },
    ...assetRoutes,
  ];
}
