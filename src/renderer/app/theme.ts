import {
  ActionIcon,
  Button,
  Checkbox,
  type CSSVariablesResolver,
  createTheme,
  Drawer,
  defaultVariantColorsResolver,
  Input,
  type MantineColorsTuple,
  Menu,
  Modal,
  Radio,
  SegmentedControl,
  type VariantColorsResolver,
} from '@mantine/core';

// The colours, sizes and shadows of the whole page stand here and nowhere else. Components read the roles (`--qm-…`) alone.

type Roles = Readonly<Record<string, readonly [light: string, dark: string]>>;

/** Ten shades each, 0 to 9. */
const shades = {
  petrol: tuple('f2f9fb e2f2f7 c8e6ef a5d5e4 7cc4d9 52a9c0 28879e 12677a 0a5060 093641'),
  gray: tuple('f8f9fa f0f4f5 e5eaec d7dee0 c2cbcd 9da7aa 778286 515b5f 303a3d 121a1c'),
  dark: tuple('e4e9ea aeb8ba 8e999c 677276 3e4a4d 283235 1d2629 131c1e 0d1517 070d0f'),
  red: tuple('fef5f3 fde7e4 fcd1ca fab3a9 f29184 e7685b d3453b b22c25 901f1a 671612'),
  amber: tuple('fff8ee ffeed4 ffdead ffca80 f7b451 e19d31 b87d18 90610d 704a07 503406'),
  green: tuple('f2faf4 e0f6e6 c3ebd0 9cdcb2 75c893 4ea973 328757 236941 1b5132 123923'),
};

const roles: Roles = {
  desk: ['#f2f6f7', '#0c1214'],
  sheet: ['#ffffff', '#131a1c'],
  raised: ['#ffffff', '#1b2426'],
  sunken: ['#f8f9fa', '#0f1618'],
  selected: ['#e2f2f7', '#132a31'],
  hover: ['#0936410b', '#c8e6ef0e'],
  press: ['#09364117', '#c8e6ef1c'],
  line: ['#e5eaec', '#232c2e'],
  'line-2': ['#c2cbcd', '#3e4a4d'],
  rule: ['#303a3d', '#8e999c'],
  control: ['#808b8e', '#677276'],
  ink: ['#121a1c', '#e4e9ea'],
  'ink-2': ['#515b5f', '#aeb8ba'],
  'ink-3': ['#636e71', '#8e999c'],
  accent: ['#12677a', '#7cc4d9'],
  'on-fill': ['#ffffff', '#0c1214'],
  measure: ['#28879e', '#45a0b8'],
  track: ['#e5eaec', '#283235'],
  post: ['#515b5f', '#aeb8ba'],
  danger: ['#b22c25', '#f29184'],
  warn: ['#90610d', '#f7b451'],
  ok: ['#236941', '#75c893'],
  'danger-fill': ['#d3453b', '#e7685b'],
  'warn-fill': ['#b87d18', '#e19d31'],
  'ok-fill': ['#328757', '#4ea973'],
  'danger-soft': ['#fef5f3', '#2a1714'],
  'danger-line': ['#fab3a9', '#6e2c25'],
  'warn-soft': ['#fff8ee', '#261c0d'],
  'warn-line': ['#ffca80', '#63430f'],
  'ok-soft': ['#f2faf4', '#142119'],
  'ok-line': ['#9cdcb2', '#245138'],
  seal: ['#12677a', '#7cc4d9'],
  ring: ['#093641', '#e4e9ea'],
  wedge: ['#e19d31', '#f7b451'],
  'disabled-ground': ['#f0f4f5', '#1b2426'],
  'disabled-text': ['#778286', '#677276'],
  'disabled-line': ['#d7dee0', '#283235'],
  scrim: ['#09181d5c', '#0307089e'],
  'shadow-pop': [
    '0 0 0 1px #121a1c1a, 0 4px 8px -2px #091e241a, 0 12px 24px -8px #091e2429',
    '0 0 0 1px #3e4a4d, 0 12px 28px -6px #0009',
  ],
  'shadow-dialog': [
    '0 0 0 1px #121a1c1a, 0 24px 64px -12px #091e2452',
    '0 0 0 1px #3e4a4d, 0 32px 80px -8px #000000bf',
  ],
};

