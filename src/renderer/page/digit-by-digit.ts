/** So that a screen reader says each digit and no number of three or six. */
export function digitByDigit(code: string): string {
  return code.replaceAll(/(?<=.)(?=.)/g, ' ');
}
