import { contextPrimitive, tags } from '../../formats/pki/der.ts';
import { retag, writeBoolean, writeExplicit, writeInteger, writeSequence, writeString, writeTime } from '../../formats/pki/der-writer.ts';
import { crlReasons, parseCrl, type CertificateRevocationList, type CrlReason } from '../../formats/pki/crl.ts';
import { extensionOids } from '../../formats/pki/extensions.ts';
import {
  algorithmIdentifier,
  distributionPointName,
  issuerKeyIdentifier,
  signTbs,
  writeExtension,
  type CertifiedKey,
  type TestHash,
} from './test-certificate.ts';

/** Hours between two lists, as HPKI's CAs have it. */
const crlHours = 96;

export interface RevocationEntry {
  readonly serialNumber: bigint;
  readonly at: Date;
  readonly reason?: CrlReason;
  readonly invalidSince?: Date;
}

export interface CrlContent {
  readonly thisUpdate: Date;
  /** Default: 96 hours after thisUpdate. Null leaves it out. */
  readonly nextUpdate?: Date | null;
  readonly revoked?: readonly RevocationEntry[];
  readonly number?: bigint;
  /** Critical issuingDistributionPoint, as on the root's list (ARL) with `ca`. */
  readonly only?: 'ca' | 'user';
  readonly distributionPoint?: string;
  /** Marks the list as a delta to this base number. */
  readonly deltaOf?: bigint;
  readonly hash?: TestHash;
}

/** A CRL v2 with AKI and CRLNumber. */
export function writeCrl(content: CrlContent, issuer: CertifiedKey): CertificateRevocationList {
  const { thisUpdate, revoked = [], number = 1n, hash = 'sha256', only, distributionPoint, deltaOf } = content;
  const nextUpdate = content.nextUpdate === undefined ? new Date(thisUpdate.getTime() + crlHours * 3_600_000) : content.nextUpdate;
  const extensions = [
    issuerKeyIdentifier(issuer),
    writeExtension(extensionOids.crlNumber, writeInteger(number)),
    ...(deltaOf === undefined ? [] : [writeExtension(extensionOids.deltaCrlIndicator, writeInteger(deltaOf), true)]),
    ...(only === undefined && distributionPoint === undefined
      ? []
      : [writeExtension(extensionOids.issuingDistributionPoint, issuingDistributionPoint(only, distributionPoint), true)]),
  ];
  const tbs = writeSequence(
    writeInteger(1),
    algorithmIdentifier(hash),
    issuer.certificate.subjectDer,
    writeTime(thisUpdate),
    ...(nextUpdate === null ? [] : [writeTime(nextUpdate)]),
    // RFC 5280 §5.1.2.6: without entries the list itself is left out.
    ...(revoked.length === 0 ? [] : [writeSequence(...revoked.map(writeEntry))]),
    writeExplicit(0, writeSequence(...extensions)),
  );
  return parseCrl(signTbs(tbs, issuer.privateKey, hash));
}

function issuingDistributionPoint(only: 'ca' | 'user' | undefined, distributionPoint: string | undefined): Uint8Array {
  return writeSequence(
    ...(distributionPoint === undefined ? [] : [distributionPointName(distributionPoint)]),
    ...(only === undefined ? [] : [retag(contextPrimitive(only === 'user' ? 1 : 2), writeBoolean(true))]),
  );
}

function writeEntry({ serialNumber, at, reason, invalidSince }: RevocationEntry): Uint8Array {
  const extensions = [
    ...(reason === undefined
      ? []
      : [writeExtension(extensionOids.crlReason, writeInteger(crlReasons[reason], tags.enumerated))]),
    ...(invalidSince === undefined
      ? []
      : [writeExtension(extensionOids.invalidityDate, generalizedTime(invalidSince))]),
  ];
  return writeSequence(writeInteger(serialNumber), writeTime(at), ...(extensions.length === 0 ? [] : [writeSequence(...extensions)]));
}

/** invalidityDate is GeneralizedTime whatever the year (RFC 5280 §5.3.2). */
const generalizedTime = (time: Date): Uint8Array =>
  writeString(tags.generalizedTime, time.toISOString().replace(/\.\d+Z$/, 'Z').replace(/[-:T]/g, ''));
