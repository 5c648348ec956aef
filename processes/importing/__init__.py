"""Foreign models made into drafts: what is rewritten, what is refused, whether all is kept."""
