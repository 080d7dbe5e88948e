/** How often the event loop turns until the promise is settled. */
export async function turnsDuring(work: Promise<unknown>): Promise<number> {
  let turns = 0;
  let goesOn = true;
  const turn = () => {
    turns++;
    if (goesOn) setTimeout(turn, 0);
  };
  setTimeout(turn, 0);
  await work.finally(() => {
    goesOn = false;
  });
  return turns;
}
