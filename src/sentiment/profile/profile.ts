// The contract of a profile, which reads a post for the scorer. Implementations stand beside it.

export interface ReadText {
  /** The text to score. */
  readonly polarityText: string;
  /** The same before emoji became words; undefined if that is the same. */
  readonly shownText?: string;
  /** The hashtags in lower case, without `#`, each as often as it counts. */
  readonly tags: readonly string[];
}
