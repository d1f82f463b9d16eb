import { isOtherName } from '../../formats/prescription/same-name.ts';
import type { BindingView } from '../ports.ts';

/** Two of the three names of a first use. */
const namePairs = ['staff_document', 'staff_certificate', 'document_certificate'] as const;
export type NamePair = (typeof namePairs)[number];

/** Which of the names that a person compares at the first use are not the same. It warns; the person decides. */
export function nameDifferences({ staff, personInDocument, certificate }: Pick<BindingView, 'staff' | 'personInDocument'> & { readonly certificate: Pick<BindingView['certificate'], 'name'> }): readonly NamePair[] {
  const names: Readonly<Record<NamePair, readonly [string, string]>> = {
    staff_document: [staff.name, personInDocument],
    staff_certificate: [staff.name, certificate.name],
    document_certificate: [personInDocument, certificate.name],
  };
  return namePairs.filter((pair) => isOtherName(...names[pair]));
}
