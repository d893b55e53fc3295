"""A large image in blocks: where they lie, the rows held for them, the seam between them, final rows out."""
