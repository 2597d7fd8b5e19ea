import { record } from './control.ts';

/** Parts of the system's desktop that no page sees: what the app asked of them is noted for the test. */
export const dialog = {
  showErrorBox(title: string, content: string): void {
    record({ what: 'error-box', title, content });
    process.stderr.write(`${title}: ${content}\n`);
  },
};

export const nativeTheme = { shouldUseDarkColors: false };

interface MenuItem {
  readonly label?: string;
  readonly role?: string;
  readonly type?: string;
  readonly submenu?: readonly MenuItem[];
}

export const Menu = {
  buildFromTemplate: (template: readonly MenuItem[]) => ({ template }),
  setApplicationMenu({ template }: { template: readonly MenuItem[] }): void {
    const labelsOf = (item: MenuItem): string[] => [
      item.role ?? item.label ?? '-',
      ...(item.submenu ?? []).flatMap(labelsOf),
    ];
    record({ what: 'menu', labels: template.flatMap(labelsOf) });
  },
};
