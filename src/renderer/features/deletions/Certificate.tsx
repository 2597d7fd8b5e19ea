import { Button, TextInput, useComputedColorScheme } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useConsole } from '../../app/page-context.ts';
import { href } from '../../app/router.ts';
import { FailedState } from '../../components/FailedState.tsx';
import { LoadingRows } from '../../components/LoadingRows.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { codeOf, problemOf } from '../../components/problem.ts';
import classes from './Certificate.module.css';
import { useSaveCertificate } from './certificate-queries.ts';
import { subjectOf } from './deletion-words.ts';

/** The certificate as it is printed. The mail address stands on it only if it is typed here and is the one. */
export function Certificate({ deletionId }: { readonly deletionId: string }) {
  const orpc = useConsole();
  const frame = useRef<HTMLIFrameElement>(null);
  const [typed, setTyped] = useState('');
  const [withMail, setWithMail] = useState<string | null>(null);
  const { data, error, refetch } = useQuery(
    orpc.deletions.certificate.queryOptions({
      input: { deletionId, ...(withMail === null ? {} : { withMail }) },
      placeholderData: (before) => before,
    }),
  );
  const shown = useQuery(orpc.deletions.show.queryOptions({ input: { deletionId } }));
  const save = useSaveCertificate(deletionId);
  const isOtherMail = codeOf(error) === 'CONFIRMATION_MISMATCH';
  const problem = error ? problemOf(error) : null;
  return (
    <>
      <PageHead
        title="Certificate"
        parent={[
          { title: 'Deletions', href: href(['deletions']) },
          {
            title: shown.data ? subjectOf(shown.data.deletion) : 'Deletion',
            href: href(['deletions', deletionId]),
          },
        ]}
        actions={
          <>
            <Button loading={save.isPending} onClick={() => save.mutate()}>
              Save JSON
            </Button>
            <Button variant="filled" disabled={!data} onClick={() => frame.current?.contentWindow?.print()}>
              Print
            </Button>
          </>
        }
      />
      <form
        className={classes.mail}
        onSubmit={(event) => {
          event.preventDefault();
          setWithMail(typed.trim() === '' ? null : typed.trim());
        }}
      >
        <TextInput
          size="xs"
          className={classes.field ?? ''}
          aria-label="Mail address to print"
          placeholder="Print with the mail address"
          autoComplete="off"
          value={typed}
          error={isOtherMail && problem && `${problem.message} ${problem.code}`}
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <Button size="xs" type="submit">
          {typed.trim() === '' && withMail !== null ? 'Leave it out' : 'Put it on'}
        </Button>
        <p className={classes.note}>
          It was erased with the user. If it is the one, the certificate’s own hash proves it.
        </p>
      </form>
      {data && <Paper html={data.html} frame={frame} />}
      {!data && !error && (
        <div className={classes.place}>
          <LoadingRows count={12} label="Loading the certificate" />
        </div>
      )}
      {!data && problem && !isOtherMail && (
        <FailedState error={error} title="The certificate could not be shown" onRetry={() => void refetch()} />
      )}
    </>
  );
}

interface PaperProps {
  readonly html: string;
  readonly frame: React.RefObject<HTMLIFrameElement | null>;
}

/**
 * A page of its own within the page: without scripts, with its own style. It is written into an empty frame, so that nothing
 * is navigated: a host that lets no frame go anywhere needs no exception for it. Its style element carries this page's
 * nonce, since it lives under this page's policy as well.
 */
function Paper({ html, frame }: PaperProps) {
  const scheme = useComputedColorScheme();
  useEffect(() => {
    const page = frame.current?.contentDocument;
    if (!page) return;
    const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';
    page.open();
    page.write(
      html
        .replaceAll('<style>', `<style nonce="${nonce}">`)
        .replace('</style>', `${CANVAS}</style>`)
        .replaceAll(FONT_FACE, ''),
    );
    page.close();
    void addFonts(html, frame.current?.contentWindow);
  }, [html, frame]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new page has to be told, and another scheme has another desk
  useEffect(() => {
    const desk = getComputedStyle(document.documentElement).getPropertyValue('--qm-desk');
    frame.current?.contentDocument?.documentElement.style.setProperty('--canvas', desk);
  }, [html, frame, scheme]);
  return (
    <iframe
      ref={frame}
      className={classes.paper}
      title="Certificate of deletion"
      sandbox="allow-same-origin allow-modals"
    />
  );
}

/** The paper is white in either scheme; what lies round it is this page’s desk. Never on print. */
const CANVAS = '@media screen{html{background:var(--canvas)}}';

const FONT_FACE =
  /@font-face\{font-family:'([^']+)';font-weight:([\d ]+);src:url\(data:font\/woff2;base64,([A-Za-z0-9+/=]+)\)[^}]*\}/g;

/**
 * The certificate brings its letters as data: addresses, which this page's policy does not let in. So they are handed over
 * as bytes: nothing is fetched then, and the policy stays as it is.
 */
async function addFonts(html: string, target: Window | null | undefined): Promise<void> {
  if (!target) return;
  for (const [, family = '', weight = '', base64 = ''] of html.matchAll(FONT_FACE)) {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    target.document.fonts.add(await new FontFace(family, bytes, { weight }).load());
  }
}
