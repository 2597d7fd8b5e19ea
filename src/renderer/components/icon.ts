/** Sizes and strokes of Tabler's outline icons. */
export const ICON = {
  usual: { size: 16, stroke: 1.5 },
  small: { size: 14, stroke: 1.5 },
  large: { size: 24, stroke: 1.5 },
} as const;
