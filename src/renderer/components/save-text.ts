/** Gives a text to the person as a file. Nothing is sent anywhere. */
export function saveText(name: string, type: string, text: string): void {
  const address = URL.createObjectURL(new Blob([text], { type }));
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  // The download has taken the address by the next turn; it would keep the text in memory for as long as the page lives.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
