import type { User } from '../../../contract/users.ts';
import { Status } from '../../components/Glyph.tsx';

/** Normal is grey; what is off, due or under way has a shape of its own. */
export function UserStatusWord({ user }: { readonly user: Pick<User, 'status' | 'passwordMustChange'> }) {
  if (user.status === 'deleting') return <Status kind="run">Being deleted</Status>;
  if (user.status === 'inactive')
    return (
      <Status kind="ring" isMuted>
        Deactivated
      </Status>
    );
  return user.passwordMustChange ? <Status kind="half">Password due</Status> : <Status kind="disc">Active</Status>;
}
