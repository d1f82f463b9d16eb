import { result, type Check } from '../check.ts';

const policyTitle = { ja: '端末ポリシー', en: 'Machine policy' };
const settingTitle = { ja: '設定値', en: 'Setting' };

export const checkPolicy: Check = ({ policy, config }) => {
  const file = (() => {
    switch (policy.state) {
      case 'none':
        return result('policy', policyTitle, 'ok', { ja: `なし（既定値で動作）: ${policy.place}`, en: `None, defaults apply: ${policy.place}` });
      case 'read':
        return result('policy', policyTitle, 'ok', { ja: `読み込みました: ${policy.place}`, en: `Read: ${policy.place}` });
      case 'refused':
        return result('policy', policyTitle, 'problem', policy.reason, {
          ja: '管理者だけが書き込める場所に置き直してください。それまで既定値で動作します。',
          en: 'Put it where administrators alone can write. Defaults apply until then.',
        });
    }
  })();
  const problems = config.problems.map((problem) =>
    result(
      'policy.setting',
      settingTitle,
      'problem',
      { ja: `${problem.source} ${problem.path}: ${problem.reason.ja}`, en: `${problem.source} ${problem.path}: ${problem.reason.en}` },
      problem.source === 'policy'
        ? { ja: 'ポリシー全体が無視されています。値を直してください。', en: 'The whole policy is ignored: correct the value.' }
        : { ja: '値を直すか削除してください。', en: 'Correct or remove the value.' },
    ),
  );
  return [file, ...problems];
};
