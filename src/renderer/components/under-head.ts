import { createContext } from 'react';

/** What stands below the head of every screen: news that concerns all of them. */
export const UnderHead = createContext<React.ReactNode>(null);
