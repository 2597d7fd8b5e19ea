/**
 * Arrows point down the picture only: hosts → console → router → domains → ground, and the contract beneath all of them.
 * Each rule below is one of these arrows; a file that needs an exception is in the wrong room.
 */
const domains = 'users|quotas|ai|connections|deletion|storage|accounts|minio|audit|session|mail|settings';
/** Unit tests lie beside the code and may open whatever they test. */
const isTest = '\\.test\\.tsx?$';

const forbid = (name, comment, from, to) => ({
  name,
  comment,
  severity: 'error',
  from: { ...from, pathNot: [isTest, ...(from.pathNot ?? [])] },
  to,
});

export default {
  forbidden: [
    forbid(
      'contract-imports-nothing-of-ours',
      'The contract is what all sides agree on; it stands on its own.',
      { path: '^src/contract/' },
      { path: '^(src|tests|scripts|bin)/', pathNot: '^src/contract/' },
    ),
    forbid(
      'renderer-imports-contract-alone',
      'The page reaches the console through the contract and in no other way.',
      { path: '^src/renderer/' },
      { path: '^(src|tests|scripts|bin)/', pathNot: '^src/(renderer|contract)/' },
    ),
    forbid(
      'preload-stands-alone',
      'The preload hands the page one function and holds nothing else.',
      { path: '^src/preload/' },
      { path: '^(src|tests|scripts|bin)/', pathNot: '^src/(preload|contract)/' },
    ),
    forbid(
      'main-knows-no-page',
      'Nothing of the console depends on how it looks.',
      { path: '^src/main/' },
      { path: '^(src/renderer|src/preload|tests|scripts|bin)/' },
    ),
    forbid(
      'domains-do-not-look-up',
      'A domain knows neither the router nor the hosts nor the console around it.',
      { path: `^src/main/(${domains}|database|vault)/|^src/main/(ground|refusal|secret)\\.ts$` },
      { path: '^src/main/((router|hosts)/|(console|index)\\.ts$)' },
    ),
    forbid(
      'router-and-console-know-no-host',
      'The console knows no Electron, no HTTP, no arguments of a command line.',
      { path: '^src/main/(router/|console\\.ts$)' },
      { path: '^src/main/(hosts/|index\\.ts$)' },
    ),
    forbid(
      'router-is-below-the-console',
      'The console puts the router together with the domains, not the other way round.',
      { path: '^src/main/router/' },
      { path: '^src/main/console\\.ts$' },
    ),
    forbid(
      'through-the-index',
      'A folder of main is used through its index.ts.',
      { path: '^src/main/', pathNot: ['^src/main/[^/]+/'] },
      { path: `^src/main/(${domains}|database|vault|router)/`, pathNot: '^src/main/[^/]+/index\\.ts$' },
    ),
    forbid(
      'through-the-index-of-another',
      'A domain uses another through its index.ts.',
      { path: '^src/main/([^/]+)/' },
      {
        path: `^src/main/(${domains}|database|vault|router)/`,
        pathNot: ['^src/main/$1/', '^src/main/[^/]+/index\\.ts$'],
      },
    ),
    forbid(
      'ground-stands-below-the-domains',
      'Database and vault are what the domains stand on. Seals are held against the log, so the vault may name its types.',
      { path: '^src/main/(database|vault)/' },
      { path: `^src/main/(${domains})/`, pathNot: '^src/main/audit/index\\.ts$' },
    ),
    forbid(
      'electron-in-its-own-room',
      'Only the desktop host, the entry and the preload import Electron.',
      { path: '^src/', pathNot: ['^src/main/hosts/desktop/', '^src/main/index\\.ts$', '^src/preload/'] },
      { path: '(^|/)electron(/|$)' },
    ),
    forbid(
      'desktop-is-started-by-the-entry-alone',
      'What imports Electron must not be pulled into another host.',
      { path: '^src/', pathNot: ['^src/main/hosts/desktop/', '^src/main/index\\.ts$'] },
      { path: '^src/main/hosts/desktop/' },
    ),
    forbid(
      'every-import-is-found',
      'An arrow that leads nowhere cannot be checked.',
      { path: '^src/' },
      { couldNotResolve: true },
    ),
  ],
  options: {
    // TypeScript 7 has no compiler API for JavaScript; without this parser types and their imports would not be seen.
    parser: 'swc',
    doNotFollow: { path: ['node_modules'] },
    // Assets carry no arrows.
    exclude: { path: ['\\.(css|html|svg|woff2?|sql|pem|png)(\\?|$)'] },
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default', 'types'] },
  },
};
