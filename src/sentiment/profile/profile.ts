// The contract of a profile, which reads a post for the scorer. Implementations stand beside it.

export interface ReadText {
  /** The text to score. */
  readonly polarityText: string;
  /** Its hashtags in lower case, without `#`, as often and in the order as they occur. */
  readonly tags: readonly string[];
}