/** Where both schemes are alike: the ground beside the sign-in form, sizes of the frame, one curve for all motion. */
const constants = {
  '--qm-night': '#072a33',
  '--qm-night-seal': '#45a0b8',
  '--qm-night-ink': '#c8e6ef',
  '--qm-night-danger': '#f29184',
  '--qm-sans': "'IBM Plex Sans Variable', system-ui, sans-serif",
  '--qm-mono': "'IBM Plex Mono', ui-monospace, monospace",
  '--qm-sidebar': '208px',
  '--qm-head': '56px',
  '--qm-strip': '28px',
  '--qm-row': '36px',
  '--qm-row-dense': '30px',
  '--qm-table-head': '32px',
  '--qm-page-padding': '24px',
  '--qm-reading-width': '1520px',
  '--qm-curve': 'cubic-bezier(.2,0,0,1)',
};

/** Mantine's own variables, said in roles. */
const mantine = {
  body: 'sheet',
  text: 'ink',
  bright: 'ink',
  dimmed: 'ink-2',
  placeholder: 'ink-3',
  error: 'danger',
  anchor: 'accent',
  default: 'raised',
  'default-color': 'ink',
  'default-border': 'line-2',
  disabled: 'disabled-ground',
  'disabled-color': 'disabled-text',
  'disabled-border': 'disabled-line',
  'petrol-text': 'accent',
  'red-text': 'danger',
  'amber-text': 'warn',
  'green-text': 'ok',
  'gray-text': 'ink-2',
};

export const cssVariablesResolver: CSSVariablesResolver = () => {
  const light: Record<string, string> = {};
  const dark: Record<string, string> = {};
  for (const [role, [inLight, inDark]] of Object.entries(roles)) {
    light[`--qm-${role}`] = inLight;
    dark[`--qm-${role}`] = inDark;
  }
  for (const [name, role] of Object.entries(mantine)) {
    light[`--mantine-color-${name}`] = `var(--qm-${role})`;
    dark[`--mantine-color-${name}`] = `var(--qm-${role})`;
  }
  // A hover that is a tint would let what lies below shine through a button that is outlined on a sheet.
  light['--mantine-color-default-hover'] = '#f0f4f5';
  dark['--mantine-color-default-hover'] = '#232d30';
  dark['--mantine-color-red-filled'] = '#e7685b';
  dark['--mantine-color-red-filled-hover'] = '#f29184';
  dark['--mantine-color-petrol-filled-hover'] = '#a5d5e4';
  return { variables: constants, light, dark };
};

/** Mantine takes white on filled and the light scheme's shades elsewhere; both schemes need their own. */
const variantColorResolver: VariantColorsResolver = (input) => {
  const resolved = defaultVariantColorsResolver(input);
  const name = typeof input.color === 'string' && input.color in shades ? input.color : 'petrol';
  const text = `var(--mantine-color-${name}-text)`;
  switch (input.variant) {
    case 'filled':
      return { ...resolved, color: 'var(--qm-on-fill)', hoverColor: 'var(--qm-on-fill)' };
    case 'outline': {
      const line = name === 'red' ? 'danger-line' : 'line-2';
      return {
        background: 'var(--qm-raised)',
        hover: name === 'red' ? 'var(--qm-danger-soft)' : 'var(--mantine-color-default-hover)',
        color: text,
        border: `1px solid var(--qm-${line})`,
      };
    }
    case 'subtle':
    case 'transparent':
      return {
        background: 'transparent',
        hover: input.variant === 'subtle' ? 'var(--qm-press)' : 'transparent',
        color: text,
        border: '1px solid transparent',
      };
    default:
      return resolved;
  }
};

type Three = 'xs' | 'sm' | 'md';
const three = (size: unknown): Three => (size === 'xs' || size === 'md' ? size : 'sm');
const buttonHeights = { xs: '28px', sm: '32px', md: '40px' };
const buttonPaddings = { xs: '10px', sm: '12px', md: '16px' };
const iconSizes = { xs: '24px', sm: '28px', md: '32px' };

