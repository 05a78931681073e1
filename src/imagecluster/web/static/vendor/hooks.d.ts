export function useEffect(effect: () => void | (() => void), inputs?: readonly unknown[]): void;
export function useLayoutEffect(effect: () => void | (() => void), inputs?: readonly unknown[]): void;
export function useMemo<T>(make: () => T, inputs: readonly unknown[]): T;
export function useRef<T>(value: T | null): { current: T | null };
export function useState<T>(value: T | (() => T)): [T, (value: T | ((old: T) => T)) => void];
