import { Button } from '@mantine/core';
import { href } from '../../app/router.ts';
import { Hash } from '../../components/Ids.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { Seal } from '../../components/Seal.tsx';
import { Section } from '../../components/Section.tsx';
import classes from './CertificateSection.module.css';
import { useSaveCertificate } from './certificate-queries.ts';

interface CertificateSectionProps {
  readonly deletionId: string;
  readonly hash: string;
}

/** The end of a deletion: its proof, to be saved, printed and checked elsewhere. */
export function CertificateSection({ deletionId, hash }: CertificateSectionProps) {
  const save = useSaveCertificate(deletionId);
  return (
    <Section title="Certificate" meta="signed with the audit key">
      <div className={classes.certificate}>
        <Seal hash={hash} size={96} />
        <div>
          <Hash hash={hash} what="the certificate’s hash" />
          <p className={classes.note}>
            The JSON file is the certificate. Check it anywhere with <code>qm deletions verify</code> and the
            fingerprint that was kept at set-up.
          </p>
          <div className={classes.buttons}>
            <Button loading={save.isPending} onClick={() => save.mutate()}>
              Save JSON
            </Button>
            <Button component="a" href={href(['deletions', deletionId, 'certificate'])}>
              Show to print
            </Button>
          </div>
          <ProblemBanner error={save.error} title="The certificate could not be read." />
        </div>
      </div>
    </Section>
  );
}
