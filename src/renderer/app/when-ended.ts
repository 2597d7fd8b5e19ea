import { useEffect, useRef } from 'react';

/** Does something once when what is being watched ends; not for what had ended when it was first seen. */
export function useWhenEnded(isOver: boolean, act: () => void): void {
  const wasOver = useRef(isOver);
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    const hasEnded = isOver && !wasOver.current;
    wasOver.current = isOver;
    if (hasEnded) latest.current();
  }, [isOver]);
}
