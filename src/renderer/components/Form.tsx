import classes from './Form.module.css';

interface FormProps {
  readonly onSubmit: () => void;
  readonly children: React.ReactNode;
  readonly label?: string;
}

/** One column of fields. Enter sends it; nothing leaves the page by itself. */
export function Form({ onSubmit, children, label }: FormProps) {
  return (
    <form
      className={classes.form}
      aria-label={label}
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        onSubmit();
      }}
    >
      {children}
    </form>
  );
}

export function FormButtons({ children }: { readonly children: React.ReactNode }) {
  return <div className={classes.buttons}>{children}</div>;
}

/** Below a disabled button: why. */
export function Why({ children }: { readonly children: React.ReactNode }) {
  return <p className={classes.why}>{children}</p>;
}
