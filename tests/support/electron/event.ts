/** What Electron hands to listeners that may object. */
export class AppEvent {
  defaultPrevented = false;

  preventDefault(): void {
    this.defaultPrevented = true;
  }
}
