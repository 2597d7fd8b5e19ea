/** The owner went away in the middle of a call, and whether it was done cannot be found out. The sentence is for a person. */
export class OwnerLost extends Error {
  override readonly name = 'OwnerLost';
}
