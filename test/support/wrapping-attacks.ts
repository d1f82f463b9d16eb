/**
 * Signature wrapping: the signed element stays in the file with its id and its good digest; something else stands where an
 * application looks. The twelve permutations are those of the classic XSW test sets for SAML, ported to both of our
 * document types: the evil document E imitates the wrapper, O is what was really signed, S is its signature.
 */
import { prescriptionCsv } from '../unit/formats/xades/signing-people.ts';

export type DocumentName = 'prescription' | 'dispensing' | 'nested';

/** What is attacked: the signed element and its signature, as texts of the file, and the forged element. */
export interface Target {
  readonly file: string;
  readonly original: string;
  readonly signature: string;
  readonly evil: string;
  /** The evil element under another id. */
  readonly evilOtherId: string;
  /** The file without the original and the signature's element, with a hole each. */
  readonly build: (inOriginalPlace: string, inSignaturePlace: string) => string;
}

const forgedCsv = Buffer.from(`${prescriptionCsv.toString()}\n201,1,2,1,2,620000002,forged,100,1,錠`).toString('base64');

/** Takes a good file apart. `nested` is the prescription inside a dispensing result. */
export function takeApart(name: DocumentName, file: string): Target {
  const element = name === 'dispensing' ? 'Dispensing' : 'PrescriptionDocument';
  const sign = name === 'dispensing' ? 'DispensingSign' : 'PrescriptionSign';
  const original = new RegExp(`<${element} id=.*?</${element}>`, 's').exec(file)?.[0] ?? '';
  const signature = new RegExp(`<${sign}>(<xs:Signature.*?</xs:Signature>)</${sign}>`, 's').exec(file)?.[1] ?? '';
  if (original === '' || signature === '') throw new Error('this file is not built as expected');
  const evil = name === 'dispensing'
    ? original.replace(/(<DispensingDocument[^>]*>)[^<]*/, `$1${forgedCsv}`)
    : `<PrescriptionDocument id="PrescriptionDocument">${forgedCsv}</PrescriptionDocument>`;
  return {
    file,
    original,
    signature,
    evil,
    evilOtherId: evil.replace(`id="${element}"`, 'id="evil"'),
    build: (inOriginalPlace, inSignaturePlace) => file.replace(original, () => inOriginalPlace).replace(signature, () => inSignaturePlace),
  };
}

const inObject = (signature: string, what: string): string => signature.replace('</xs:Signature>', () => `<xs:Object>${what}</xs:Object></xs:Signature>`);

export type Attack = readonly [what: string, attack: (target: Target) => string];

export const permutations: readonly Attack[] = [
  ['XSW1: the evil document follows, the original moves into an Object of the signature', ({ evil, original, signature, build }) => build(evil, inObject(signature, original))],
  ['XSW2: the original stands before the evil one', ({ evil, original, signature, build }) => build(original + evil, signature)],
  ['XSW3: the evil document stands before the original, under another id', ({ evilOtherId, original, signature, build }) => build(evilOtherId + original, signature)],
  ['XSW4: the original becomes a child of the evil one', ({ evilOtherId, original, signature, build }) => build(evilOtherId.replace(/<\/[^<]*>$/, (end) => original + end), signature)],
  ['XSW5: the evil one keeps the id, the original loses it and moves behind the signature', ({ evil, original, signature, build }) => build(evil, signature + original.replace(/ id="[^"]*"/, ''))],
  ['XSW6: the original moves into the signature, before SignedInfo', ({ evil, original, signature, build }) => build(evil, signature.replace('<xs:SignedInfo', () => `${original}<xs:SignedInfo`))],
  ['XSW7: the original moves into an Extensions element beside the evil one', ({ evil, original, signature, build }) => build(`<Extensions>${original}</Extensions>${evil}`, signature)],
  ['XSW8: the original moves into an Object without its id check, the evil one under another id', ({ evilOtherId, original, signature, build }) => build(evilOtherId, inObject(signature, original))],
  ['XSW9: the original moves into KeyInfo', ({ evil, original, signature, build }) => build(evil, signature.replace('</xs:KeyInfo>', () => `${original}</xs:KeyInfo>`))],
  ['XSW10: the original moves into unsigned properties', ({ evil, original, signature, build }) => build(evil, signature.replace('</xa:QualifyingProperties>', () => `<xa:UnsignedProperties><xa:UnsignedSignatureProperties>${original}</xa:UnsignedSignatureProperties></xa:UnsignedProperties></xa:QualifyingProperties>`))],
  ['XSW11: a second signature of nothing stands before the good one', ({ evil, original, signature, build }) => build(evil, signature.replace(/Id="[^"]*"/, 'Id="other"') + inObject(signature, original))],
  ['XSW12: the whole good document is wrapped by an evil one', ({ evil, file, signature, build }) => build(evil, signature).replace('</Document>', () => `${file.slice(file.indexOf('<Document'))}</Document>`)],
  ['as measured on other verifiers: the original under a new sibling element, the evil one in its place', ({ evil, original, signature, build }) => build(`<Moved>${original}</Moved>${evil}`, signature)],
];

/** Where the reader might be led by another name of an id. */
export const idTricks: readonly Attack[] = [
  ['the original under Id instead of id', ({ evil, original, signature, build }) => build(evil, inObject(signature, original.replace(' id=', ' Id=')))],
  ['the original under ID', ({ evil, original, signature, build }) => build(evil, inObject(signature, original.replace(' id=', ' ID=')))],
  ['the original under xml:id', ({ evil, original, signature, build }) => build(evil, inObject(signature, original.replace(' id=', ' xml:id=')))],
  ['the evil one with both ids', ({ evil, original, signature, build }) => build(evil.replace(' id=', ' Id="x" id='), inObject(signature, original))],
  ['the original in another namespace', ({ evil, original, signature, build }) => build(evil, inObject(signature, original.replace(' id=', ' xmlns="urn:x" id=')))],
  ['a reference to the whole file', ({ evil, signature, build }) => build(evil, signature.replace(/URI="#(Dispensing|PrescriptionDocument)"/, 'URI=""'))],
  ['a reference by XPointer', ({ evil, signature, build }) => build(evil, signature.replace(/URI="#(Dispensing|PrescriptionDocument)"/, 'URI="#xpointer(/)"'))],
  ['the parts of the wrapper in another namespace', ({ file }) => file.replace('<Document ', '<Document xmlns="urn:x" ')],
];
