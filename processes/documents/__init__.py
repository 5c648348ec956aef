"""Files handed in, letters issued, the checklist of materials."""
