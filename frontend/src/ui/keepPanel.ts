/** Escape closes the list that is open in a field before it closes the panel around it. */
export function keepPanel(event: Event): void {
  const field = document.activeElement;
  if (field?.getAttribute("role") === "combobox" && field.getAttribute("aria-expanded") === "true") event.preventDefault();
}
