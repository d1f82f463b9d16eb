export function addToProject(project: string): string;
