/**
 * What makes two mail addresses the same (U2): NFC, then full case folding. JavaScript has no case folding; lower, upper
 * and lower again is it for all that has more than one letter (ß, ligatures), and final sigma is the one letter
 * whose lower case depends on its place. The dotless ı is folded to itself, as Unicode does (CaseFolding.txt, C + F).
 */
export function normaliseMailKey(mail: string): string {
  const fold = (text: string) => text.toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ');
  return mail.trim().normalize('NFC').split('ı').map(fold).join('ı').normalize('NFC');
}
