import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { AgentView } from '../../contract/ipc/home.ts';
import type { PageBridge } from '../../contract/ipc/windows.ts';
import { staffIdPattern } from '../../contract/staff-id.ts';
import { useFocusStays } from '../page/focus-stays.ts';
import { useSpeech } from '../page/language.ts';
import { showDate } from '../page/times.ts';
import { Button } from '../parts/button.tsx';
import { ConfirmDialog } from '../parts/confirm-dialog.tsx';
import { HelpLink } from '../parts/help-link.tsx';
import { Icon } from '../parts/icon.tsx';

type Note = NonNullable<AgentView['remote']>['registrations'][number];
type Fault = 'wrongStaffId' | 'wrongDeadline' | 'failed';

/** Days before the deadline from which it stands out, as the last reminders do. */
const soonDays = 7;

/** Doctors whose phone is still to be registered at their authority, and until when their letter is good. */
export function PhoneRegistrations({ agent, notes }: { readonly agent: PageBridge<'home'>; readonly notes: readonly Note[] }) {
  const { t } = useSpeech();
  const [isOpen, setIsOpen] = useState(false);
  const [removed, setRemoved] = useState<Note | null>(null);
  const [fault, setFault] = useState<Fault | null>(null);
  const opener = useRef<HTMLButtonElement>(null);
  const wasOpen = useRef(false);
  // The form takes the focus as it opens; where it closes, its button is there again.
  useLayoutEffect(() => {
    if (wasOpen.current) opener.current?.focus();
    wasOpen.current = isOpen;
  }, [isOpen]);
  const heading = useFocusStays();
  const note = (staffId: string, deadline: string | null): void => {
    agent.invoke('registrations.note', { staffId, deadline }).then(
      () => {
        setFault(null);
        if (deadline !== null) setIsOpen(false);
      },
      () => {
        setFault('failed');
      },
    );
  };
  return (
    <section aria-labelledby="registrations">
      <h2 id="registrations" ref={heading} class="subheading" tabIndex={-1}>
        {t('home.status.registrations.heading')}
      </h2>
      <p>{t('home.status.registrations.explain')}</p>
      <ul class="plain-list">
        {notes.map((one) => (
          <li key={one.staffId} class="panel">
            <NoteLines note={one} onRemove={setRemoved} />
          </li>
        ))}
      </ul>
      {isOpen ? <NoteForm fault={fault} onFault={setFault} onNote={note} onLeave={() => { setFault(null); setIsOpen(false); }} /> : null}
      {!isOpen && fault !== null ? (
        <p class="field-error" role="alert">
          {t(`home.status.registrations.${fault}`)}
        </p>
      ) : null}
      <div class="buttons buttons--start">
        {isOpen ? null : (
          <Button
            element={opener}
            look="outline"
            small
            onPress={() => {
              setIsOpen(true);
            }}
          >
            {t('home.status.registrations.open')}
          </Button>
        )}
        <HelpLink topic="remote" label="common.help.phone" />
      </div>
      {removed === null ? null : (
        <ConfirmDialog
          title={t('home.status.registrations.confirm.title')}
          detail={t('home.status.registrations.confirm.detail', { staffId: removed.staffId })}
          action={t('home.status.registrations.remove')}
          onAnswer={(act) => {
            setRemoved(null);
            if (act) note(removed.staffId, null);
          }}
        />
      )}
    </section>
  );
}

function NoteLines({ note: { staffId, deadline, daysLeft }, onRemove }: { readonly note: Note; readonly onRemove: (note: Note) => void }) {
  const { t, language } = useSpeech();
  const isSoon = daysLeft <= soonDays;
  const left = daysLeft === 0 ? t('home.status.registrations.today') : t('home.status.registrations.left', { days: daysLeft });
  return (
    <>
      <h3 class="panel__title">{staffId}</h3>
      <p class={isSoon ? 'state state--warning' : 'state'}>
        {isSoon ? <Icon name="warning" /> : null}
        <span>
          {t('home.status.registrations.until', { date: showDate(deadline, language) })}
          {daysLeft < 0 ? null : language === 'ja' ? `（${left}）` : ` (${left})`}
        </span>
      </p>
      {daysLeft < 0 ? <p>{t('home.status.registrations.over')}</p> : null}
      <Button
        look="outline"
        small
        name={t('home.status.registrations.removeName', { staffId })}
        onPress={() => {
          onRemove({ staffId, deadline, daysLeft });
        }}
      >
        {t('home.status.registrations.remove')}
      </Button>
    </>
  );
}

interface NoteFormProps {
  readonly fault: Fault | null;
  readonly onFault: (fault: Fault) => void;
  readonly onNote: (staffId: string, deadline: string) => void;
  readonly onLeave: () => void;
}

function NoteForm({ fault, onFault, onNote, onLeave }: NoteFormProps) {
  const { t } = useSpeech();
  const staffId = useRef<HTMLInputElement>(null);
  const deadline = useRef<HTMLInputElement>(null);
  useLayoutEffect(() => {
    staffId.current?.focus();
  }, []);
  const submit = (): void => {
    const id = staffId.current?.value.trim() ?? '';
    const day = deadline.current?.value ?? '';
    if (!staffIdPattern.test(id)) {
      onFault('wrongStaffId');
      staffId.current?.focus();
    } else if (day === '') {
      onFault('wrongDeadline');
      deadline.current?.focus();
    } else onNote(id, day);
  };
  return (
    <form
      class="panel"
      noValidate
      autocomplete="off"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <label for="note-staff">{t('home.status.registrations.staffId')}</label>
      <span id="note-staff-help" class="note">
        {t('home.status.registrations.staffIdHelp')}
      </span>
      <input ref={staffId} id="note-staff" class="field" spellcheck={false} maxLength={64} aria-invalid={fault === 'wrongStaffId' ? 'true' : undefined} aria-describedby="note-staff-help note-said" />
      <label for="note-deadline">{t('home.status.registrations.deadline')}</label>
      <input ref={deadline} id="note-deadline" class="field field--day" type="date" max="9999-12-31" aria-invalid={fault === 'wrongDeadline' ? 'true' : undefined} aria-describedby="note-said" />
      <p id="note-said" class="field-error" role="alert">
        {fault === null ? null : t(`home.status.registrations.${fault}`)}
      </p>
      <div class="buttons">
        <Button look="outline" onPress={onLeave}>
          {t('common.cancel')}
        </Button>
        <Button look="solid" submit>
          {t('home.status.registrations.save')}
        </Button>
      </div>
    </form>
  );
}
