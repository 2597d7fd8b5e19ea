import type { Plan } from '../../../contract/deletions.ts';
import { countText, plural, sizeText } from '../../../contract/figures.ts';
import { Status } from '../../components/Glyph.tsx';
import { cells, RuledTable } from '../../components/RuledTable.tsx';
import { Section } from '../../components/Section.tsx';
import { BackendIcon } from './BackendIcon.tsx';
import { FINALITY_WORDS, leadOf, placeWords } from './deletion-words.ts';
import classes from './PlanTable.module.css';

const columns = [
  { title: 'No.', isHidden: true },
  { title: 'Backend' },
  { title: 'Objects', isNumber: true },
  { title: 'Size', isNumber: true },
  { title: 'How final' },
  { title: 'Now' },
];

type PlanBackend = Plan['backends'][number];

/** What goes, in the only order there is: clouds while their credentials are there, the platform's store, credentials, account. */
export function PlanTable({ plan }: { readonly plan: Plan }) {
  const { backends } = plan;
  const lead = leadOf(plan);
  const clouds = backends.filter(({ cloud }) => cloud).length;
  const steps = backends.length;
  return (
    <Section title="What will be removed" meta="in this order, never another">
      <p className={classes.lead}>
        {lead.total} <strong>{lead.final}</strong>
        {lead.rest}
      </p>
      <RuledTable
        label="What will be removed"
        columns={columns}
        foot={
          <tr>
            <td />
            <td>Objects together</td>
            <td className={cells.number}>{countText(backends.reduce((sum, { count }) => sum + count, 0))}</td>
            <td className={cells.number}>{sizeText(backends.reduce((sum, { bytes }) => sum + bytes, 0))}</td>
            <td colSpan={2} />
          </tr>
        }
      >
        {backends.map((backend, index) => (
          <BackendRow key={backend.id} backend={backend} number={index + 1} />
        ))}
        {clouds > 0 && (
          <tr>
            <td className={classes.step}>{steps + 1}</td>
            <td className={cells.name}>{plural(clouds, 'cloud credential')}</td>
            <td className={cells.number}>{clouds}</td>
            <td />
            <td colSpan={2} className={cells.second}>
              Revoked where the provider lets one, then erased
            </td>
          </tr>
        )}
        <tr>
          <td className={classes.step}>{steps + (clouds > 0 ? 2 : 1)}</td>
          <td className={cells.name}>The account</td>
          <td className={cells.number}>1</td>
          <td />
          <td colSpan={2} className={cells.second}>
            Final, with its audit entries in one transaction
          </td>
        </tr>
      </RuledTable>
    </Section>
  );
}

function BackendRow({ backend, number }: { readonly backend: PlanBackend; readonly number: number }) {
  const { label, kind, count, bytes, kept, reachable, finality, note } = backend;
  return (
    <tr>
      <td className={classes.step}>{number}</td>
      <td>
        <span className={classes.backend}>
          <BackendIcon kind={kind} />
          <span>
            <span className={classes.label}>{label}</span>
            <span className={classes.place}>{placeWords(backend)}</span>
          </span>
        </span>
      </td>
      <td className={cells.number}>{reachable ? countText(count) : '—'}</td>
      <td className={cells.number}>{reachable ? sizeText(bytes) : '—'}</td>
      <td className={cells.second}>
        {FINALITY_WORDS[finality]}
        {kept > 0 && <span className={classes.kept}>{plural(kept, 'object')} not ours, kept</span>}
        {note && <span className={classes.kept}>{note}</span>}
      </td>
      <td>{reachable ? <Status kind="check">Reachable</Status> : <Status kind="bad">Unreachable</Status>}</td>
    </tr>
  );
}
