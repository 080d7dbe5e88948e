/** Whether block 0's PrevHash is the hash of the header, zero (MemDiver), or something else; null without blocks. */
export type Anchor = "header-hash" | "zero" | "other" | null;
