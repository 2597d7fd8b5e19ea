import { limitText, sizeText } from '../../contract/figures.ts';
import classes from './QuotaWords.module.css';
import { type QuotaFigures, shareText } from './quota-bar.ts';

/** `93 % of 20 GiB`: what the bar shows, in words. */
export function QuotaWords({ quota }: { readonly quota: QuotaFigures }) {
  if (quota.state === 'uncounted') return <span className={classes.plain}>not counted</span>;
  if (quota.limitBytes === null) return <span className={classes.plain}>no limit</span>;
  return (
    <span className={classes.words} data-state={quota.state}>
      <span className={classes.share}>{shareText(quota)}&nbsp;%</span> of {limitText(quota.limitBytes)}
    </span>
  );
}

/** Usage, or a dash where nothing has been counted. */
export function UsedText({ quota }: { readonly quota: QuotaFigures }) {
  return quota.state === 'uncounted' ? <>—</> : <>{sizeText(quota.usedBytes)}</>;
}
