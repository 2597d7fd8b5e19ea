import { IconX } from '@tabler/icons-react';
import classes from './FilterChip.module.css';
import { ICON } from './icon.ts';

interface FilterChipProps {
  readonly label: string;
  readonly value: string;
  readonly onRemove: () => void;
}

/** A filter that is on: what it asks, and the way to take it off. */
export function FilterChip({ label, value, onRemove }: FilterChipProps) {
  return (
    <span className={classes.chip}>
      <span className={classes.label}>{label}</span> <span className={classes.value}>{value}</span>
      <button
        type="button"
        className={classes.remove}
        aria-label={`Remove the filter ${label} ${value}`}
        onClick={onRemove}
      >
        <IconX {...ICON.small} />
      </button>
    </span>
  );
}
