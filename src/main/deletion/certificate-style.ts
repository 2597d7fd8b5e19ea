import { CERTIFICATE_FONTS } from './certificate-fonts.ts';

/**
 * The sheet's style: A4 paper, always light, its letters within it, nothing loaded from anywhere. The
 * page has no margin, so that browsers print none of their own lines on it; a table around all repeats the edges.
 */
export const CERTIFICATE_STYLE = `
${CERTIFICATE_FONTS}
@page { size: A4; margin: 0 }
:root { color-scheme: light; --ink: #121a1c; --ink-2: #515b5f; --ink-3: #636e71; --line: #e5eaec; --line-2: #c2cbcd }
* { box-sizing: border-box }
html { background: #f2f6f7; -webkit-print-color-adjust: exact; print-color-adjust: exact }
body { margin: 0; color: var(--ink); font: 400 12px/18px 'IBM Plex Sans', system-ui, sans-serif;
  font-variant-numeric: tabular-nums lining-nums }
.sheet { width: 210mm; margin: 24px auto; background: #fff; border-collapse: collapse; box-shadow: 0 0 0 1px var(--line) }
.sheet > thead td { height: 60px; padding: 0 } .sheet > tfoot td { height: 44px; padding: 0 }
.sheet > tbody > tr > td { padding: 0 64px; vertical-align: top }
@media print { html { background: #fff } .sheet { margin: 0; box-shadow: none } }
header { display: flex; justify-content: space-between; border-bottom: 2px solid var(--ink); padding-bottom: 20px }
.brand { display: flex; align-items: center; gap: 8px; font-weight: 600 }
.brand span { border-left: 1px solid var(--line-2); padding-left: 8px; color: var(--ink-2); font-weight: 400 }
h1 { margin: 24px 0 4px; font: 500 32px/40px 'IBM Plex Serif', Georgia, 'Times New Roman', serif }
.number { color: var(--ink-2) }
.lead { margin: 20px 0 8px; font: 400 15px/24px 'IBM Plex Serif', Georgia, 'Times New Roman', serif; overflow-wrap: anywhere }
.lead b { font-weight: 500 }
h2 { margin: 22px 0 4px; font-size: 12px; line-height: 18px; font-weight: 600; break-after: avoid }
table.list { width: 100%; border-collapse: collapse; border-top: 1px solid var(--ink) }
table.list th { padding: 5px 8px 5px 0; color: var(--ink-3); font-weight: 400; text-align: left; border-bottom: 1px solid var(--line-2) }
table.list td { padding: 5px 8px 5px 0; vertical-align: top; border-bottom: 1px solid var(--line); overflow-wrap: anywhere }
table.list td:first-child { min-width: 92px }
table.list tr { break-inside: avoid } table.list thead { display: table-header-group }
table.list .n { text-align: right; white-space: nowrap; overflow-wrap: normal } table.list .name { color: var(--ink-2); white-space: nowrap }
table.places td:first-child { width: 32% } table.places td:last-child { white-space: nowrap }
table.list tr.sum td { font-weight: 600; border-top: 1px solid var(--ink); border-bottom: 0 }
td b { font-weight: 600 }
code { font: 400 11px/16px 'IBM Plex Mono', ui-monospace, monospace } code.key { white-space: pre-wrap }
code.key i { font-style: normal; color: #90610d; background: #fff8ee; border: 1px solid #ffca80; border-radius: 2px; padding: 0 1px }
small { font-size: 11px; color: var(--ink-2) } code.whole { font-size: 10px; white-space: nowrap }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: 32px } .two > div { min-width: 0 }
ul { margin: 4px 0; padding-left: 16px; color: var(--ink-2) } li { margin: 2px 0; break-inside: avoid }
.foot { margin-top: 20px; color: var(--ink-3); break-inside: avoid }
table.remains td:first-child { width: 12% } table.remains td:last-child { width: 54% } .time { white-space: nowrap }
.dense .sheet > thead td { height: 34px } .dense .sheet > tfoot td { height: 20px } .dense .sheet > tbody > tr > td { padding-inline: 48px }
.dense header { padding-bottom: 10px } .dense header > svg { width: 84px; height: 84px } .dense h1 { margin: 6px 0 2px; font-size: 28px; line-height: 34px }
.dense .lead { margin: 10px 0 0; font-size: 14px; line-height: 20px }
.dense table.remains td:last-child { font-size: 10px }
.dense h2 { margin: 9px 0 1px; line-height: 16px } .dense .list, .dense .foot { font-size: 11px; line-height: 14px }
.dense table.list :is(th, td) { padding-block: 1.5px } .dense code { font-size: 9.5px; line-height: 13px } .dense small { font-size: 10px }
.dense ul { margin-block: 2px 0; font-size: 10px; line-height: 13px } .dense li { margin: 0 } .dense .foot { margin-top: 8px }
`;
