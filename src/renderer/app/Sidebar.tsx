import { ActionIcon, Menu, Modal } from '@mantine/core';
import {
  IconDatabase,
  IconDots,
  IconKey,
  IconListDetails,
  IconLogout,
  IconSettings,
  IconTrash,
  IconUsers,
} from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { countText } from '../../contract/figures.ts';
import { ICON } from '../components/icon.ts';
import { Mark } from '../components/Mark.tsx';
import { useToast } from '../components/Toasts.tsx';
import { PasswordForm } from '../features/session/PasswordForm.tsx';
import { useRefetchWhileInUse } from './in-use.ts';
import { useConsole } from './page-context.ts';
import { href } from './router.ts';
import classes from './Sidebar.module.css';
import { useFrame, useSignOut } from './session-state.ts';

export function Sidebar({ place }: { readonly place: string }) {
  const { state } = useFrame();
  const orpc = useConsole();
  const { data: outline } = useQuery(
    orpc.users.outline.queryOptions({ input: {}, refetchInterval: useRefetchWhileInUse() }),
  );
  return (
    <nav className={classes.sidebar} aria-label="Main">
      <a href={window.location.hash} className={classes.skip} onClick={skipToScreen}>
        Skip to the screen
      </a>
      <div className={classes.brand}>
        <Mark size={24} />
        <div className={classes.brandText}>
          <div className={classes.product}>Quartermaster</div>
          <div className={classes.workspace}>{state.workspace.name}</div>
        </div>
      </div>
      <ul className={classes.links}>
        <NavLink
          to="users"
          place={place}
          title="Users"
          icon={<IconUsers {...ICON.usual} />}
          {...(outline ? { count: outline.count } : {})}
        />
        <NavLink
          to="deletions"
          place={place === 'plans' ? 'deletions' : place}
          title="Deletions"
          icon={<IconTrash {...ICON.usual} />}
        />
        <NavLink to="storage" place={place} title="Storage" icon={<IconDatabase {...ICON.usual} />} />
        <NavLink to="audit" place={place} title="Audit log" icon={<IconListDetails {...ICON.usual} />} />
      </ul>
      <ul className={classes.links} data-ruled>
        <NavLink to="settings" place={place} title="Settings" icon={<IconSettings {...ICON.usual} />} />
      </ul>
      <Account />
    </nav>
  );
}

function skipToScreen(event: React.MouseEvent): void {
  event.preventDefault();
  document.getElementById('main')?.focus();
}

interface NavLinkProps {
  readonly to: string;
  readonly place: string;
  readonly title: string;
  readonly icon: React.ReactNode;
  readonly count?: number;
}

function NavLink({ to, place, title, icon, count }: NavLinkProps) {
  return (
    <li>
      <a href={href([to])} className={classes.link} aria-current={place === to ? 'page' : undefined} title={title}>
        {icon}
        <span className={classes.linkText}>{title}</span>
        {count !== undefined && <span className={classes.count}>{countText(count)}</span>}
      </a>
    </li>
  );
}

function Account() {
  const { signedIn } = useFrame();
  const signOut = useSignOut();
  const toast = useToast();
  const [isChanging, setChanging] = useState(false);
  return (
    <div className={classes.account}>
      <div className={classes.accountText}>
        <div className={classes.accountName}>{signedIn.name}</div>
        <div className={classes.accountMail}>{signedIn.mail}</div>
      </div>
      <Menu position="top-start">
        <Menu.Target>
          <ActionIcon aria-label={`Account of ${signedIn.name}`}>
            <IconDots {...ICON.usual} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Item
            leftSection={<IconKey {...ICON.usual} />}
            onClick={() => setChanging(true)}
            disabled={signedIn.readOnly}
          >
            Change password…
          </Menu.Item>
          <Menu.Item leftSection={<IconLogout {...ICON.usual} />} onClick={() => signOut.mutate({})}>
            Sign out
          </Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Modal opened={isChanging} onClose={() => setChanging(false)} title="Change your password">
        <PasswordForm
          currentLabel="Present password"
          onDone={() => {
            setChanging(false);
            toast({ title: 'Your password was changed', text: 'Your other sessions have ended.' });
          }}
        />
      </Modal>
    </div>
  );
}
