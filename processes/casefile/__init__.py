"""What a case holds beside the engine's state: its row, opinions, drafts, notices, search words."""
