import { useMutation } from '@tanstack/react-query';
import { usePage } from '../../app/page-context.ts';
import { saveText } from '../../components/save-text.ts';

/** Gives the signed JSON to the person as a file, byte for byte as the console made it. */
export function useSaveCertificate(deletionId: string) {
  const { client } = usePage();
  return useMutation({
    mutationFn: () => client.deletions.certificate({ deletionId }),
    onSuccess: ({ json }) => saveText(`certificate-${deletionId}.json`, 'application/json', json),
  });
}
