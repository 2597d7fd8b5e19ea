interface MarkProps {
  readonly size: number;
  /** Paths alone, to be put into another drawing. */
  readonly x?: number;
  readonly y?: number;
  readonly className?: string;
}

/** Three quarters of a ring, and the fourth handed out. */
export function Mark({ size, x, y, className }: MarkProps) {
  return (
    <svg
      viewBox="0 0 32 32"
      width={size}
      height={size}
      {...(x === undefined ? {} : { x, y })}
      className={className}
      aria-hidden="true"
    >
      <path
        d="M25.5 15A10.5 10.5 0 1 0 15 25.5"
        fill="none"
        stroke="var(--qm-mark-ring, var(--qm-ring))"
        strokeWidth="5"
      />
      <path d="M17 17H29A12 12 0 0 1 17 29Z" fill="var(--qm-mark-wedge, var(--qm-wedge))" />
    </svg>
  );
}
