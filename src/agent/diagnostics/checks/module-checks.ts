import { result, type Check, type CheckResult, type ModuleFinding } from '../check.ts';

const moduleTitle = { ja: 'PKCS#11モジュール', en: 'PKCS#11 module' };
const bindingTitle = { ja: 'PKCS#11の接続部品', en: 'PKCS#11 binding' };

export const checkModules: Check = ({ modules, installedModules, pkcs11Binding, processBits, config }) => {
  // Vendors' modules are known on Windows alone, where letter case does not tell files apart.
  const listed = new Set(modules.map((module) => module.path.toLowerCase()));
  const unlisted = installedModules.filter((path) => !listed.has(path.toLowerCase())).map((path) => unlistedResult(path, config.settings.cards.direct));
  if (modules.length === 0) {
    return [
      result('module', moduleTitle, 'not_applicable', {
        ja: config.settings.cards.direct ? '設定なし（カードを直接読みます）' : '設定なし',
        en: config.settings.cards.direct ? 'None set (cards are driven directly)' : 'None set',
      }),
      ...unlisted,
    ];
  }
  const binding =
    pkcs11Binding === 'built'
      ? result('module.binding', bindingTitle, 'ok', { ja: '使えます', en: 'Built' })
      : result('module.binding', bindingTitle, 'problem', { ja: 'pkcs11js が組み込まれていません', en: 'pkcs11js is not built' }, {
          ja: 'コンパイラーのあるPCで npm ci をやり直すか、配布版のインストーラーを使ってください。',
          en: 'Run npm ci again where a compiler is installed, or use the released installer.',
        });
  return [binding, ...modules.map((module) => moduleResult(module, processBits)), ...unlisted];
};

/** Nothing is loaded that policy does not name; without the direct driver that leaves the card unused. */
function unlistedResult(path: string, direct: boolean): CheckResult {
  return result('module.unlisted', moduleTitle, direct ? 'not_applicable' : 'warning', { ja: `導入済みですが、ポリシーにないため使いません: ${path}`, en: `Installed, but not used: policy does not name it: ${path}` }, {
    ja: 'このモジュールで署名する場合は、ポリシー cards.modules に書いてください。',
    en: 'To sign by this module, name it in the policy cards.modules.',
  });
}

function moduleResult(module: ModuleFinding, processBits: 32 | 64): CheckResult {
  if (!module.found) {
    return result('module.file', moduleTitle, 'problem', { ja: `見つかりません: ${module.path}`, en: `Not found: ${module.path}` }, {
      ja: 'カードのベンダーのソフトを導入するか、ポリシーのパスを直してください。',
      en: "Install the card vendor's software or correct the path in the policy.",
    });
  }
  if (module.bits === null) {
    return result('module.file', moduleTitle, 'problem', { ja: `モジュールではありません: ${module.path}`, en: `Not a module: ${module.path}` }, {
      ja: 'ポリシーのパスを直してください。',
      en: 'Correct the path in the policy.',
    });
  }
  if (module.bits !== processBits) {
    return result('module.file', moduleTitle, 'problem', { ja: `${module.bits}ビット版です（必要なのは${processBits}ビット版）: ${module.path}`, en: `${module.bits}-bit, but the agent is ${processBits}-bit: ${module.path}` }, {
      ja: `ベンダーの${processBits}ビット版を導入してください。`,
      en: `Install the vendor's ${processBits}-bit module.`,
    });
  }
  return result('module.file', moduleTitle, 'ok', { ja: `${module.bits}ビット ${module.path}`, en: `${module.bits}-bit ${module.path}` });
}
