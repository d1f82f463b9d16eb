import { useRef, useState } from 'preact/hooks';
import type { DocumentView } from '../../contract/ipc/document.ts';
import { useSpeech } from '../page/language.ts';
import { Button } from '../parts/button.tsx';
import { Mark } from '../parts/mark.tsx';
import { DocumentBody, DocumentHead } from './document.tsx';
import { countBatch } from './document-marks.ts';

/** Everything that will be signed: one document in full, several as a list of which each can be opened. */
export function DocumentList({ documents }: { readonly documents: readonly DocumentView[] }) {
  const { t } = useSpeech();
  const [first] = documents;
  return (
    <section class="documents" aria-labelledby="documents-heading">
      <h2 id="documents-heading" class="documents__heading">
        {documents.length === 1 ? t('signature.documents.one') : t('signature.documents.many', { count: documents.length })}
      </h2>
      {documents.length === 1 && first !== undefined ? (
        <article class="document">
          <DocumentHead document={first} />
          <DocumentBody document={first} />
        </article>
      ) : (
        <Several documents={documents} />
      )}
    </section>
  );
}

/** The batch in numbers: what an unusual one would show at a glance. */
function Counts({ documents }: { readonly documents: readonly DocumentView[] }) {
  const { t } = useSpeech();
  const { prescriptions, dispensings, drugs, marked } = countBatch(documents);
  return (
    <ul class="counts">
      {prescriptions === 0 ? null : <li>{t('signature.documents.counts.prescriptions', { count: prescriptions })}</li>}
      {dispensings === 0 ? null : <li>{t('signature.documents.counts.dispensings', { count: dispensings })}</li>}
      <li>{t('signature.documents.drugs', { count: drugs })}</li>
      {marked.map(({ mark, count }) => (
        <li key={mark}>
          <Mark name={mark} /> {t('signature.documents.counts.marked', { count })}
        </li>
      ))}
    </ul>
  );
}

function Several({ documents }: { readonly documents: readonly DocumentView[] }) {
  const { t } = useSpeech();
  const list = useRef<HTMLOListElement>(null);
  const [allOpen, setAllOpen] = useState(false);
  const openAll = (open: boolean): void => {
    for (const details of list.current?.querySelectorAll('details') ?? []) details.open = open;
    setAllOpen(open);
  };
  return (
    <>
      <Counts documents={documents} />
      <Button
        look="text"
        small
        onPress={() => {
          openAll(!allOpen);
        }}
      >
        {allOpen ? t('signature.documents.closeAll') : t('signature.documents.openAll')}
      </Button>
      <ol class="documents__list" ref={list}>
        {documents.map((document) => (
          <li key={document.id}>
            <details class="document">
              <summary>
                <DocumentHead document={document} />
              </summary>
              <DocumentBody document={document} />
            </details>
          </li>
        ))}
      </ol>
    </>
  );
}
