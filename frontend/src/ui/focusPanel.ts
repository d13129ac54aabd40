/**
 * Focus goes to the panel, not to its first control: that is the close button,
 * whose tooltip would open and take the first Escape for itself.
 */
export function focusPanel(event: Event): void {
  event.preventDefault();
  if (event.currentTarget instanceof HTMLElement) event.currentTarget.focus();
}
