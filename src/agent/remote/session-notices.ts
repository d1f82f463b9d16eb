import type { Notice } from '../ports.ts';
import { clockWords } from './clock-words.ts';
import type { RemoteSession } from './remote-session.ts';

export const sessionNotices = {
  began({ staffName, until }: RemoteSession, terminal: string, now: number): Notice {
    const end = clockWords(until, now);
    return {
      kind: 'signed',
      text: {
        ja: `${terminal} で ${staffName} 様のリモート署名を認証しました。${end.ja} まで有効です。`,
        en: `${staffName} is authenticated for remote signing on ${terminal} until ${end.en}.`,
      },
    };
  },
  endsSoon({ staffName, until }: RemoteSession, now: number): Notice {
    const end = clockWords(until, now);
    return {
      kind: 'warning',
      text: {
        ja: `${staffName} 様のリモート署名の認証は ${end.ja} に終わります。続ける場合は、そのあとの署名のときに認証し直してください。`,
        en: `The remote signing session of ${staffName} ends at ${end.en}. Authenticate again with the next signature after that.`,
      },
    };
  },
  expired({ staffName }: RemoteSession): Notice {
    return {
      kind: 'warning',
      text: { ja: `${staffName} 様のリモート署名の認証が終わりました。`, en: `The remote signing session of ${staffName} is over.` },
    };
  },
  otherPerson(staffName: string): Notice {
    return {
      kind: 'problem',
      text: {
        ja: `${staffName} 様とは別の方の認証でした。その認証を終わらせ、署名はEHRに渡していません。ご本人がもう一度認証してください。`,
        en: `Somebody other than ${staffName} authenticated. That authentication was ended, and the EHR was given no signature. ${staffName} has to authenticate again.`,
      },
    };
  },
  /** The service ended it before its time. */
  refused({ staffName }: Pick<RemoteSession, 'staffName'>): Notice {
    return {
      kind: 'warning',
      text: {
        ja: `${staffName} 様のリモート署名の認証を、サービスが受け付けなくなりました。続けるには認証し直してください。`,
        en: `The service does not accept the authentication of ${staffName} any more. Authenticate again to go on.`,
      },
    };
  },
  mismatch(staffName: string): Notice {
    return {
      kind: 'problem',
      text: {
        ja: `サービスから戻った署名が正しくないため、EHRに渡しませんでした。${staffName} 様の認証も終わらせました。管理者に連絡してください。`,
        en: `The signature that the service returned is not valid and was not released. The authentication of ${staffName} was ended too. Call your administrator.`,
      },
    };
  },
  unreachable(staffName: string): Notice {
    return {
      kind: 'warning',
      text: {
        ja: `リモート署名サービスに接続できません。${staffName} 様のHPKIカードで署名します。`,
        en: `The remote signing service cannot be reached. ${staffName} signs with the HPKI card.`,
      },
    };
  },
} as const;