export const theme = createTheme({
  primaryColor: 'petrol',
  primaryShade: { light: 7, dark: 4 },
  colors: shades,
  white: '#ffffff',
  black: '#121a1c',
  fontFamily: 'var(--qm-sans)',
  fontFamilyMonospace: 'var(--qm-mono)',
  fontSizes: { xs: '12px', sm: '13px', md: '13px', lg: '16px', xl: '20px' },
  lineHeights: { xs: '1.3334', sm: '1.5385', md: '1.5385', lg: '1.5', xl: '1.4' },
  fontWeights: { regular: '400', medium: '500', bold: '600' },
  spacing: { xs: '4px', sm: '8px', md: '12px', lg: '16px', xl: '24px' },
  radius: { xs: '2px', sm: '4px', md: '6px', lg: '8px', xl: '12px' },
  defaultRadius: 'sm',
  shadows: { md: 'var(--qm-shadow-pop)', xl: 'var(--qm-shadow-dialog)' },
  headings: { fontWeight: '600' },
  activeClassName: '',
  cursorType: 'pointer',
  respectReducedMotion: true,
  variantColorResolver,
  components: {
    Button: Button.extend({
      defaultProps: { size: 'sm', variant: 'default' },
      vars: (_theme, { size }) => ({
        root: {
          '--button-height': buttonHeights[three(size)],
          '--button-padding-x': buttonPaddings[three(size)],
          '--button-fz': '13px',
        },
      }),
    }),
    ActionIcon: ActionIcon.extend({
      defaultProps: { size: 'sm', variant: 'subtle', color: 'gray' },
      vars: (_theme, { size }) => ({ root: { '--ai-size': iconSizes[three(size)] } }),
    }),
    Input: Input.extend({
      defaultProps: { size: 'sm' },
      vars: (_theme, { size }) => ({
        wrapper: { '--input-height': buttonHeights[three(size)], '--input-fz': '13px' },
      }),
    }),
    InputWrapper: Input.Wrapper.extend({
      defaultProps: { size: 'sm', inputWrapperOrder: ['label', 'input', 'description', 'error'], withAsterisk: false },
    }),
    Checkbox: Checkbox.extend({ defaultProps: { size: 'xs', radius: 'xs', iconColor: 'var(--qm-on-fill)' } }),
    Radio: Radio.extend({ defaultProps: { size: 'xs', iconColor: 'var(--qm-on-fill)' } }),
    Menu: Menu.extend({
      defaultProps: {
        width: 200,
        radius: 'md',
        shadow: 'md',
        position: 'bottom-end',
        // Where it was opened, so that it lies in the same landmark; fixed, so that nothing that scrolls cuts it off.
        withinPortal: false,
        floatingStrategy: 'fixed',
        // Its placeholder is a menu's child that is no menu item, which axe rightly refuses.
        withInitialFocusPlaceholder: false,
        transitionProps: { transition: 'fade', duration: 120 },
      },
    }),
    Modal: Modal.extend({
      defaultProps: {
        size: 440,
        radius: 'lg',
        shadow: 'xl',
        centered: true,
        transitionProps: { transition: 'fade', duration: 120 },
        overlayProps: { color: 'var(--qm-scrim)', backgroundOpacity: 1 },
        closeButtonProps: { 'aria-label': 'Close' },
      },
    }),
    Drawer: Drawer.extend({
      defaultProps: {
        size: 440,
        position: 'right',
        shadow: 'xl',
        transitionProps: { duration: 160, timingFunction: 'cubic-bezier(.2,0,0,1)' },
        overlayProps: { color: 'var(--qm-scrim)', backgroundOpacity: 1 },
        closeButtonProps: { 'aria-label': 'Close' },
      },
    }),
    SegmentedControl: SegmentedControl.extend({ defaultProps: { size: 'sm', radius: 'sm' } }),
  },
});

function tuple(list: string): MantineColorsTuple {
  const [a = '', b = '', c = '', d = '', e = '', f = '', g = '', h = '', i = '', j = ''] = list
    .split(' ')
    .map((hex) => `#${hex}`);
  return [a, b, c, d, e, f, g, h, i, j];
}
