import { useQuery } from '@tanstack/react-query';
import { useConsole } from '../../app/page-context.ts';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { cells, RuledTable } from '../../components/RuledTable.tsx';
import { Section } from '../../components/Section.tsx';
import { countText, sizeText } from '../../components/size.ts';
import { TimeText } from '../../components/TimeText.tsx';
import classes from './Settings.module.css';

const columns = [
  { title: 'Profile' },
  { title: 'Where' },
  { title: 'Layout' },
  { title: 'Documents', isNumber: true },
  { title: 'Size', isNumber: true },
  { title: 'Indexed', isNumber: true },
];

/** Where the platform's documents lie. Profiles are added and changed with `qm storage`. */
export function StorageList() {
  const orpc = useConsole();
  const { data, error } = useQuery(orpc.storage.list.queryOptions({ input: {} }));
  return (
    <Section
      title="Storage"
      meta={
        <>
          changed with <code>qm storage</code>
        </>
      }
    >
      <ProblemBanner error={error} title="The profiles could not be read." />
      {data && (
        <RuledTable label="Storage" columns={columns}>
          {data.rows.map((profile) => (
            <tr key={profile.id}>
              <td>
                <span className={cells.name}>{profile.name}</span>
                {profile.own && <span className={classes.second}>, the platform’s own</span>}
              </td>
              <td className={classes.second}>
                {profile.kind === 'folder' ? 'folder store' : `${profile.endpoint ?? ''} ${profile.bucket ?? ''}`}
              </td>
              <td>
                <code>{profile.layout}</code>
              </td>
              <td className={cells.number}>{countText(profile.documents)}</td>
              <td className={cells.number}>{sizeText(profile.bytes)}</td>
              <td className={cells.number}>
                <TimeText time={profile.lastIndexedAt} none="never" />
              </td>
            </tr>
          ))}
        </RuledTable>
      )}
    </Section>
  );
}
