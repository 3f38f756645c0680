/** Marks a promise whose rejection nobody has to handle: the application itself has ended what it stands for. */
export function quiet<T>(promise: Promise<T>): Promise<T> {
  promise.catch(() => {});
  return promise;
}
