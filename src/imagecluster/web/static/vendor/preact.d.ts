export type Child = VNode | string | number | boolean | null | undefined | Child[] | Signalish;
export interface VNode { type: unknown; props: Record<string, unknown>; key: unknown }
interface Signalish { value: unknown; peek(): unknown }
export function h(type: unknown, props: Record<string, unknown> | null, ...children: Child[]): VNode;
export function render(tree: Child, parent: Element): void;
export const Fragment: unknown;
