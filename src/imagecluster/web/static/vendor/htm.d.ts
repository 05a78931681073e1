import type { VNode } from './preact.js';
declare const htm: { bind(h: unknown): (parts: TemplateStringsArray, ...values: unknown[]) => VNode };
export default htm;
