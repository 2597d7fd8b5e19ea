import { PasswordInput, type PasswordInputProps } from '@mantine/core';

/** A password, hidden until asked for. Nothing trims it, nothing keeps it. */
export function PasswordField(props: PasswordInputProps) {
  return <PasswordInput visibilityToggleButtonProps={{ 'aria-label': 'Show what is typed', tabIndex: 0 }} {...props} />;
}
