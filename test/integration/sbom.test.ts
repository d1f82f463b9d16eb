/** The release's SBOM: all that is installed, all that is bundled, Electron itself, and nothing that only builds or tests. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { makeSbom } from '../../scripts/sbom.ts';
import { projectRoot } from '../support/command-line.ts';

describe('the SBOM', () => {
  let bom: ReturnType<typeof makeSbom>;
  const refs = (): readonly string[] => bom.components.map((component) => component['bom-ref']);
  const { packages } = JSON.parse(readFileSync(path.join(projectRoot, 'package-lock.json'), 'utf8')) as { packages: Readonly<Record<string, { readonly name?: string; readonly version: string; readonly dev?: true; readonly devOptional?: true; readonly optional?: true }>> };
  const lockedAs = (name: string): string => `${name}@${packages[`node_modules/${name}`]?.version}`;

  beforeAll(() => {
    bom = makeSbom();
  }, 240_000);

  it('is CycloneDX of this program', () => {
    expect([bom.bomFormat, bom.specVersion]).toEqual(['CycloneDX', '1.5']);
    expect(bom.metadata.component).toMatchObject({ name: 'hpki-agent', version: packages['']?.version, type: 'application' });
  });

  it('has every package that is installed with the program', () => {
    const production = Object.entries(packages).flatMap(([place, { version, dev, devOptional, optional }]) =>
      place === '' || dev === true || devOptional === true || optional === true ? [] : [`${place.split('node_modules/').at(-1)}@${version}`],
    );
    expect(production.length).toBeGreaterThan(40);
    expect(production.filter((ref) => !refs().includes(ref))).toEqual([]);
  });

  it('has what is bundled into the pages, stylesheets too', () => {
    for (const name of ['preact', 'i18next', 'zod', '@digital-go-jp/design-tokens']) expect(refs()).toContain(lockedAs(name));
  });

  it('has Electron, with the hashes of its archives', () => {
    const electron = bom.components.find(({ name }) => name === 'electron');
    expect(electron?.version).toBe(packages['node_modules/electron']?.version);
    expect(JSON.stringify(electron?.['externalReferences'])).toMatch(/electron-v[\d.]+-win32-x64\.zip.*SHA-256","content":"[0-9a-f]{64}/);
  });

  it('has nothing that only builds or tests', () => {
    expect(['vitest', 'electron-builder', 'oidc-provider', 'typescript'].filter((name) => bom.components.some((component) => component.name === name))).toEqual([]);
  });

  it('names each component once, and refers to none that is not there', () => {
    expect(new Set(refs()).size).toBe(bom.components.length);
    const all = new Set([...refs(), bom.metadata.component['bom-ref']]);
    expect(bom.dependencies.flatMap(({ ref, dependsOn }) => [ref, ...dependsOn]).filter((ref) => !all.has(ref))).toEqual([]);
    const own = bom.dependencies.find(({ ref }) => ref === bom.metadata.component['bom-ref']);
    expect(own?.dependsOn).toContain(lockedAs('electron'));
  });
});
