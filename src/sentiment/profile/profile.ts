// A profile: how a post is read before it is scored. Each stands beside this file.

/** What a profile takes from a post. */
export interface ReadText {
  /** What is scored. */
  readonly polarityText: string;
  /** Its hashtags in lower case, without `#`, as often and in the order as they occur. */
  readonly tags: readonly string[];
}
