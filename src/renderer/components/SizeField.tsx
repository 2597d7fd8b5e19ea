import { TextInput } from '@mantine/core';
import { bytesText } from '../../contract/figures.ts';
import { parseSize } from './typed-size.ts';

interface SizeFieldProps {
  readonly label: string;
  readonly value: string;
  readonly onChange: (value: string) => void;
  /** Below the field while nothing is typed. */
  readonly help: string;
  /** What an empty field means, where it may stay empty. */
  readonly placeholder?: string;
  readonly error?: React.ReactNode;
  readonly autoFocus?: boolean;
}

/** A size as people type it, echoed in bytes. */
export function SizeField({ label, value, onChange, help, placeholder, error, autoFocus = false }: SizeFieldProps) {
  const parsed = value.trim() === '' ? null : parseSize(value);
  const echo =
    parsed === null ? help : !parsed.ok ? null : parsed.bytes === null ? 'No limit' : `= ${bytesText(parsed.bytes)}`;
  return (
    <TextInput
      label={label}
      placeholder={placeholder}
      value={value}
      autoFocus={autoFocus}
      autoComplete="off"
      description={echo}
      error={error ?? (parsed && !parsed.ok ? parsed.reason : null)}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  );
}
