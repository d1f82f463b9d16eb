/** Which dispensed drug stands for which prescribed one. */
import type { DispensingCsv, PrescriptionCsv } from './csv-reader.ts';

export type PrescribedDrug = PrescriptionCsv['records']['drug'][number];
export type DispensedDrug = DispensingCsv['records']['drug'][number];

export interface DrugMatch {
  readonly pairs: readonly { readonly prescribed: PrescribedDrug; readonly dispensed: DispensedDrug; readonly same: boolean }[];
  readonly missing: readonly PrescribedDrug[];
  readonly added: readonly DispensedDrug[];
}

/**
 * [I] The first nine characters of a YJ code, of the price list's code (CJ1: 3) and of a 一般名 code name ingredient,
 * form and strength: the same nine are the same medicine of another maker.
 */
const CODE_KINDS_BY_INGREDIENT: ReadonlySet<string> = new Set(['3', '4', '7']);
const INGREDIENT_LENGTH = 9;

interface DrugFields {
  readonly rp: string;
  readonly name: string;
  readonly codeKind: string;
  readonly code: string;
}

type KeyOf = (drug: DrugFields) => string | null;

/**
 * By code, then by name, then by ingredient; each first within the same RP, then anywhere. Drugs of two lists that have
 * nothing else in common but are the last ones left of the same RP stand for each other, as changed.
 * Linear in the number of drugs.
 */
export function matchDrugs(
  prescribed: readonly PrescribedDrug[],
  dispensed: readonly DispensedDrug[],
  fold: (text: string) => string,
): DrugMatch {
  const byCode: KeyOf = (drug) => (drug.code === '' ? null : `${drug.codeKind}:${drug.code}`);
  const byName: KeyOf = (drug) => fold(drug.name);
  const byIngredient: KeyOf = (drug) =>
    CODE_KINDS_BY_INGREDIENT.has(drug.codeKind) && drug.code.length >= INGREDIENT_LENGTH
      ? drug.code.slice(0, INGREDIENT_LENGTH)
      : null;
  const inRp = (key: KeyOf): KeyOf => (drug) => {
    const found = key(drug);
    return found === null ? null : `${drug.rp}|${found}`;
  };
  const passes: readonly { readonly key: KeyOf; readonly same: boolean }[] = [
    { key: inRp(byCode), same: true },
    { key: inRp(byName), same: true },
    { key: byCode, same: true },
    { key: byName, same: true },
    { key: inRp(byIngredient), same: false },
    { key: byIngredient, same: false },
  ];

  const pairs: { prescribed: PrescribedDrug; dispensed: DispensedDrug; same: boolean }[] = [];
  let missing = prescribed;
  let added = dispensed;
  for (const { key, same } of passes) {
    const waiting = groupBy(missing, key);
    const taken = new Set<PrescribedDrug>();
    added = added.filter((drug) => {
      const wanted = key(drug.fields);
      const partner = wanted === null ? undefined : waiting.get(wanted)?.shift();
      if (partner === undefined) return true;
      taken.add(partner);
      pairs.push({ prescribed: partner, dispensed: drug, same });
      return false;
    });
    missing = missing.filter((drug) => !taken.has(drug));
  }

  const lastMissing = groupBy(missing, (drug) => drug.rp);
  const lastAdded = groupBy(added, (drug) => drug.rp);
  const changed = new Set<PrescribedDrug | DispensedDrug>();
  for (const [rp, [dispensedDrug, ...moreAdded]] of lastAdded) {
    const [prescribedDrug, ...moreMissing] = lastMissing.get(rp) ?? [];
    if (dispensedDrug === undefined || prescribedDrug === undefined || moreAdded.length + moreMissing.length > 0) continue;
    pairs.push({ prescribed: prescribedDrug, dispensed: dispensedDrug, same: false });
    changed.add(dispensedDrug).add(prescribedDrug);
  }
  return {
    pairs: pairs.sort((one, other) => one.dispensed.line - other.dispensed.line),
    missing: missing.filter((drug) => !changed.has(drug)),
    added: added.filter((drug) => !changed.has(drug)),
  };
}

function groupBy<D extends { readonly fields: DrugFields }>(drugs: readonly D[], key: KeyOf): Map<string, D[]> {
  const groups = new Map<string, D[]>();
  for (const drug of drugs) {
    const found = key(drug.fields);
    if (found === null) continue;
    const group = groups.get(found);
    if (group === undefined) groups.set(found, [drug]);
    else group.push(drug);
  }
  return groups;
}
