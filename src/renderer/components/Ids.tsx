import { CopyButton } from './CopyButton.tsx';
import { exactParts } from './exact-key.ts';
import classes from './Ids.module.css';
import { inGroups } from './seal.ts';
import { shortened } from './shortened.ts';

/** An id, shortened in the middle, to be copied whole. */
export function ShortId({ id, what = 'the id' }: { readonly id: string; readonly what?: string }) {
  return (
    <span className={classes.id}>
      <code title={id}>{shortened(id)}</code>
      <CopyButton text={id} what={what} />
    </span>
  );
}

/** A hash in groups of four; copied without the gaps. */
export function Hash({ hash, what = 'the hash' }: { readonly hash: string; readonly what?: string }) {
  return (
    <span className={classes.hash}>
      <code>
        {inGroups(hash).map((group, index) => (
          // A hash may hold the same group twice; its place is what tells them apart.
          // biome-ignore lint/suspicious/noArrayIndexKey: the groups never move
          <span key={index}>{group}</span>
        ))}
      </code>
      <CopyButton text={hash} what={what} />
    </span>
  );
}

/** A key exactly as it is: spaces at the edges and what cannot be seen are drawn. */
export function ExactKey({ text }: { readonly text: string }) {
  return (
    <code className={classes.key}>
      {exactParts(text).map(({ kind, text: part }, index) =>
        kind === 'plain' ? (
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never move
          <span key={index}>{part}</span>
        ) : (
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never move
          <span key={index} className={classes.drawn}>
            {part}
          </span>
        ),
      )}
    </code>
  );
}
