import { Fragment } from 'preact';
import type { DocumentView } from '../../contract/ipc/document.ts';
import { useSpeech } from '../page/language.ts';
import { showDate } from '../page/times.ts';
import { Banner } from '../parts/banner.tsx';
import { Mark } from '../parts/mark.tsx';
import { Name } from '../parts/name.tsx';
import { marksOf } from './document-marks.ts';

/** Whom it is for and what kind of thing it is, in the lines that also stand for a closed document. */
export function DocumentHead({ document }: { readonly document: DocumentView }) {
  const { t, language } = useSpeech();
  const { patient } = document;
  const marks = marksOf(document);
  const day = document.date === null ? null : showDate(document.date, language);
  return (
    <span class="document-head">
      <span class="document-head__patient">
        <span class="visually-hidden">{t('signature.documents.patient')}: </span>
        <strong lang="ja">{patient.name}</strong>
        {patient.kana === null ? null : <span lang="ja" class="document-head__kana">{patient.kana}</span>}
      </span>
      <span class="document-head__line">
        {[
          t(`common.sexes.${patient.sex}`),
          ...(patient.age === null ? [] : [t('common.age', { age: patient.age })]),
          ...(patient.birthDate === null ? [] : [t('common.birthDate', { date: showDate(patient.birthDate, language) })]),
        ].map((part) => (
          <span key={part}>{part}</span>
        ))}
      </span>
      <span class="document-head__line">
        <span>{t(`common.documentTypes.${document.type}`)}</span>
        <span>{t('signature.documents.drugs', { count: document.drugCount })}</span>
        {day === null ? null : <span>{t(document.type === 'prescription' ? 'signature.documents.issued' : 'signature.documents.dispensed', { date: day })}</span>}
      </span>
      <span class="document-head__line">
        <span>
          {t(document.type === 'prescription' ? 'signature.doctor' : 'signature.pharmacist')}: <Name text={document.signer} />
        </span>
        <span lang="ja">{document.facility}</span>
      </span>
      {marks.length === 0 ? null : (
        <span class="document-head__marks">
          {marks.map((mark) => (
            <Mark key={mark} name={mark} />
          ))}
        </span>
      )}
    </span>
  );
}

/** What a document says is Japanese whatever the window speaks. Its parts (a drug, its amount, its code) break as wholes. */
function Value({ text }: { readonly text: string }) {
  const parts = text.split(' ／ ');
  return (
    <span lang="ja">
      {parts.map((part, index) =>
        index === parts.length - 1 ? (
          <span key={index} class="row__part">
            {part}
          </span>
        ) : (
          <Fragment key={index}>
            <span class="row__part">{part} ／</span>{' '}
          </Fragment>
        ),
      )}
    </span>
  );
}

/** Every row of the document's summary. */
export function DocumentBody({ document }: { readonly document: DocumentView }) {
  const { t, say } = useSpeech();
  return (
    <div class="document__body">
      {document.warnings.length === 0 ? null : (
        <Banner kind="warning" level={3} title={t('signature.documents.warnings')}>
          <ul>
            {document.warnings.map((warning) => (
              <li key={warning.en}>{say(warning)}</li>
            ))}
          </ul>
        </Banner>
      )}
      {document.sections.map((section, index) => (
        <section key={index} class="document__section">
          <h3>{say(section.heading)}</h3>
          <dl class="rows">
            {section.rows.map((row, place) => (
              <div key={place} class={row.marks.length === 0 ? 'row' : 'row row--marked'}>
                <dt>{say(row.label)}</dt>
                <dd title={row.line === null ? undefined : t('signature.documents.line', { line: row.line })}>
                  <Value text={row.value} />
                  {row.marks.map((mark) => (
                    <Mark key={mark} name={mark} />
                  ))}
                </dd>
              </div>
            ))}
          </dl>
        </section>
      ))}
    </div>
  );
}
