import type { CertificateRequest } from './ca/test-ca.ts';
import { jstMidnight } from './ca/jst-midnight.ts';
import type { VirtualHpkiCardOptions } from './cards/card-options.ts';
import type { VirtualCard } from './cards/virtual-card.ts';
import { VirtualHpkiCard } from './cards/virtual-hpki-card.ts';
import { sandboxPeople, type SandboxClinic } from './sandbox-clinic.ts';

/** Cards that an EHR meets sooner or later: the fitting ones, and each kind that an agent has to refuse or to be careful with. */
export type DrawerCard = 'doctor' | 'pharmacist' | 'other-doctor' | 'expired' | 'authentication-only' | 'three-tries' | 'my-number';

/** Made when first taken out, because keys take time, and kept with their counters. */
export interface CardDrawer {
  take(name: DrawerCard): Promise<VirtualCard>;
}

export function openCardDrawer(clinic: SandboxClinic, options: Pick<VirtualHpkiCardOptions, 'layout'> = {}): CardDrawer {
  const { ca } = clinic;
  const made = new Map<DrawerCard, Promise<VirtualCard>>();

  async function signingCard(departure: Partial<CertificateRequest>, more: VirtualHpkiCardOptions = {}): Promise<VirtualHpkiCard> {
    const { certificate, privateKey } = await ca.issue({ ...sandboxPeople.doctor, ...departure });
    const signing = { certificate: certificate.der, privateKey, ca: ca.signing.certificate.der, root: ca.root.certificate.der };
    return new VirtualHpkiCard({ ...options, ...more, signing });
  }

  async function make(name: DrawerCard): Promise<VirtualCard> {
    switch (name) {
      case 'doctor':
      case 'pharmacist':
        return clinic.cards[name];
      case 'other-doctor':
        return signingCard({ commonName: 'TEST BETSU JIRO', kanjiName: 'テスト　別　次郎', registration: 'TEST0003' });
      case 'expired':
        return signingCard({ notBefore: jstMidnight(ca.now, -3), notAfter: jstMidnight(ca.now, -1) });
      case 'three-tries':
        return signingCard({}, { maxTries: 3 });
      case 'my-number':
        return (await clinic.myNumberCard('doctor')).card;
      case 'authentication-only': {
        const { certificate, privateKey } = await ca.issue({ ...sandboxPeople.doctor, kind: 'authentication' });
        return new VirtualHpkiCard({ ...options, authentication: { certificate: certificate.der, privateKey } });
      }
    }
  }

  return {
    take(name) {
      const card = made.get(name) ?? make(name);
      made.set(name, card);
      return card;
    },
  };
}
